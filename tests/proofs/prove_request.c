/* The writer of requests: any texts, any buffer, in any state that its calls can leave behind. */
#include "proof.h"

#include "request.c"
#include "utf8.c"

static const char *nul;

/* A request with a buffer of any size, of which any part is written, or with a length beyond it. */
static void any_request(struct ango_request *q)
{
    q->cap = nondet_size();
    ASSUME(q->cap > 0 && q->cap <= LONGEST);
    q->buf = (uint8_t *)any_bytes(q->cap);
    q->len = nondet_size();
    q->body = nondet_size();
    q->err = nondet_int();
}

/* What write_bytes does apart from the buffer, which proof_write_bytes is about. */
void write_bytes_stand_in(struct ango_request *q, const void *data, size_t len)
{
    PROVE(__CPROVER_r_ok(data, len));
    q->len += len;
}

void write_text_stand_in(struct ango_request *q, const char *text)
{
    (void)text;
    q->len = nondet_size();
}

/* What proof_is_email is about. */
bool is_email_stand_in(const char *text)
{
    (void)text;
    return nondet_bool();
}

/* What proof_write_character shows of write_character. */
size_t write_character_stand_in(struct ango_request *q, const char *p)
{
    size_t n = nondet_size();

    PROVE(*p != '\0');
    ASSUME(n <= 4 && n <= (size_t)(nul - p));
    q->len = nondet_size();
    return n;
}

/* What ango_write_string may do, apart from the buffer. */
void write_string_stand_in(struct ango_request *q, const char *before, const char *text, int refusal)
{
    (void)strlen(before);
    if (text != NULL)
        (void)strlen(text);
    q->len = nondet_size();
    ango_request_refuse(q, refusal);
}

/*
 * proof: write_bytes stays within the buffer, whatever is there and comes, and counts what does not fit
 * bound: any
 */
void proof_write_bytes(void)
{
    struct ango_request q;
    size_t len = nondet_size();
    size_t before;

    any_request(&q);
    ASSUME(len <= LONGEST);
    before = q.len;
    write_bytes(&q, any_bytes(len), len);
    PROVE(q.len == before + len);
    REACHED;
}

/*
 * proof: ango_write_number of any number stays within its digits, and within the buffer
 * bound: any
 * unwind: 21
 */
void proof_write_number(void)
{
    struct ango_request q;

    any_request(&q);
    ango_write_number(&q, 'x', nondet_size());
    REACHED;
}

/*
 * proof: is_email stays within any text
 * bound: any
 */
void proof_is_email(void)
{
    (void)is_email(any_text(LONGEST, &nul));
    REACHED;
}

/*
 * proof: write_character takes at most 4 bytes and no NUL, in the path and in the body
 * bound: any
 * unwind: 5
 * replace: write_bytes:write_bytes_stand_in
 */
void proof_write_character(void)
{
    struct ango_request q;
    const char *text = any_text(8, &nul);
    size_t n;

    any_request(&q);
    ASSUME(*text != '\0');
    n = write_character(&q, text);
    PROVE(n <= 4 && n <= (size_t)(nul - text));
    REACHED;
}

/*
 * proof: ango_write_string stays within any text, escaped for the path or the body
 * bound: any
 * replace: write_bytes:write_bytes_stand_in write_character:write_character_stand_in is_email:is_email_stand_in ango_write_text:write_text_stand_in
 * loop skip_unreserved.0:
 *     assigns: text
 *     invariant: __CPROVER_same_object(text, nul) && __CPROVER_r_ok(text, 1)
 *         && (unsigned long)text >= (unsigned long)__CPROVER_loop_entry(text)
 *     decreases: (unsigned long)nul - (unsigned long)text
 * loop ango_write_string.0:
 *     assigns: text, q->len, q->err, q->error_index
 *     invariant: __CPROVER_same_object(text, nul) && __CPROVER_r_ok(text, 1)
 *     decreases: (unsigned long)nul - (unsigned long)text
 */
