#define _XOPEN_SOURCE 700 /* wcwidth */

#include "command.h"

#include <errno.h>
#include <limits.h>
#include <locale.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <wchar.h>

#define SAID_MAX 1000  /* columns of an error: what a server says can be long */
#define SECRET_LEAST 8 /* what is shorter is no key, and would be found in any word */

const char *cli_secret = "";
static const char hiding[] = "[API key]";

/* The value of up to `most` digits from `text`; their number, 0: there are none. */
static size_t read_digits(const char *text, size_t most, int base, long *value)
{
    char digits[8] = "";
    size_t len = strspn(text, base == 16 ? "0123456789abcdefABCDEF" : "0123456789");

    len = len < most ? len : most;
    memcpy(digits, text, len);
    *value = strtol(digits, NULL, base);
    return len;
}

/* The bytes that `c` takes where `text` begins with it: as it is, or escaped as in JSON, a URL or HTML; else 0. */
static size_t character_len(const char *text, char c)
{
    long value = -1;
    size_t len = 0;

    if (text[0] == c) {
        return 1;
    }
    if (text[0] == '\\' && text[1] == c) {
        return 2;
    }
    if (text[0] == '\\' && text[1] == 'u') {
        len = read_digits(text + 2, 4, 16, &value) == 4 ? 6 : 0;
    } else if (text[0] == '%') {
        len = read_digits(text + 1, 2, 16, &value) == 2 ? 3 : 0;
    } else if (text[0] == '&' && text[1] == '#') {
        size_t before = text[2] == 'x' || text[2] == 'X' ? 3 : 2;
        len = read_digits(text + before, 4, before == 3 ? 16 : 10, &value);
        len = len > 0 ? before + len + (text[before + len] == ';') : 0;
    }
    return value == c ? len : 0;
}

/* The bytes of the secret, where `text` begins with it, in whatever form, or ends in the middle of it; else 0. */
static size_t secret_len(const char *text)
{
    size_t i, n, len = 0, whole = strlen(cli_secret);

    for (i = 0; i < whole; i++) {
        n = character_len(text + len, cli_secret[i]);
        if (n == 0) {
            return text[len] == '\0' && i >= SECRET_LEAST ? len : 0; /* mutant: command-key-cut */
        }
        len += n;
    }
    return whole >= SECRET_LEAST ? len : 0;
}

uint32_t cli_take_character(const char **text)
{
    static const uint32_t least[] = { 0, 0x80, 0x800, 0x10000 };
    const unsigned char *s = (const unsigned char *)*text;
    uint32_t c = s[0];
    unsigned more = c < 0xE0 ? 1 : c < 0xF0 ? 2 : 3;
    unsigned i;

    ++*text;
    if (c < 0x80) {
        return c;
    }
    if (c < 0xC0 || c >= 0xF8) {
        return CLI_REPLACEMENT;
    }
    c &= 0x3Fu >> more;
    for (i = 1; i <= more; i++) {
        if ((s[i] & 0xC0) != 0x80) {
            return CLI_REPLACEMENT;
        }
        c = c << 6 | (s[i] & 0x3Fu);
    }
    if (c < least[more] || c > 0x10FFFF || (c >= 0xD800 && c <= 0xDFFF)) {
        return CLI_REPLACEMENT;
    }
    *text += more;
    return c;
}

/* What makes a terminal act, or show text in another order than it has: C0, C1, bidirectional controls. */
static bool is_unsafe(uint32_t c)
{
    return c < 0x20 || (c >= 0x7F && c <= 0x9F) || c == 0x061C || c == 0x200E || c == 0x200F
        || (c >= 0x2028 && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069);
}

