/* SPDX-License-Identifier: MIT */
/* str_file: the whole of a file as a string. Floor 4, built on str_write. */
#ifndef COW__STR_FILE_H
#define COW__STR_FILE_H

#include "str_write.h"

COW__BEGIN_C
/* Makes *out the whole of a file, or of what a pipe or a device gives until its end. COW_ABSENT when there is no such
   file, COW_IO when it cannot be read; errno says more. O(n).
   Example: assert(!cow_str_from_file(&s, "/no/such/file") && cow_error() == COW_ABSENT); */
COW__API bool cow_str_from_file(cow_str *out, const char *path);
COW__END_C

#endif

#if defined(COW__IMPLEMENT) && !defined(COW__STR_FILE_BODY)
#define COW__STR_FILE_BODY

#include <errno.h>
#include <limits.h>
#include <stdio.h>

COW__BEGIN_C

#define COW__FILE_CHUNK ((size_t)16 << 10)

/* The size a file says it has, as a hint: pipes and devices have none, and others may grow. */
static size_t cow__file_size(FILE *file) {
    long size = fseek(file, 0, SEEK_END) == 0 ? ftell(file) : 0;
    if (fseek(file, 0, SEEK_SET) != 0) clearerr(file);
    return size > 0 && size < LONG_MAX ? (size_t)size : 0;
}

/* Appends what one fread gives; false at the end and on failure. */
static bool cow__str_read_more(cow_str *s, FILE *file, bool *ok) {
    size_t room, n = cow_str_len(s);
    if (cow_str_capacity(s) == n && !(*ok = cow__str_reserve(s, cow__str_growth(n + COW__FILE_CHUNK, n)))) return false;
    char *text = cow__str_in_place(s, &room);
    COW__OPEN(text, room + 1);
    size_t got = fread(text + n, 1, room - n, file);
    cow__str_end(s, n + got);
    cow__str_shut_tail(s);
    if (!got && ferror(file)) *ok = cow__fail(COW_IO);
    return *ok && got;
}

COW__API bool cow_str_from_file(cow_str *out, const char *path) {
    int before = errno;
    FILE *file = fopen(path, "rb");
    if (!file) return cow__fail(errno == ENOENT || errno == ENOTDIR ? COW_ABSENT : COW_IO);
    cow_str s;
    size_t size = cow__file_size(file);
    bool ok = cow_str_new_in(&s, size ? size + 2 : COW__FILE_CHUNK, NULL);
    if (ok) {
        while (cow__str_read_more(&s, file, &ok)) {
        }
        size_t n = cow_str_len(&s);
        if (ok && (n <= COW__STR_INLINE || cow_str_capacity(&s) - n > n / 4)) ok = cow__str_shrink(&s);
        if (ok)
            *out = s;
        else
            cow_str_drop(&s);
    }
    int why = ok ? before : errno;
    (void)fclose(file);
    errno = why;
    return ok;
}

COW__END_C
#endif
