/* SPDX-License-Identifier: MIT */
/* What each peer of suite `string` provides: one whole timed loop per case; NULL where its strings cannot do that. The
 * cases:
 *
 *   literal          make a value of a literal of 40 bytes, drop it
 *   literal_kept     the same for 64 values that stand in memory
 *   copy             copy a string of n bytes, drop the copy
 *   append16         build a string by n appends of 16 bytes without reserving, free it; the length is not a constant
 *   append_literal   the same, with a literal
 *   append_char      the same, one character at a time
 *   slice            take n bytes out of the middle of 100,000 as a value, drop it
 *   equal            compare two equal strings of n bytes
 *   hash             change one byte of a string of n bytes, hash it
 *   hash_again       hash it unchanged
 *   find             look for what is not there
 *   find_strstr      the same with C's strstr as peer, which stops at a NUL
 *   split            a CSV text, lines and then fields of each line; a field is a value in a variable that is used again
 *   split_new        the same, each field a fresh value
 *   split_flat       one pass over the text by the commas alone
 *   split_stream     as split, with std::getline as peer, the way most C++ programs read fields
 *   split_keep       all fields into an array
 *   replace_all, to_upper   on a copy of the text; the copy is dropped
 *   parse_double     read numbers
 *   append_int, append_double   print n numbers behind each other, a comma after each
 *   utf8_valid       check a text
 *   join             n words with ", " between
 */
#ifndef BENCH_STRING_PEER_H
#define BENCH_STRING_PEER_H

#include "../harness.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct string_peer {
    const char *name;
    bench_loop literal, literal_kept, copy, append16, append_literal, append_char, slice, equal, hash, hash_again, find,
        find_strstr, split, split_new, split_flat, split_stream, split_keep, replace_all, to_upper, parse_double,
        append_int, append_double, utf8_valid, join;
} string_peer;

extern const string_peer string_cow, string_libc, string_std, string_qt, string_glib;

#define STRING_LITERAL "this literal has a length of forty bytes"
#define STRING_PIECE "sixteen letters."

enum { STRING_SLICED = 100000 }; /* bytes of the string that slices are taken from */

#define STRING_ABSENT ((size_t)-1)

/* What a splitting loop has seen. Every field is shown to the compiler, so it must exist, bytes and all. */
typedef struct string_fields {
    uint64_t count, bytes, mix;
} string_fields;

static inline void string_see(string_fields *seen, const char *p, size_t n) {
    BENCH_USE(p);
    seen->count++;
    seen->bytes += n;
    seen->mix += n == 0 ? 1 : (unsigned char)p[0] + 3 * (uint64_t)(unsigned char)p[n - 1];
}

static inline uint64_t string_fields_checksum(const string_fields *seen) {
    return seen->count + seen->bytes * 31 + seen->mix * 0x9E3779B97F4A7C15U;
}

#ifdef __cplusplus
}
#endif
#endif
