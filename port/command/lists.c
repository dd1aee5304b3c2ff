/*
 * Lists of addresses as people have them: one a line, or a table with columns, as spreadsheets and mail programs write them.
 *
 *   EMAIL                                        NAME <EMAIL>, mailto:EMAIL
 *   EMAIL [admin|member] [PROJECT-ROLE] [PROJECT]   as at a badge desk
 *   anything,EMAIL,anything                      without a header: the one column with an address
 *   email,role,project,project role              with one: these columns; others are passed over
 */
#define _POSIX_C_SOURCE 200809L

#include "command.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#define RAW_CAP (8u << 20)
#define FIELDS_MAX 100
#define LEAST_ID 24 /* digits of an identifier that is recognised without a role before it */

enum column { EMAIL, ROLE, PROJECT, PROJECT_ROLE, COLUMNS };

struct file {
    const char *name;
    char *next;         /* of its text */
    unsigned line;      /* of the record */
    unsigned next_line; /* of what comes after it */
    bool wishes;        /* roles and projects are taken from it */
    bool has_header;    /* with these columns, or -1 */
    int columns[COLUMNS];
    char delimiter; /* with a header, or as the first line says; '\0': as found in each record */
    size_t records;
    char *fields[FIELDS_MAX]; /* of the record */
    size_t fields_len;
};

/* --- characters ----------------------------------------------------------------------------------------- */

bool cli_is_blank(uint32_t c)
{
    return c == ' ' || (c >= '\t' && c <= '\r') || c == 0x85 || c == 0xA0 || c == 0x1680 || (c >= 0x2000 && c <= 0x200A)
        || c == 0x2028 || c == 0x2029 || c == 0x202F || c == 0x205F || c == 0x3000;
}

/* The bytes of the blanks at the beginning. */
static size_t blanks_len(const char *text)
{
    const char *next = text, *at;

    do {
        at = next;
    } while (*at != '\0' && cli_is_blank(cli_take_character(&next)));
    return (size_t)(at - text);
}

/* Cuts blanks off both ends. */
static char *trim(char *text)
{
    const char *at, *end;

    text += blanks_len(text);
    for (at = end = text; *at != '\0';) {
        end = cli_is_blank(cli_take_character(&at)) ? end : at;
    }
    text[end - text] = '\0';
    return text;
}

static size_t put_utf8(char *to, uint32_t c)
{
    if (c < 0x80) {
        to[0] = (char)c;
        return 1;
    }
    if (c < 0x800) {
        to[0] = (char)(0xC0 | c >> 6);
        to[1] = (char)(0x80 | (c & 0x3F));
        return 2;
    }
    if (c < 0x10000) {
        to[0] = (char)(0xE0 | c >> 12);
        to[1] = (char)(0x80 | (c >> 6 & 0x3F));
        to[2] = (char)(0x80 | (c & 0x3F));
        return 3;
    }
    to[0] = (char)(0xF0 | c >> 18);
    to[1] = (char)(0x80 | (c >> 12 & 0x3F));
    to[2] = (char)(0x80 | (c >> 6 & 0x3F));
    to[3] = (char)(0x80 | (c & 0x3F));
    return 4;
}

/* UTF-16 to UTF-8; half a pair becomes U+FFFD, which is no address. */
static size_t from_utf16(const unsigned char *raw, size_t len, bool big, char *to)
{
    size_t i, n = 0;
    uint32_t high = 0;

    for (i = 0; i + 1 < len; i += 2) {
        uint32_t c = big ? raw[i] * 256u + raw[i + 1] : raw[i + 1] * 256u + raw[i];
        bool is_low = c >= 0xDC00 && c <= 0xDFFF;
        if (high != 0 && !is_low) {
            n += put_utf8(to + n, CLI_REPLACEMENT);
        }
        if (high != 0 && is_low) {
            c = 0x10000 + ((high - 0xD800) << 10) + (c - 0xDC00);
        } else if (is_low) {
            c = CLI_REPLACEMENT;
        }
        high = c >= 0xD800 && c <= 0xDBFF ? c : 0;
        n += high != 0 ? 0 : put_utf8(to + n, c);
    }
    return n;
}

/* --- one address ---------------------------------------------------------------------------------------- */

static bool begins_with(const char *text, const char *word)
{
    char part[16] = "";
    size_t len = strlen(word);

    if (strlen(text) < len) {
        return false;
    }
    memcpy(part, text, len);
    return ango_text_is(part, word);
}