static bool is_space(uint32_t c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static const char *behind_spaces(const char *text)
{
    while (is_space((unsigned char)*text)) {
        text++;
    }
    return text;
}

/* Columns of a character on a terminal: 2 of East Asian ones, 0 of marks that combine. */
static int columns_of(uint32_t c)
{
    static bool is_ready;
    int columns;

    if (!is_ready) { /* wcwidth answers for the locale's characters; all else stays as it is */
        is_ready = setlocale(LC_CTYPE, "C.UTF-8") != NULL || setlocale(LC_CTYPE, "") != NULL;
    }
    if (c < 0x7F) {
        return 1;
    }
    columns = wcwidth((wchar_t)c);
    return columns >= 0 ? columns : 1;
}

/* Writes `len` bytes; to NULL: none, since it is only measured. */
static void write_to(FILE *to, const char *text, size_t len)
{
    if (to != NULL) {
        fwrite(text, 1, len, to);
    }
}

static int put(FILE *to, const char *text, int most)
{
    int columns = 0;

    while (*text != '\0') {
        const char *start = text;
        size_t hidden = secret_len(text); /* mutant: command-key-shown */
        uint32_t c = hidden > 0 ? 0 : cli_take_character(&text);

        columns += hidden > 0 ? (int)sizeof hiding - 1 : columns_of(is_unsafe(c) ? CLI_REPLACEMENT : c);
        if (columns > most) {
            return most;
        }
        if (hidden > 0) {
            write_to(to, hiding, sizeof hiding - 1);
            text += hidden;
        } else if (is_space(c)) {
            text = behind_spaces(text);
            write_to(to, " ", 1);
        } else if (is_unsafe(c) || c == CLI_REPLACEMENT) { /* mutant: command-terminal-acts */
            write_to(to, "\xEF\xBF\xBD", 3);
        } else {
            write_to(to, start, (size_t)(text - start));
        }
    }
    return columns;
}

int cli_put(FILE *to, const char *text)
{
    return put(to, text, INT_MAX);
}

int cli_columns(const char *text)
{
    return put(NULL, text, INT_MAX);
}

void cli_put_padded(FILE *to, const char *text, int width)
{
    int columns = cli_put(to, text);

    fprintf(to, "%*s", columns < width ? width - columns : 0, "");
}

void cli_say(const char *format, ...)
{
    static char line[CLI_BUFFER_CAP + 2048];
    va_list args;

    va_start(args, format);
    vsnprintf(line, sizeof line, format, args);
    va_end(args);
    cli_end_progress();
    cli_flush();
    fputs("ango: ", stderr);
    put(stderr, line, SAID_MAX);
    fputc('\n', stderr);
}

static int output_error; /* errno of standard output's first failure */

bool cli_flush(void)
{
    errno = 0;
    if ((fflush(stdout) != 0 || ferror(stdout) != 0) && output_error == 0) {
        output_error = errno != 0 ? errno : EIO;
    }
    return output_error == 0;
}

int cli_output_error(void)
{
    return output_error != EPIPE ? output_error : 0;
}

/* --- progress ------------------------------------------------------------------------------------------- */

static int progress_columns;
static char progress[256];

int cli_terminal_columns(int fd)
{
    struct winsize size;

    if (!isatty(fd)) {
        return 0;
    }
    return ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

bool cli_progress(const char *format, ...)
{
    char line[sizeof progress];
    int columns, most = cli_terminal_columns(STDERR_FILENO);
    va_list args;

    if (most == 0) {
        return false;
    }
    va_start(args, format);
    vsnprintf(line, sizeof line, format, args);
    va_end(args);
    if (progress_columns > 0 && strcmp(line, progress) == 0) {
        return true;
    }
    memcpy(progress, line, sizeof progress);
    fputc('\r', stderr);
    columns = put(stderr, line, most - 1); /* or the next \r would not be at its beginning */
    fprintf(stderr, "%*s", columns < progress_columns ? progress_columns - columns : 0, "");
    fflush(stderr);
    progress_columns = columns;
    return true;
}

void cli_end_progress(void)
{
    if (progress_columns > 0) {
        fprintf(stderr, "\r%*s\r", progress_columns, "");
        fflush(stderr);
    }
    progress_columns = 0;
}

/* --- JSON ----------------------------------------------------------------------------------------------- */

static bool comma;

static void separate(void)
{
    if (comma) {
        putchar(',');
    }
    comma = true;
}

void cli_json_begin(char bracket)
{
    separate();
    putchar(bracket);
    comma = false;
}

void cli_json_end(char bracket)
{
    putchar(bracket);
    comma = true;
}

void cli_json_end_line(void)
{
    putchar('\n');
    cli_flush();
    comma = false;
}

/* All that is not plain is escaped, so that a terminal is as safe with it as a program. */
static void put_json(const char *text)
{
    putchar('"');
    while (*text != '\0') {
        const char *start = text;
        size_t hidden = secret_len(text);
        uint32_t c = hidden > 0 ? 0 : cli_take_character(&text);

        if (hidden > 0) {
            fputs(hiding, stdout);
            text += hidden;
        } else if (c == '"' || c == '\\') {
            printf("\\%c", (char)c);
        } else if (is_unsafe(c) || c == CLI_REPLACEMENT) {
            printf("\\u%04x", (unsigned)c);
        } else {
            fwrite(start, 1, (size_t)(text - start), stdout);
        }
    }
    putchar('"');
}

void cli_json_key(const char *name)
{
    separate();
    put_json(name);
    putchar(':');
    comma = false;
}

void cli_json_text(const char *text)
{
    separate();
    put_json(text);
}

void cli_json_number(long number)
{
    separate();
    printf("%ld", number);
}

void cli_json_bool(bool value)
{
    separate();
    fputs(value ? "true" : "false", stdout);
}

void cli_json_null(void)
{
    separate();
    fputs("null", stdout);
}

void cli_json_pair(const char *name, const char *text)
{
    cli_json_key(name);
    cli_json_text(text);
}
