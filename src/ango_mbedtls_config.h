/*
 * mbedTLS 3.6 or 4 as the client needs it: a TLS client, and nothing that a client does not use. Host and
 * firmware compile this same file; only the ANGO_ switches below may differ, set with -D for both mbedTLS and
 * src/tls*.c:
 *
 *   cc -DMBEDTLS_CONFIG_FILE='"ango_mbedtls_config.h"' -DTF_PSA_CRYPTO_CONFIG_FILE='"ango_mbedtls_config.h"' -Isrc ...
 *
 * An mbedTLS built with this file is private: it takes its memory from the arena, its time and entropy from the
 * port, and nothing else may use it. With any other configuration it is shared (ango_tls.h).
 *
 * (Not called mbedtls_config.h: mbedTLS's own file of that name would be found first, silently.)
 * MBEDTLS_ names that are guarded with #ifndef can be overridden with -D as well.
 */
#ifndef ANGO_MBEDTLS_CONFIG_H
#define ANGO_MBEDTLS_CONFIG_H

#include <stddef.h>
#include <stdint.h>

/* Version 4 keeps cryptography in a library of its own, TF-PSA-Crypto, configured by PSA_WANT_ names alone. */
#if defined(TF_PSA_CRYPTO_VERSION_NUMBER) || MBEDTLS_VERSION_NUMBER >= 0x04000000
#define ANGO_MBEDTLS_4 1
#else
#define ANGO_MBEDTLS_4 0
#endif

/* --- Switches ------------------------------------------------------------------------------------- */

/* Protocols. At least one; leaving one out saves flash and arena. */
#ifndef ANGO_TLS12
#define ANGO_TLS12 1
#endif
#ifndef ANGO_TLS13
#define ANGO_TLS13 1
#endif
#if !ANGO_TLS12 && !ANGO_TLS13
#error "ANGO_TLS12 and ANGO_TLS13 are both 0: no protocol is left"
#endif

/* A microcontroller build: tables in flash and small, narrow windows; slower, but much less RAM. */
#ifndef ANGO_SMALL
#define ANGO_SMALL 0
#endif

/* Trust anchors as PEM text. Firmware stores DER instead (port/pem2c) and parses it where it lies. */
#ifndef ANGO_PEM
#define ANGO_PEM (!ANGO_SMALL)
#endif

/* AES-256 besides AES-128. A small build leaves it out: servers that prefer it would choose it, with SHA-384, which
 * takes half of all instructions of a resumed exchange on 32 bits. A server that has nothing else is refused
 * (ANGO_E_TLS). */
#ifndef ANGO_AES256
#define ANGO_AES256 (!ANGO_SMALL)
#endif

/* Public-key work in slices, for a superloop that must keep running. mbedTLS slices only TLS 1.2 with both ECDSA and
 * ECDHE, and never RSA; a watchdog needs ango_port.busy instead (port/lm3s6965/README.md has figures). */
#ifndef ANGO_ECP_RESTARTABLE
#define ANGO_ECP_RESTARTABLE 0
#endif

/* X25519 besides P-256 and P-384, which are enough for every server that matters: mbedTLS's own, or Everest's,
 * which is faster and larger. FIRST: before P-256, so that its key share is sent unasked. mbedTLS's own is cheaper
 * than P-256 only where ANGO_SMALL makes the windows narrow (figures: port/lm3s6965/README.md). */
#ifndef ANGO_EVEREST
#define ANGO_EVEREST 0
#endif
#ifndef ANGO_X25519
#define ANGO_X25519 (ANGO_EVEREST || !ANGO_SMALL)
#endif
#ifndef ANGO_X25519_FIRST
#define ANGO_X25519_FIRST (ANGO_X25519 && (ANGO_EVEREST || ANGO_SMALL))
#endif
#if ANGO_EVEREST && ANGO_ECP_RESTARTABLE
#error "ANGO_EVEREST and ANGO_ECP_RESTARTABLE exclude each other (mbedTLS: one ECDH context layout)"
#endif

/* TLS 1.3 disguised as 1.2, for middleboxes from before 2018 that cut off what they do not know: 76 bytes a handshake.
 * Without it, a handshake through such a box fails, and no request is sent. */