/* NAME <EMAIL>: what stands between. */
static char *in_brackets(char *text, char *open, const char **why)
{
    char *close = open + strlen(open) - 1;
    char *name, *address;

    if (*close != '>') {
        *why = "a bracket is not closed";
        return NULL;
    }
    *close = '\0';
    *open = '\0';
    address = trim(open + 1);
    name = trim(text);
    if (strchr(name, '@') != NULL && !ango_text_is(name, address)) {
        *why = "it has two addresses: which one?";
        return NULL;
    }
    return address;
}

char *cli_find_in(char *text, const char **why)
{
    char *open;

    text = trim(text);
    open = strrchr(text, '<');
    if (open != NULL) {
        text = in_brackets(text, open, why);
    }
    if (text != NULL && begins_with(text, "mailto:")) {
        text += strlen("mailto:");
        text[strcspn(text, "?")] = '\0';
        if (strchr(text, '%') != NULL) {
            *why = "a link with % in it: write the address out";
            return NULL;
        }
    }
    return text;
}

/* --- records and fields --------------------------------------------------------------------------------- */

static bool is_delimiter(char c)
{
    return c == ',' || c == ';' || c == '\t';
}

/* Behind the quote that closes the one at `text`; NULL: none does. */
static char *behind_quotes(char *text)
{
    for (text++; *text != '\0'; text++) {
        if (text[0] == '"' && text[1] != '"') {
            return text + 1;
        }
        text += text[0] == '"';
    }
    return NULL;
}

/* The end of the field at `text`: a quote at its beginning may hold delimiters and ends of lines. NULL: it is not closed. */
static char *end_of_field(char *text, const char *delimiters)
{
    text += strspn(text, " ");
    if (*text == '"') {
        text = behind_quotes(text);
    }
    return text != NULL ? text + strcspn(text, delimiters) : NULL;
}

/* Cuts the next record off the text; NULL: the file is over, or a quote is not closed, which is said. */
static char *take_record(struct file *file)
{
    char *record = file->next, *at = record, *end;

    file->line = file->next_line;
    if (*record == '\0') {
        return NULL;
    }
    if (record[blanks_len(record)] == '#') {
        end = record + strcspn(record, "\r\n");
    } else {
        while ((end = end_of_field(at, ",;\t\r\n")) != NULL && is_delimiter(*end)) {
            at = end + 1;
        }
    }
    if (end == NULL) {
        record[strcspn(record, "\r\n")] = '\0';
        cli_refuse_line(file->name, file->line, record, "a quote is not closed");
        return NULL;
    }
    file->next = end;
    if (end[0] == '\r' && end[1] == '\n') {
        file->next++;
    }
    if (*end != '\0') {
        file->next++;
    }
    file->next_line++;
    *end = '\0';
    for (at = record; *at != '\0'; at++) {
        file->next_line += *at == '\n' ? 1 : 0;
    }
    return record;
}

/* The delimiter of a record: a tab, else a semicolon, else a comma; '\0': none. */
static char find_delimiter(char *record)
{
    char found = '\0', *end;

    while ((end = end_of_field(record, ",;\t")) != NULL && *end != '\0') {
        if (*end == '\t' || found == '\0' || (*end == ';' && found == ',')) {
            found = *end;
        }
        record = end + 1;
    }
    return found;
}

/* Takes the quotes away that stand around all of it. */
static char *unquote(char *field)
{
    char *from, *to, *end;

    field = trim(field);
    if (*field != '"') {
        return field;
    }
    end = behind_quotes(field);
    if (end == NULL || *end != '\0') {
        return field;
    }
    for (from = field + 1, to = field; from < end - 1; from++) {
        *to++ = *from;
        from += *from == '"';
    }
    *to = '\0';
    return trim(field);
}

static void split(struct file *file, char *record, char delimiter)
{
    const char delimiters[] = { delimiter, '\0' };
    char *end;

    file->fields_len = 0;
    while (file->fields_len < FIELDS_MAX) {
        end = end_of_field(record, delimiters);
        bool is_last = *end == '\0';
        *end = '\0';
        file->fields[file->fields_len++] = unquote(record);
        if (is_last) {
            break;
        }
        record = end + 1;
    }
}

/* --- the header ----------------------------------------------------------------------------------------- */

