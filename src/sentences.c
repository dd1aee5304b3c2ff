/* Sentences for people: apart from everything else, so that they are linked only where they are used. */
#include "ango.h"

const char *ango_error_text(int error)
{
    static const char *const texts[] = {
        "done",
        "not done yet: call ango_step again",
        "no further item",
        "a wrong argument: a NULL, an empty list, an unknown role, or a call while another goes on",
        "the host is not a host name or an address, or the prefix not a path: give it without https://",
        "the API key is empty or has a character that no key has: copy it again",
        "an identifier is empty or is not text: copy it again",
        "not an email address: check its spelling",
        "the buffer is too small for the request: make it larger, or send fewer at a time",
        "the connection is not secure, so the API key was not sent",
        "the clock is missing, wrong or runs backwards: set it",
        "the entropy source failed: no connection can be made secure",
        "the memory for TLS is too small: enlarge the arena",
        "the host name could not be found: check its spelling, and the network",
        "no connection to the server, or it broke: check the network",
        "no answer before the deadline: check the network, or allow more time",
        "the server's certificate was not accepted: check the CA, the host name and the clock",
        "the TLS protocol failed: check the host and the port",
        "the connection ended before the reply did",
        "the reply is not HTTP/1.1 as this client accepts it: check the host, the port, and for a proxy",
        "the reply's head is too long, or a TLS record too large for this build: ask for less at a time",
        "the reply is not JSON: check the host, and for a login page of the network",
        "the reply is not what the API answers: check the host",
        "the server refused",
        "cancelled",
        "a trust anchor cannot be used",
        "an entry of the list is larger than the buffer: make it larger",
    };

    if (error > 0 || error < ANGO_E_LAST)
        return "an unknown error";
    return texts[-error];
}

const char *ango_outcome_text(enum ango_outcome outcome)
{
    static const char *const texts[] = { "not sent", "unknown", "rejected", "accepted" };

    return (unsigned)outcome < 4 ? texts[outcome] : "unknown";
}
