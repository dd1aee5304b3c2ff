"""What breaks memory safety, and the proof that has to notice: at least two places of each file that is proved."""
from collections import namedtuple

Mutant = namedtuple("Mutant", "file old new proof")

MUTANTS = [
    Mutant("text.c", "if (*a == '\\0')", "if (*a == '\\1')", "text:text_is"),
    Mutant("text.c", "for (; *text >= '0' && *text <= '9'; text++)", "for (; *text <= '9'; text++)", "text:read_number"),
    Mutant("text.c", "for (; *text != '\\0'; text++)", "for (; *text != '\\1'; text++)", "text:hash"),
    Mutant("text.c", "for (; len > 0; len--)", "for (len++; len > 0; len--)", "text:crc32"),
    Mutant("utf8.c", "if (p[i] < 0x80 || p[i] > 0xBF)", "if (p[i] > 0xBF)", "text:utf8_len"),
    Mutant("utf8.c", "return lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;", "return lead < 0xE0 ? 3 : 4;", "text:utf8_put"),
    Mutant("utf8.h", "if (code_point >= 0x800) {", "if (code_point >= 0x700) {", "text:utf8_put"),
    Mutant("json_text.c", "if (digit > 15)", "if (digit > 16)", "text:json_escape"),
    Mutant("json_text.c", "sizeof names - 1", "sizeof names + 1", "text:json_escape"),
    Mutant("calendar.c", "strlen(text) != strlen(", "strlen(text) == strlen(", "text:date"),
    Mutant("calendar.c", "if (month > 12)", "if (month > 13)", "text:date"),
    Mutant("request.c", "if (end >= len && end <= q->cap)", "if (end >= len && end <= q->cap + 1)", "request:write_bytes"),
    Mutant("request.c", "if (end >= len && end", "if (end", "request:write_bytes"),
    Mutant("request.c", "1 + 3 * sizeof number", "2 * sizeof number", "request:write_number"),
    Mutant("request.c", "text += n;\n    }", "text += n + 1;\n    }", "request:write_string"),
    Mutant("request.c", "id[0] == '.' && (id[1]", "(id[1]", "request:write_segment"),
    Mutant("request.c", "*prefix == '/'", "*prefix != 'x'", "request:prefix_ok"),
    Mutant("request.c", "if (ango_request_end(q) != ANGO_OK)", "if (q->err != ANGO_OK)", "request:end_body"),
    Mutant("request.c", "LENGTH_DIGITS \"1234567890\"", "LENGTH_DIGITS \"12345678\"", "request:end_body"),
]