/* A column's name without case, blanks and marks: "Project role" is "projectrole". */
static void plain_name(const char *name, char *to, size_t cap)
{
    size_t n = 0;

    for (; *name != '\0' && n + 1 < cap; name++) {
        char c = *name;
        if (c >= 'A' && c <= 'Z') {
            c = (char)(c + 'a' - 'A');
        }
        if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')) {
            to[n++] = c;
        }
    }
    to[n] = '\0';
}

static bool names_addresses(const char *name)
{
    static const char *const others[] = { "address", "adresse", "courriel", "correo", NULL };

    return strstr(name, "mail") != NULL || cli_is_one_of(name, others);
}

/* Which column it is; COLUMNS: none of ours. */
static enum column column_of(const char *name)
{
    static const struct {
        const char *name;
        enum column column;
    } names[] = { { "role", ROLE },
                  { "organizationrole", ROLE },
                  { "project", PROJECT },
                  { "projectid", PROJECT },
                  { "projectrole", PROJECT_ROLE } };
    size_t i;

    for (i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (strcmp(name, names[i].name) == 0) {
            return names[i].column;
        }
    }
    return names_addresses(name) ? EMAIL : COLUMNS;
}

/* The column of the addresses: the one called email, else the one that may hold them. */
static void find_email_column(struct file *file)
{
    int exact = -1, other = -1, second_exact = -1, second_other = -1, i, second;
    char name[32];

    for (i = 0; i < (int)file->fields_len; i++) {
        plain_name(file->fields[i], name, sizeof name);
        if (strcmp(name, "email") == 0) {
            second_exact = exact >= 0 ? i : second_exact;
            exact = exact >= 0 ? exact : i;
        } else if (column_of(name) == EMAIL) {
            second_other = other >= 0 ? i : second_other;
            other = other >= 0 ? other : i;
        }
    }
    second = exact >= 0 ? second_exact : second_other;
    if (second >= 0) {
        cli_refuse_line(file->name, file->line, file->fields[second],
                        "a second column that may hold the address: call the right one email");
    }
    file->columns[EMAIL] = exact >= 0 ? exact : other;
}

static void take_wish_column(struct file *file, enum column which, int column)
{
    if (file->columns[which] >= 0 && file->wishes) {
        cli_refuse_line(file->name, file->line, file->fields[column],
                        "a second column that may hold the same: call the other one something else");
    }
    file->columns[which] = column;
}

static bool is_used(const struct file *file, int column)
{
    int i;

    for (i = 0; i < COLUMNS; i++) {
        if (file->columns[i] == column) {
            return true;
        }
    }
    return false;
}

/*
 * What is asked for in a column that is not used would be lost without a word: with a command that takes roles and projects
 * from a list, in a column that is called otherwise; with the others, in one of these.
 */
static void tell_columns(const struct file *file)
{
    char names[256] = "";
    size_t i, len = 0;

    for (i = 0; i < file->fields_len; i++) {
        const char *name = file->fields[i];
        bool is_wish = is_used(file, (int)i) && (int)i != file->columns[EMAIL];
        bool is_lost = file->wishes ? !is_used(file, (int)i) : is_wish;
        if (name[0] != '\0' && is_lost && len + strlen(name) + 8 < sizeof names) {
            len += (size_t)snprintf(names + len, sizeof names - len, "%s\"%s\"", len > 0 ? ", " : "", name);
        }
    }
    if (len > 0) {
        cli_say("%s: these columns are not used: %s; %s", file->name, names,
                file->wishes ? "roles and projects are in those called role, project and project role"
                             : "this command takes no roles and projects from a list");
    }
}

/* Whether the first record names columns. */
static bool take_header(struct file *file)
{
    char name[32];
    size_t i;

    for (i = 0; i < COLUMNS; i++) {
        file->columns[i] = -1;
    }
    for (i = 0; i < file->fields_len; i++) {
        enum column column;
        if (strchr(file->fields[i], '@') != NULL) {
            return false;
        }
        plain_name(file->fields[i], name, sizeof name);
        column = column_of(name);
        if (column != EMAIL && column != COLUMNS) {
            take_wish_column(file, column, (int)i);
        }
    }
    find_email_column(file);
    return file->columns[EMAIL] >= 0;
}

/* --- what a record asks for ----------------------------------------------------------------------------- */

