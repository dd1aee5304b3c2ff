/* Sentences for people, in a file of their own so that they are linked only where they are used. */
#include "ango.h"

const char *ango_error_text(int error)
{
    static const char *const texts[] = {
        [-ANGO_OK] = "done",
        [-ANGO_E_WAIT] = "not done yet: call ango_step again",
        [-ANGO_E_END] = "no further item",
        [-ANGO_E_ARG] = "a wrong argument: a NULL, an empty list, an unknown role, or a call while another goes on",
        [-ANGO_E_HOST] =
            "the host is not a host name or an address, or the prefix not a path: give it without https://",
        [-ANGO_E_KEY] = "the API key is empty or has a character that no key has: copy it again",
        [-ANGO_E_ID] = "an identifier is empty or is not text: copy it again",
        [-ANGO_E_EMAIL] = "not an email address: check its spelling",
        [-ANGO_E_SPACE] = "the buffer is too small for the request: make it larger, or send fewer at a time",
        [-ANGO_E_INSECURE] = "the connection is not secure, so the API key was not sent",
        [-ANGO_E_CLOCK] = "the clock is missing, wrong or runs backwards: set it",
        [-ANGO_E_ENTROPY] = "the entropy source failed: no connection can be made secure",
        [-ANGO_E_MEMORY] = "the memory for TLS is too small: enlarge the arena",
        [-ANGO_E_RESOLVE] = "the host name could not be found: check its spelling, and the network",
        [-ANGO_E_NET] = "no connection to the server, or it broke: check the network",
        [-ANGO_E_TIME] = "no answer before the deadline: check the network, or allow more time",
        [-ANGO_E_CERT] = "the server's certificate was not accepted: check the CA, the host name and the clock",
        [-ANGO_E_TLS] = "the TLS protocol failed: check the host and the port",
        [-ANGO_E_TRUNCATED] = "the connection ended before the reply did",
        [-ANGO_E_HTTP] =
            "the reply is not HTTP/1.1 as this client accepts it: check the host, the port, and for a proxy",
        [-ANGO_E_TOO_BIG] =
            "the reply's head is too long, or a TLS record too large for this build: ask for less at a time",
        [-ANGO_E_JSON] = "the reply is not JSON: check the host, and for a login page of the network",
        [-ANGO_E_SHAPE] = "the reply is not what the API answers: check the host",
        [-ANGO_E_STATUS] = "the server refused",
        [-ANGO_E_CANCELLED] = "cancelled",
        [-ANGO_E_ANCHOR] = "a trust anchor cannot be used",
        [-ANGO_E_ENTRY] = "an entry of the list is larger than the buffer: make it larger",
        [-ANGO_E_FULL] = "the outbox is full: tidy it, or wait until some are delivered",
        [-ANGO_E_STORAGE] = "the outbox's medium failed: check its space and its state",
        [-ANGO_E_DAMAGED] = "the medium holds no outbox, or a part of it can no longer be read",
    };

    if (error > 0 || error < ANGO_E_LAST)
        return "an unknown error";
    return texts[-error];
}

const char *ango_outcome_text(enum ango_outcome outcome)
{
    switch (outcome) {
    case ANGO_NOT_SENT:
        return "not sent";
    case ANGO_REJECTED:
        return "rejected";
    case ANGO_ACCEPTED:
        return "accepted";
    default:
        return "unknown";
    }
}
