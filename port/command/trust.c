/* The CAs that are trusted: a file that is named, or where the system has them. */
#define _POSIX_C_SOURCE 200809L

#include "command.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CA_CAP (1u << 20)

static char ca[CA_CAP];

/* Of Debian, Arch, OpenWrt; Fedora; Alpine, FreeBSD, OpenBSD, macOS; older FreeBSD; openSUSE. */
static const char *const places[] = {
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ca-certificates/extracted/tls-ca-bundle.pem",
    "/etc/ssl/cert.pem",
    "/usr/local/share/certs/ca-root-nss.crt",
    "/etc/ssl/ca-bundle.pem",
};

static const char *find(void)
{
    const char *named = getenv("SSL_CERT_FILE");
    size_t i;

    if (cli.ca_file != NULL) {
        return cli.ca_file;
    }
    if (named != NULL && *named != '\0') {
        return named;
    }
    for (i = 0; i < sizeof places / sizeof places[0]; i++) {
        if (access(places[i], R_OK) == 0) {
            return places[i];
        }
    }
    return NULL;
}

/* What it holds instead of a certificate in PEM. */
static const char *fault(size_t len)
{
    static const struct {
        const char *mark;
        const char *words;
    } others[] = {
        { "-----BEGIN TRUSTED CERTIFICATE-----",
          "has a certificate in OpenSSL's own form: 'openssl x509 -in FILE' turns it into PEM" },
        { "-----BEGIN PKCS7-----", "has PKCS #7: 'openssl pkcs7 -print_certs -in FILE' takes the certificates out" },
        { "PRIVATE KEY-----", "has a private key, which is for a server, and is nobody else's" },
        { "-----BEGIN CERTIFICATE REQUEST-----", "has a request for a certificate, not a certificate" },
        { "<html", "is a page of the web" },
    };
    size_t i;

    if (len == 0) {
        return "is empty";
    }
    for (i = 0; i < sizeof others / sizeof others[0]; i++) {
        if (strstr(ca, others[i].mark) != NULL) {
            return others[i].words;
        }
    }
    return "holds no certificate in PEM, and is none in DER";
}

const char *cli_read_cas(size_t *len)
{
    const char *name = find();
    long read_len;

    if (name == NULL) {
        cli_say("no file of trusted CAs is in any of the usual places: --ca names one");
        return NULL;
    }
    cli.ca_file = name;
    read_len = cli_read_whole(name, "CA file", ca, sizeof ca);
    if (read_len < 0) {
        return NULL;
    }
    *len = (size_t)read_len;
    if (strstr(ca, "-----BEGIN CERTIFICATE-----") != NULL) {
        (*len)++; /* of PEM, the NUL is a part */
        return ca;
    }
    if (*len > 4 && (unsigned char)ca[0] == 0x30 && (unsigned char)ca[1] >= 0x80) { /* a SEQUENCE: DER */
        return ca;
    }
    cli_say("the CA file %s %s", name, fault(*len));
    return NULL;
}
