/* json_samples.h - documents that RFC 8259 has, and what is close to one but none. Bytes with NULs: use the
 * length. */
#ifndef ANGO_TESTS_JSON_SAMPLES_H
#define ANGO_TESTS_JSON_SAMPLES_H

#include <stddef.h>

struct json_sample {
    const char *name;
    const char *text;
    size_t len;
};

#define SAMPLE(text) { NULL, text, sizeof(text) - 1 }
#define NAMED(name, text) { name, text, sizeof(text) - 1 }

static const struct json_sample json_valid[] = {
    SAMPLE("{}"), SAMPLE("[]"), SAMPLE("[[]]"), SAMPLE("[{}]"), SAMPLE("[[],[]]"), SAMPLE("[[[]],{}]"),
    SAMPLE("null"), SAMPLE("true"), SAMPLE("false"), SAMPLE("[null,true,false]"), SAMPLE("0"), SAMPLE("-0"),
    SAMPLE("7"), SAMPLE("10"), SAMPLE("-1"), SAMPLE("1.5"), SAMPLE("0.0"), SAMPLE("-0.1"), SAMPLE("1e1"),
    SAMPLE("1E1"), SAMPLE("1e+1"), SAMPLE("1e-1"), SAMPLE("0e0"), SAMPLE("-0.0e-00"), SAMPLE("1.25E+007"),
    SAMPLE("1e999"), SAMPLE("123456789012345678901234567890"), SAMPLE("[1,2 ,3]"), SAMPLE("\"\""),
    SAMPLE("\"a\""), SAMPLE("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\""), SAMPLE("\"\\u0041\\u00e9\\u20AC\""),
    SAMPLE("\"\\ud83d\\ude00\""), SAMPLE("\"\\uDBFF\\uDFFF\""), SAMPLE("\"\\uD7FF\\uE000\\uffff\""),
    SAMPLE("\"\\u0000\""),
    NAMED("2 bytes of UTF-8", "\"\xC2\x80\xDF\xBF\""),
    NAMED("3 bytes of UTF-8", "\"\xE0\xA0\x80\xED\x9F\xBF\xEE\x80\x80\xEF\xBF\xBF\""),
    NAMED("4 bytes of UTF-8", "\"\xF0\x90\x80\x80\xF4\x8F\xBF\xBF\""),
    NAMED("DEL in a string", "\"\x7F\""),
    NAMED("space of all kinds", " \t\r\n[ \t\r\n1 \t\r\n, \t\r\n2 \t\r\n] \t\r\n"),
    NAMED("space in an object", " { \"a\" : 1 , \"b\" : [ ] } "),
    SAMPLE("{\"\":0}"), SAMPLE("{\"a\":1,\"a\":2}"), SAMPLE("{\"a\":{\"b\":[{\"c\":null}]}}"),
    SAMPLE("{\"a\\u0000b\":1}"), SAMPLE("[\"]\",\"}\",\":\",\",\"]"),
};

