/* The certificates that the server sent, for people who want to know whom they talk to. Linked only where it is called. */
#include "tls.h"

int ango_tls_certificate(const struct ango_tls *tls, size_t depth, struct ango_tls_certificate *to)
{
    const mbedtls_x509_crt *certificate;

    if (tls == NULL || to == NULL || tls->state == NULL)
        return ANGO_E_ARG;
    certificate = mbedtls_ssl_get_peer_cert(&tls->state->ssl);
    for (; depth > 0 && certificate != NULL; depth--)
        certificate = certificate->next;
    if (certificate == NULL)
        return ANGO_E_END;
    ango_tls_write_name(to->subject, sizeof to->subject, &certificate->subject);
    ango_tls_write_name(to->issuer, sizeof to->issuer, &certificate->issuer);
    to->valid_from = ango_tls_seconds(&certificate->valid_from);
    to->valid_to = ango_tls_seconds(&certificate->valid_to);
    return ANGO_OK;
}
