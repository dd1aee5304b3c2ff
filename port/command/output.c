#define _POSIX_C_SOURCE 200809L

#include "command.h"

#include <stdarg.h>
#include <string.h>
#include <unistd.h>

#define REPLACEMENT 0xFFFDu
#define SECRET_LEAST 8 /* what is shorter is no key, and would be found in any word */

const char *cli_secret = "";
static const char hiding[] = "[API key]";

/* The bytes of the secret, where `text` begins with it; else 0. */
static size_t secret_len(const char *text)
{
    size_t len = strlen(cli_secret);

    return len >= SECRET_LEAST && strncmp(text, cli_secret, len) == 0 ? len : 0;
}

/* Takes one character off `*text`; REPLACEMENT, and one byte, where it is no UTF-8. */
static uint32_t take_character(const char **text)
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
        return REPLACEMENT;
    }
    c &= 0x3Fu >> more;
    for (i = 1; i <= more; i++) {
        if ((s[i] & 0xC0) != 0x80) {
            return REPLACEMENT;
        }
        c = c << 6 | (s[i] & 0x3Fu);
    }
    if (c < least[more] || c > 0x10FFFF || (c >= 0xD800 && c <= 0xDFFF)) {
        return REPLACEMENT;
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

int cli_put(FILE *to, const char *text)
{
    int columns = 0;

    while (*text != '\0') {
        const char *start = text;
        size_t hidden = secret_len(text); /* mutant: command-key-shown */
        uint32_t c = hidden > 0 ? 0 : take_character(&text);

        columns++;
        if (hidden > 0) {
            columns += fputs(hiding, to) == EOF ? 0 : (int)sizeof hiding - 2;
            text += hidden;
        } else if (is_space(c)) {
            text = behind_spaces(text);
            fputc(' ', to);
        } else if (is_unsafe(c) || c == REPLACEMENT) { /* mutant: command-terminal-acts */
            fputs("\xEF\xBF\xBD", to);
        } else {
            fwrite(start, 1, (size_t)(text - start), to);
        }
    }
    return columns;
}

void cli_put_padded(FILE *to, const char *text, int width)
{
    int columns = cli_put(to, text);

    fprintf(to, "%*s", columns < width ? width - columns : 0, "");
}

void cli_say(const char *format, ...)
{
    char line[2048];
    va_list args;

    va_start(args, format);
    vsnprintf(line, sizeof line, format, args);
    va_end(args);
    cli_end_progress();
    fflush(stdout);
    fputs("ango: ", stderr);
    cli_put(stderr, line);
    fputc('\n', stderr);
}

/* --- progress ------------------------------------------------------------------------------------------- */

static int progress_columns;
static char progress[80];

bool cli_progress(const char *format, ...)
{
    char line[sizeof progress];
    int columns;
    va_list args;

    if (!isatty(STDERR_FILENO)) {
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
    columns = cli_put(stderr, line);
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
    fflush(stdout);
    comma = false;
}

/* All that is not plain is escaped, so that a terminal is as safe with it as a program. */
static void put_json(const char *text)
{
    putchar('"');
    while (*text != '\0') {
        const char *start = text;
        size_t hidden = secret_len(text);
        uint32_t c = hidden > 0 ? 0 : take_character(&text);

        if (hidden > 0) {
            fputs(hiding, stdout);
            text += hidden;
        } else if (c == '"' || c == '\\') {
            printf("\\%c", (char)c);
        } else if (is_unsafe(c) || c == REPLACEMENT) {
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