#ifndef ANGO_MIDDLEBOX
#define ANGO_MIDDLEBOX 0
#endif

/* --- Platform: everything comes from the caller, nothing from libc ---------------------------------- */

/* All memory comes from src/tls.c. With no standard functions to fall back on, a build that reached for malloc
 * or printf would not link. */
void *ango_tls_calloc(size_t count, size_t size);
void ango_tls_free(void *memory);
#define MBEDTLS_PLATFORM_C
#define MBEDTLS_PLATFORM_MEMORY
#define MBEDTLS_PLATFORM_CALLOC_MACRO ango_tls_calloc
#define MBEDTLS_PLATFORM_FREE_MACRO ango_tls_free
#define MBEDTLS_PLATFORM_NO_STD_FUNCTIONS
#define MBEDTLS_PLATFORM_SNPRINTF_ALT /* X.509 names as text: a pointer that nobody sets */

/* The port's time when the connection began: by it mbedTLS prefers a valid issuer to one of the same name that is
 * not, and drops an expired ticket. */
int64_t ango_tls_now(int64_t *now);
#define MBEDTLS_HAVE_TIME
#define MBEDTLS_HAVE_TIME_DATE
#define MBEDTLS_PLATFORM_TIME_TYPE_MACRO int64_t
#define MBEDTLS_PLATFORM_TIME_MACRO ango_tls_now
#define MBEDTLS_PLATFORM_MS_TIME_ALT
#define MBEDTLS_PLATFORM_GMTIME_R_ALT

#ifndef ANGO_NO_ASM      /* for MemorySanitizer, which does not see what assembly writes */
#define MBEDTLS_HAVE_ASM /* multiplication of big numbers: 2 to 4 times faster */
#endif
#define MBEDTLS_DEPRECATED_REMOVED

/* --- Cryptography: AES-GCM; verify RSA (both paddings) and ECDSA; agree over elliptic curves ----------- */

/* SHA-512 and P-384 are for certificates. */
#define PSA_WANT_ALG_SHA_256 1
#define PSA_WANT_ALG_SHA_384 1
#define PSA_WANT_ALG_SHA_512 1
#define PSA_WANT_ALG_ECDH 1
#define PSA_WANT_ALG_ECDSA 1
#define PSA_WANT_ECC_SECP_R1_256 1
#define PSA_WANT_ECC_SECP_R1_384 1
#if ANGO_X25519
#define PSA_WANT_ECC_MONTGOMERY_255 1
#endif

#if ANGO_SMALL
#define MBEDTLS_AES_ROM_TABLES   /* 8.8 KB from RAM to flash, */
#define MBEDTLS_AES_FEWER_TABLES /* 6 KB of which are not needed at all */
#define MBEDTLS_SHA512_SMALLER
#ifndef MBEDTLS_ECP_WINDOW_SIZE
#define MBEDTLS_ECP_WINDOW_SIZE 2
#endif
#ifndef MBEDTLS_ECP_FIXED_POINT_OPTIM
#define MBEDTLS_ECP_FIXED_POINT_OPTIM 0
#endif
#endif
#if defined(ANGO_NO_ASM)
#elif defined(__x86_64__)
#define MBEDTLS_AESNI_C
#elif defined(__aarch64__)
#define MBEDTLS_AESCE_C
#endif
#define MBEDTLS_BLOCK_CIPHER_NO_DECRYPT /* GCM only ever encrypts blocks */
#ifndef MBEDTLS_MPI_MAX_SIZE
#define MBEDTLS_MPI_MAX_SIZE 512 /* RSA-4096 */
#endif
#define MBEDTLS_MPI_WINDOW_SIZE 2 /* public exponents are short: a wide window only costs RAM */
#define MBEDTLS_ECP_NIST_OPTIM
#if ANGO_ECP_RESTARTABLE
#define MBEDTLS_ECP_RESTARTABLE
#endif
#define MBEDTLS_ASN1_PARSE_C
#define MBEDTLS_ASN1_WRITE_C /* ECDSA needs it */
#define MBEDTLS_MD_C
#define MBEDTLS_PK_C
#define MBEDTLS_PK_PARSE_C
#if ANGO_PEM
#define MBEDTLS_BASE64_C
#define MBEDTLS_PEM_PARSE_C
#endif