static enum ango_organization_role organization_role_of(const char *word)
{
    return ango_text_is(word, "admin") ? ANGO_ORGANIZATION_ADMIN
        : ango_text_is(word, "member") ? ANGO_ORGANIZATION_MEMBER
                                       : (enum ango_organization_role)0;
}

static enum ango_project_role project_role_of(const char *word)
{
    int i;

    for (i = ANGO_PROJECT_MANAGER; i <= ANGO_PROJECT_LEAD; i++) {
        if (ango_text_is(word, ango_project_role_text((enum ango_project_role)i))) {
            return (enum ango_project_role)i;
        }
    }
    return (enum ango_project_role)0;
}

/* Takes the next word of a badge desk's line into the wish; why it cannot. */
static const char *take_word(struct cli_wish *wish, const char *word)
{
    bool project_is_next = wish->project == NULL && !wish->no_project;

    if (organization_role_of(word) != 0 && wish->role == 0 && wish->project_role == 0 && project_is_next) {
        wish->role = organization_role_of(word);
    } else if (project_role_of(word) != 0 && wish->project_role == 0 && project_is_next) {
        wish->project_role = project_role_of(word);
    } else if (strcmp(word, "-") == 0 && project_is_next) {
        wish->no_project = true;
    } else if (project_is_next && (wish->project_role != 0 || strspn(word, "0123456789abcdefABCDEF") >= LEAST_ID)) {
        wish->project = word;
    } else {
        return "behind an address stand, if anything, admin or member, a role in a project, a project";
    }
    return NULL;
}

/* Of a project without one; as the badge desk has it. */
static void take_default_role(struct cli_wish *wish)
{
    if (wish->project != NULL && wish->project_role == 0) {
        wish->project_role = ANGO_PROJECT_LABELER;
    }
}

/* EMAIL [admin|member] [PROJECT-ROLE] [PROJECT] */
static const char *take_words(struct file *file, char *text, struct cli_wish *wish)
{
    const char *why = NULL;
    char *word = strtok(text, " \t");

    if (strchr(word, '@') == NULL) {
        return "it has a blank in it";
    }
    while (why == NULL && (word = strtok(NULL, " \t")) != NULL) {
        why = file->wishes ? take_word(wish, word) : "this command takes no roles and projects from a list";
    }
    take_default_role(wish);
    return why;
}

static const char *column_text(const struct file *file, enum column column)
{
    int i = file->columns[column];

    return i >= 0 && (size_t)i < file->fields_len ? file->fields[i] : "";
}

static const char *take_columns(const struct file *file, struct cli_wish *wish)
{
    const char *role = column_text(file, ROLE);
    const char *project_role = column_text(file, PROJECT_ROLE);

    if (!file->wishes) {
        return NULL;
    }
    wish->role = organization_role_of(role);
    wish->project_role = project_role_of(project_role);
    wish->project = column_text(file, PROJECT)[0] != '\0' ? column_text(file, PROJECT) : NULL;
    if (role[0] != '\0' && wish->role == 0) {
        return "its role is not one: there are member and admin";
    }
    if (project_role[0] != '\0' && wish->project_role == 0) {
        return "its project role is not one: there are Manager, Labeler, Reviewer and Lead";
    }
    take_default_role(wish);
    return NULL;
}

static bool begins_with_role(const char *field)
{
    char word[16] = "";
    size_t len = strcspn(field, " ");

    memcpy(word, field, len < sizeof word ? len : 0);
    return organization_role_of(word) != 0 || project_role_of(word) != 0;
}

/* Without a header, the one field that has an address. */
static const char *pick_field(const struct file *file, char **address)
{
    size_t i;

    for (i = 0; i < file->fields_len; i++) {
        char *field = file->fields[i];
        if (file->wishes && begins_with_role(field)) {
            return "a role or a name? A header tells: email,role,project,project role";
        }
        if (strchr(field, '@') == NULL) {
            continue;
        }
        if (*address != NULL) {
            return "it has two addresses: write one a line, or a header that names the columns";
        }
        *address = field;
    }
    return *address == NULL ? "it has no @" : NULL;
}

static bool is_empty(const struct file *file)
{
    size_t i;

    for (i = 0; i < file->fields_len; i++) {
        if (file->fields[i][0] != '\0') {
            return false;
        }
    }
    return true;
}