void proof_write_string(void)
{
    struct ango_request q;
    const char *text = any_text(LONGEST, &nul);

    any_request(&q);
    ango_write_string(&q, "&name=", nondet_bool() ? text : NULL, nondet_bool() ? ANGO_E_EMAIL : ANGO_E_ID);
    REACHED;
}

/*
 * proof: ango_write_segment stays within any text
 * bound: any
 * replace: ango_write_string:write_string_stand_in
 */
void proof_write_segment(void)
{
    struct ango_request q;
    const char *text = any_text(LONGEST, &nul);

    any_request(&q);
    ango_write_segment(&q, "organization/", nondet_bool() ? text : NULL);
    REACHED;
}

/*
 * proof: ango_host_ok stays within any text; what it accepts has 1 to ANGO_HOST_MAX characters
 * bound: any
 * loop skip_unreserved.0:
 *     assigns: text
 *     invariant: __CPROVER_same_object(text, nul) && __CPROVER_r_ok(text, 1)
 *     decreases: (unsigned long)nul - (unsigned long)text
 */
void proof_host_ok(void)
{
    const char *host = any_text(LONGEST, &nul);

    if (ango_host_ok(host))
        PROVE(host[0] != '\0' && nul - host >= 1);
    REACHED;
}

/*
 * proof: ango_prefix_ok stays within any text
 * bound: any
 * loop skip_unreserved.0:
 *     assigns: text
 *     invariant: __CPROVER_same_object(text, nul) && __CPROVER_r_ok(text, 1)
 *         && (unsigned long)text >= (unsigned long)__CPROVER_loop_entry(text)
 *     decreases: (unsigned long)nul - (unsigned long)text
 * loop ango_prefix_ok.0:
 *     assigns: prefix
 *     invariant: __CPROVER_same_object(prefix, nul) && __CPROVER_r_ok(prefix, 1)
 *     decreases: (unsigned long)nul - (unsigned long)prefix
 */
void proof_prefix_ok(void)
{
    const char *text = any_text(LONGEST, &nul);

    (void)ango_prefix_ok(nondet_bool() ? text : NULL);
    REACHED;
}

/*
 * proof: ango_header_ok stays within any text
 * bound: any
 * loop ango_header_ok.0:
 *     assigns: text
 *     invariant: __CPROVER_same_object(text, nul) && __CPROVER_r_ok(text, 1)
 *     decreases: (unsigned long)nul - (unsigned long)text
 */
void proof_header_ok(void)
{
    (void)ango_header_ok(any_text(LONGEST, &nul), nondet_bool() ? ' ' : '!');
    REACHED;
}

/*
 * proof: ango_write_head, with any host, key and user agent, leaves `body` at the empty line, with digits before it
 * bound: any
 * unwind: 21
 * replace: write_bytes:write_bytes_stand_in
 */
void proof_write_head(void)
{
    struct ango_request q;
    struct ango_config config;

    any_request(&q);
    config.host = any_text(LONGEST / 8, &nul);
    config.user_agent = nondet_bool() ? any_text(LONGEST / 8, &nul) : NULL;
    ASSUME(q.len <= LONGEST / 8); /* what was written is at most as long as what the caller's memory holds */
    ango_write_head(&q, &config, any_text(LONGEST / 8, &nul), nondet_bool());
    PROVE(q.body + strlen(EMPTY_LINE) == q.len && q.body > strlen(" " LENGTH_DIGITS));
    REACHED;
}

/*
 * proof: ango_request_end_body stays within the buffer, the digits end before the body, and the request gets no longer
 * bound: any
 * unwind: 21
 */
void proof_end_body(void)
{
    struct ango_request q;
    size_t before;

    any_request(&q);
    ASSUME(q.body > strlen(" " LENGTH_DIGITS) && q.body <= q.len && q.len - q.body >= strlen(EMPTY_LINE));
    before = q.len;
    ango_request_end_body(&q);
    PROVE(q.len <= before);
    REACHED;
}
