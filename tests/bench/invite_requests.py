#!/usr/bin/python3
"""invite_requests.py URL CA COUNT: the same job with Python's requests and one Session."""
import sys

import requests

KEY = "0f3b7a5c-9d1e-4c8e-2b6a-0d9f7a5c3b1e"
BODY = {
    "to": ["user_1@example.com", "user_2@example.com"],
    "organizationRole": "member",
    "projectAssignments": [{"projectId": "65a0c0de0300000000000001", "projectRole": "Labeler"},
                           {"projectId": "65a0c0de0300000000000002", "projectRole": "Reviewer"}],
}


def main():
    url, ca, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
    with requests.Session() as session:
        for _ in range(count):
            reply = session.post(url, json=BODY, headers={"apikey": KEY}, verify=ca)
            answer = reply.json()
            if reply.status_code != 201 or answer["status"] != "success":
                sys.exit("invite_requests: refused: %s" % reply.text)
            if not answer["data"]["invites"][0]["_id"]:
                sys.exit("invite_requests: an unexpected reply: %s" % reply.text)


main()