/* The address of a record and what is wished for it; why there is none. */
static const char *understand(struct file *file, char **address, struct cli_wish *wish)
{
    const char *why = NULL;

    if (file->has_header) {
        int i = file->columns[EMAIL];
        *address = (size_t)i < file->fields_len ? file->fields[i] : NULL;
        if (*address == NULL || **address == '\0') {
            return "the column of the address is empty";
        }
        why = take_columns(file, wish);
    } else {
        why = pick_field(file, address);
    }
    if (why == NULL) {
        *address = cli_find_in(*address, &why);
    }
    if (why == NULL && !file->has_header && file->fields_len == 1 && strpbrk(*address, " \t") != NULL) {
        why = take_words(file, *address, wish);
    }
    return why != NULL ? why : cli_address_fault(*address);
}

/* --- files ---------------------------------------------------------------------------------------------- */

/* "sep=;" before a table: a spreadsheet's word for its delimiter, and no record. */
static bool take_separator(struct file *file, const char *record)
{
    size_t len = strlen("sep=");

    if (file->records > 0 || file->delimiter != '\0' || !begins_with(record, "sep=") || !is_delimiter(record[len])
        || record[len + 1] != '\0') {
        return false;
    }
    file->delimiter = record[len];
    return true;
}

static int take(struct file *file, char *record)
{
    struct cli_wish wish = { (enum ango_organization_role)0, NULL, (enum ango_project_role)0, false };
    char shown[128], delimiter, *address = NULL;
    const char *why;

    if (record[blanks_len(record)] == '#' || take_separator(file, record)) {
        return CLI_DONE;
    }
    snprintf(shown, sizeof shown, "%s", trim(record));
    delimiter = find_delimiter(record);
    if (file->has_header || file->delimiter != '\0') {
        delimiter = file->delimiter;
    }
    split(file, record, delimiter);
    if (is_empty(file)) {
        return CLI_DONE;
    }
    if (file->records++ == 0 && take_header(file)) {
        file->has_header = true;
        file->delimiter = delimiter;
        tell_columns(file);
        return CLI_DONE;
    }
    why = understand(file, &address, &wish);
    if (why != NULL) {
        cli_refuse_line(file->name, file->line, shown, why);
        return CLI_DONE;
    }
    return cli_add_address(address, &wish, file->name, file->line);
}

static int read_text(struct file *file, size_t len)
{
    char *record;
    int err = CLI_DONE;

    if (strlen(file->next) != len) {
        cli_say("%s holds bytes that no text has: is it the right file? A workbook is to be saved as CSV first",
                file->name);
        return CLI_USAGE;
    }
    while (err == CLI_DONE && (record = take_record(file)) != NULL) {
        err = take(file, record);
    }
    return err;
}

static int read_stream(FILE *stream, struct file *file)
{
    static unsigned char raw[RAW_CAP];
    static char text[RAW_CAP / 2 * 3 + 1];
    size_t len = fread(raw, 1, sizeof raw, stream);

    if (ferror(stream)) {
        cli_say("could not read %s: %s", file->name, strerror(errno));
        return CLI_USAGE;
    }
    if (len == sizeof raw) {
        cli_say("%s is too large for a list of %d addresses: is it the right file?", file->name, CLI_ADDRESSES_MAX);
        return CLI_USAGE;
    }
    file->next = text;
    if (len >= 2 && ((raw[0] == 0xFF && raw[1] == 0xFE) || (raw[0] == 0xFE && raw[1] == 0xFF))) {
        len = from_utf16(raw + 2, len - 2, raw[0] == 0xFE, text);
    } else {
        size_t mark = len >= 3 && memcmp(raw, "\xEF\xBB\xBF", 3) == 0 ? 3 : 0;
        len -= mark;
        memcpy(text, raw + mark, len);
    }
    text[len] = '\0';
    return read_text(file, len);
}

int cli_read_list(const char *name, bool wishes)
{
    static struct file file;
    FILE *stream;
    int err;

    memset(&file, 0, sizeof file);
    file.name = name;
    file.next_line = 1;
    file.wishes = wishes;
    if (strcmp(name, "-") == 0) {
        file.name = "standard input";
        if (isatty(STDIN_FILENO)) {
            cli_say("type one address a line; Ctrl-D ends the list");
        }
        return read_stream(stdin, &file);
    }
    stream = fopen(name, "r");
    if (stream == NULL) {
        cli_say("could not read %s: %s", name, strerror(errno));
        return CLI_USAGE;
    }
    err = read_stream(stream, &file);
    fclose(stream);
    return err;
}