/* PSA: TLS 1.3 calls it, and in version 4 everything does. */
#if ANGO_TLS13 || ANGO_MBEDTLS_4
#define MBEDTLS_PSA_CRYPTO_C
#define MBEDTLS_PSA_CRYPTO_EXTERNAL_RNG      /* src/tls.c: mbedtls_psa_external_get_random */
#define MBEDTLS_PSA_ASSUME_EXCLUSIVE_BUFFERS /* or psa_export_public_key copies 16 KB */
#ifndef MBEDTLS_PSA_KEY_SLOT_COUNT
#define MBEDTLS_PSA_KEY_SLOT_COUNT \
    (ANGO_SMALL ? (ANGO_MBEDTLS_4 ? 6 : 4) : 32) /* a handshake takes 2, and 6 in version 4 */
#endif
#define PSA_WANT_ALG_HMAC 1
#define PSA_WANT_KEY_TYPE_HMAC 1
#define PSA_WANT_KEY_TYPE_DERIVE 1
#define PSA_WANT_KEY_TYPE_ECC_PUBLIC_KEY 1
#define PSA_WANT_KEY_TYPE_ECC_KEY_PAIR_BASIC 1
#define PSA_WANT_KEY_TYPE_ECC_KEY_PAIR_IMPORT 1
#define PSA_WANT_KEY_TYPE_ECC_KEY_PAIR_EXPORT 1
#define PSA_WANT_KEY_TYPE_ECC_KEY_PAIR_GENERATE 1
#endif
#if ANGO_TLS13
#define PSA_WANT_ALG_HKDF_EXTRACT 1
#define PSA_WANT_ALG_HKDF_EXPAND 1
#endif

#if ANGO_MBEDTLS_4
#define PSA_WANT_KEY_TYPE_AES 1
#define PSA_WANT_ALG_GCM 1
#define PSA_WANT_KEY_TYPE_RSA_PUBLIC_KEY 1
#define PSA_WANT_ALG_RSA_PKCS1V15_SIGN 1
#define PSA_WANT_ALG_RSA_PSS 1
/* A client never decrypts with RSA, but mbedTLS's check of its configuration asks for these. */
#define PSA_WANT_KEY_TYPE_RSA_KEY_PAIR_BASIC 1
#define PSA_WANT_ALG_RSA_PKCS1V15_CRYPT 1
#define PSA_WANT_ALG_RSA_OAEP 1
#if ANGO_TLS12
#define PSA_WANT_ALG_TLS12_PRF 1
#endif
#if ANGO_EVEREST
#define MBEDTLS_PSA_DRIVER_EVEREST 1
#endif
#else
/* This file is the PSA configuration too, so that exactly these mechanisms are built, and not all that the
 * modules could offer. The entropy pool is left out: src/tls.c seeds a CTR_DRBG from the port, and PSA draws
 * from that one. */
#define MBEDTLS_PSA_CRYPTO_CONFIG
#define MBEDTLS_PSA_CRYPTO_CONFIG_FILE "ango_mbedtls_config.h"
#define MBEDTLS_NO_PLATFORM_ENTROPY
#define MBEDTLS_CTR_DRBG_C
#define MBEDTLS_CTR_DRBG_ENTROPY_LEN 48 /* security strength of 256 bits plus the nonce, in one draw */
#define MBEDTLS_AES_C
#define MBEDTLS_CIPHER_C
#define MBEDTLS_GCM_C
#define MBEDTLS_SHA256_C
#define MBEDTLS_SHA384_C
#define MBEDTLS_SHA512_C
#define MBEDTLS_BIGNUM_C
#define MBEDTLS_ECP_C
#define MBEDTLS_ECP_DP_SECP256R1_ENABLED
#define MBEDTLS_ECP_DP_SECP384R1_ENABLED
#define MBEDTLS_ECDH_C
#define MBEDTLS_ECDSA_C
#define MBEDTLS_RSA_C
#define MBEDTLS_PKCS1_V15
#define MBEDTLS_PKCS1_V21
#define MBEDTLS_OID_C
#if ANGO_X25519
#define MBEDTLS_ECP_DP_CURVE25519_ENABLED
#endif
#if ANGO_EVEREST
#define MBEDTLS_ECDH_VARIANT_EVEREST_ENABLED
#endif
#if ANGO_TLS12
/* These names tell TLS 1.2 that it can verify RSA-PSS, which it does without PSA. Without them, a build of both
 * protocols offers RSA-PSS and then refuses it. "Accelerated" keeps 2 KB of unused RSA code out of PSA. */