static const struct json_sample json_invalid[] = {
    NAMED("nothing", ""),
    NAMED("only space", " \r\n\t"),
    /* numbers */
    SAMPLE("-"), SAMPLE("[-]"), SAMPLE("+1"), SAMPLE("01"), SAMPLE("[012]"), SAMPLE("-01"), SAMPLE("00"),
    SAMPLE("1."), SAMPLE(".5"), SAMPLE("-.5"), SAMPLE("1.e1"), SAMPLE("1e"), SAMPLE("1e+"), SAMPLE("1E-"),
    SAMPLE("1e1.5"), SAMPLE("1.2.3"), SAMPLE("0x42"), SAMPLE("[1+2]"), SAMPLE("--1"), SAMPLE("- 1"),
    SAMPLE("1 000"), SAMPLE("1_0"), SAMPLE("0b1"), SAMPLE("1f"), SAMPLE("Infinity"), SAMPLE("-Infinity"),
    SAMPLE("NaN"), SAMPLE("-NaN"), SAMPLE("1eE2"), SAMPLE("0e"), SAMPLE("2.e"),
    NAMED("a fullwidth digit", "\xEF\xBC\x91"),
    /* commas */
    SAMPLE("[1,]"), SAMPLE("[,1]"), SAMPLE("[,]"), SAMPLE("[1,,2]"), SAMPLE("[1 2]"),
    SAMPLE("[\"a\" \"b\"]"), SAMPLE("[[] []]"), SAMPLE("{\"a\":1,}"), SAMPLE("{,\"a\":1}"), SAMPLE("{,}"),
    SAMPLE("{\"a\":1,,\"b\":2}"), SAMPLE("{\"a\":1 \"b\":2}"), SAMPLE("[1],"), SAMPLE(",[1]"),
    SAMPLE("1,2"), SAMPLE("{},"), SAMPLE("[1;2]"),
    /* colons */
    SAMPLE("{\"a\" 1}"), SAMPLE("{\"a\" \"b\"}"), SAMPLE("{\"a\"::1}"), SAMPLE("{\"a\":}"),
    SAMPLE("{\"a\"}"), SAMPLE("{:1}"), SAMPLE("{\"a\",1}"), SAMPLE("[\"a\":1]"), SAMPLE("{\"a\":1:2}"),
    SAMPLE(":{}"), SAMPLE("{}:}"), SAMPLE("{\"a\":b}"), SAMPLE("{\"a\"=1}"), SAMPLE("\"a\":1"),
    SAMPLE("{\"a\":1:}"),
    /* names */
    SAMPLE("{a:1}"), SAMPLE("{'a':1}"), SAMPLE("{1:1}"), SAMPLE("{null:1}"), SAMPLE("{[]:1}"),
    SAMPLE("{{}:1}"),
    /* brackets */
    SAMPLE("["), SAMPLE("{"), SAMPLE("]"), SAMPLE("}"), SAMPLE("[}"), SAMPLE("{]"), SAMPLE("[[]"),
    SAMPLE("[]]"), SAMPLE("{}}"), SAMPLE("[1}"), SAMPLE("{\"a\":1]"), SAMPLE("{\"a\":[}"), SAMPLE("[1"),
    SAMPLE("{\"a\":1"), SAMPLE("{\"a\":"), SAMPLE("{\"a\""), SAMPLE("[1,"), SAMPLE("{\"a\":1,"),
    SAMPLE("(1)"), SAMPLE("<1>"),
    /* literals */
    SAMPLE("tru"), SAMPLE("[tru]"), SAMPLE("truth"), SAMPLE("True"), SAMPLE("TRUE"), SAMPLE("fals"),
    SAMPLE("nul"), SAMPLE("nulll"), SAMPLE("nil"), SAMPLE("undefined"), SAMPLE("[thanx]"),
    SAMPLE("truefalse"), SAMPLE("t"), SAMPLE("abc"), SAMPLE("*"),
    /* strings */
    SAMPLE("\""), SAMPLE("\"a"), SAMPLE("'a'"), SAMPLE("\"\\\""), SAMPLE("\"\\x41\""), SAMPLE("\"\\'\""),
    SAMPLE("\"\\0\""), SAMPLE("\"\\a\""), SAMPLE("\"\\U0041\""), SAMPLE("\"\\u\""), SAMPLE("\"\\u1\""),
    SAMPLE("\"\\u12\""), SAMPLE("\"\\u123\""), SAMPLE("\"\\u12G4\""), SAMPLE("\"\\u-123\""),
    SAMPLE("\"\\u 123\""), SAMPLE("\"\\"), SAMPLE("\"\\u00"), SAMPLE("\"a\"b\""), SAMPLE("\\u0022a\\u0022"),
    SAMPLE("\"a\\"),
    NAMED("newline in a string", "\"a\nb\""),
    NAMED("tab in a string", "\"a\tb\""),
    NAMED("0x1F in a string", "\"a\x1F"
                              "b\""),
    NAMED("0x01 in a name", "{\"\x01\":1}"),
    NAMED("escaped newline", "\"\\\n\""),
    /* documents */
    SAMPLE("1 2"), SAMPLE("{}{}"), SAMPLE("[][]"), SAMPLE("{} []"), SAMPLE("\"a\"\"b\""), SAMPLE("[1]x"),
    SAMPLE("{} //"), SAMPLE("/**/{}"), SAMPLE("{}/**/"), SAMPLE("#\n{}"), SAMPLE("[1]]"),
    SAMPLE("null null"), SAMPLE("{}\n{}"),
    /* space that JSON does not have */
    NAMED("form feed", "\f[]"),
    NAMED("vertical tab", "[\v]"),
    NAMED("no-break space", "[\xC2\xA0]"),
    NAMED("U+2028", "[\xE2\x80\xA8]"),
    NAMED("backspace", "[\b]"),
    NAMED("0x1C", "[\x1C]"),
    NAMED("DEL", "[\x7F]"),
    NAMED("U+FEFF inside", "[\xEF\xBB\xBF]"),
};