#define PSA_WANT_ALG_RSA_PSS 1
#define PSA_WANT_KEY_TYPE_RSA_PUBLIC_KEY 1
#define MBEDTLS_PSA_ACCEL_ALG_RSA_PSS 1
#define MBEDTLS_PSA_ACCEL_KEY_TYPE_RSA_PUBLIC_KEY 1
#endif
#endif

/* --- Certificates ------------------------------------------------------------------------------------ */

#define MBEDTLS_X509_USE_C
#define MBEDTLS_X509_CRT_PARSE_C
#define MBEDTLS_X509_RSASSA_PSS_SUPPORT
#define MBEDTLS_X509_REMOVE_INFO

/* --- TLS --------------------------------------------------------------------------------------------- */

#define MBEDTLS_SSL_TLS_C
#define MBEDTLS_SSL_CLI_C
#define MBEDTLS_SSL_SERVER_NAME_INDICATION
#define MBEDTLS_SSL_ALPN
#define MBEDTLS_SSL_SESSION_TICKETS

/* The cheapest first: AES-128 has 10 rounds, AES-256 14, and SHA-384 is slow on 32 bits. The server decides. */
#if ANGO_AES256
#define MBEDTLS_SSL_CIPHERSUITES \
    MBEDTLS_TLS1_3_AES_128_GCM_SHA256, MBEDTLS_TLS1_3_AES_256_GCM_SHA384, \
        MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, MBEDTLS_TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256, \
        MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384, MBEDTLS_TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384
#else
#define MBEDTLS_SSL_CIPHERSUITES \
    MBEDTLS_TLS1_3_AES_128_GCM_SHA256, MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, \
        MBEDTLS_TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256
#endif

/* A server may send records of 16 KB whether we like it or not; what we send is one small request.
 * IN below 16384 is only for those who own the server; its certificates must fit. A build of TLS 1.2 alone then
 * asks for small records (max_fragment_length: OpenSSL and mbedTLS honour it); with 1.3 built in, mbedTLS would
 * ask too, and then refuse the answer. */
#ifndef MBEDTLS_SSL_IN_CONTENT_LEN
#define MBEDTLS_SSL_IN_CONTENT_LEN 16384
#endif
#ifndef MBEDTLS_SSL_OUT_CONTENT_LEN
#define MBEDTLS_SSL_OUT_CONTENT_LEN (ANGO_SMALL ? 1024 : 2048) /* a longer request takes two records */
#endif
#if MBEDTLS_SSL_IN_CONTENT_LEN < 16384 && !ANGO_TLS13
#define MBEDTLS_SSL_MAX_FRAGMENT_LENGTH
#endif

#if ANGO_TLS12
#define MBEDTLS_SSL_PROTO_TLS1_2
#define MBEDTLS_KEY_EXCHANGE_ECDHE_ECDSA_ENABLED
#define MBEDTLS_KEY_EXCHANGE_ECDHE_RSA_ENABLED
#define MBEDTLS_SSL_EXTENDED_MASTER_SECRET
#endif

#if ANGO_TLS13
#define MBEDTLS_SSL_PROTO_TLS1_3
#if ANGO_MIDDLEBOX
#define MBEDTLS_SSL_TLS1_3_COMPATIBILITY_MODE
#endif
#define MBEDTLS_SSL_TLS1_3_KEY_EXCHANGE_MODE_EPHEMERAL_ENABLED
#define MBEDTLS_SSL_TLS1_3_KEY_EXCHANGE_MODE_PSK_EPHEMERAL_ENABLED
#define MBEDTLS_SSL_CID_TLS1_3_PADDING_GRANULARITY 1 /* or each record is padded to 16 bytes */
#define MBEDTLS_SSL_KEEP_PEER_CERTIFICATE            /* mbedTLS insists on it for TLS 1.3 */
#endif

#endif