/* Row 62: each of them between quotes is no JSON. */
static const struct json_sample json_bad_utf8[] = {
    NAMED("80 alone", "\x80"),
    NAMED("BF alone", "\xBF"),
    NAMED("C0 80, overlong NUL", "\xC0\x80"),
    NAMED("C1 BF, overlong", "\xC1\xBF"),
    NAMED("C2 at the end", "\xC2"),
    NAMED("C2 41", "\xC2\x41"),
    NAMED("C2 C2", "\xC2\xC2"),
    NAMED("E0 80 80, overlong", "\xE0\x80\x80"),
    NAMED("E0 9F BF, overlong", "\xE0\x9F\xBF"),
    NAMED("E2 82 at the end", "\xE2\x82"),
    NAMED("E2 28 A1", "\xE2\x28\xA1"),
    NAMED("E2 82 28", "\xE2\x82\x28"),
    NAMED("ED A0 80, surrogate", "\xED\xA0\x80"),
    NAMED("ED BF BF, surrogate", "\xED\xBF\xBF"),
    NAMED("ED A0 BD ED B8 80, CESU-8", "\xED\xA0\xBD\xED\xB8\x80"),
    NAMED("F0 80 80 80, overlong", "\xF0\x80\x80\x80"),
    NAMED("F0 8F BF BF, overlong", "\xF0\x8F\xBF\xBF"),
    NAMED("F4 90 80 80, past U+10FFFF", "\xF4\x90\x80\x80"),
    NAMED("F0 9F 98 at the end", "\xF0\x9F\x98"),
    NAMED("F0 9F 28 80", "\xF0\x9F\x28\x80"),
    NAMED("F0 9F 98 28", "\xF0\x9F\x98\x28"),
    NAMED("F5 80 80 80", "\xF5\x80\x80\x80"),
    NAMED("F8 88 80 80 80", "\xF8\x88\x80\x80\x80"),
    NAMED("FC", "\xFC\x84\x80\x80\x80\x80"),
    NAMED("FE", "\xFE"),
    NAMED("FF", "\xFF"),
    NAMED("Latin-1", "caf\xE9"),
    NAMED("high, then half an escape", "\\ud83d\\ude0"),
    NAMED("half an escape at the end", "\\ud83"),
};

/* Row 129: each of them between quotes is JSON. `text` is what it becomes when it is handed out. */
static const struct {
    const char *json;
    const char *text;
} json_half_surrogates[] = {
    { "\\ud800", "\xEF\xBF\xBD" },
    { "\\udc00", "\xEF\xBF\xBD" },
    { "\\udfff", "\xEF\xBF\xBD" },
    { "a\\uD83D", "a\xEF\xBF\xBD" },
    { "\\ud83dx", "\xEF\xBF\xBDx" },
    { "\\ud83d\\n", "\xEF\xBF\xBD\n" },
    { "\\ud83d\\ud83d", "\xEF\xBF\xBD\xEF\xBF\xBD" },
    { "\\ude00\\ud83d", "\xEF\xBF\xBD\xEF\xBF\xBD" },
    { "\\udbff\\u0041", "\xEF\xBF\xBD" "A" },
    { "\\ud800\\ue000", "\xEF\xBF\xBD\xEE\x80\x80" },
    { "\\ud83d\\\\", "\xEF\xBF\xBD\\" },
    { "\\ud83d\\\"", "\xEF\xBF\xBD\"" },
    { "\\ud83d\\ud83d\\ude00", "\xEF\xBF\xBD\xF0\x9F\x98\x80" },
    { "\\ud83d\\ude00\\ude00", "\xF0\x9F\x98\x80\xEF\xBF\xBD" },
    { "\\ud83d\xF0\x9F\x98\x80", "\xEF\xBF\xBD\xF0\x9F\x98\x80" },
    { "\\ud800\\\\udc00", "\xEF\xBF\xBD\\udc00" },
};

/* Row 129: half of a surrogate pair is JSON; U+FFFD stands for it in what is handed out. */
static const struct {
    struct json_sample sample;
    const char *read;
} json_half_pairs[] = {
    { NAMED("high surrogate alone", "\\ud800"), "\xEF\xBF\xBD" },
    { NAMED("low surrogate alone", "\\udc00"), "\xEF\xBF\xBD" },
    { NAMED("high, then text", "\\ud83dx"), "\xEF\xBF\xBDx" },
    { NAMED("high, then another escape", "\\ud83d\\/"), "\xEF\xBF\xBD/" },
    { NAMED("high twice", "\\ud83d\\ud83d"), "\xEF\xBF\xBD\xEF\xBF\xBD" },
    { NAMED("high twice, then low", "\\ud83d\\ud83d\\ude00"), "\xEF\xBF\xBD\xF0\x9F\x98\x80" },
    { NAMED("low before high", "\\ude00\\ud83d"), "\xEF\xBF\xBD\xEF\xBF\xBD" },
    { NAMED("high, then a letter", "\\udbff\\u0041"), "\xEF\xBF\xBD\x41" },
    { NAMED("high, then U+E000", "\\ud800\\ue000"), "\xEF\xBF\xBD\xEE\x80\x80" },
    { NAMED("high, then a backslash", "\\ud83d\\\\"), "\xEF\xBF\xBD\\" },
    { NAMED("in the middle", "a\\uDFFFb"), "a\xEF\xBF\xBD" "b" },
};

#define SAMPLES(list) (sizeof(list) / sizeof(list)[0])

#endif
