/* SPDX-License-Identifier: MIT */
#include "registry.h"
#include "harness.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { FIELDS = 4, KEYS = 1 << 24 };

static void *get_memory(size_t count, size_t size) {
    void *p = calloc(count, size);
    if (p == NULL) {
        bench_die("out of memory for the registry");
    }
    return p;
}

static char *read_text(const char *path, size_t *size) {
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        bench_die("cannot read the registry in %s: %s", path, strerror(errno));
    }
    long length = fseek(file, 0, SEEK_END) == 0 ? ftell(file) : -1;
    if (length <= 0 || length >= INT32_MAX) {
        bench_die("%s is not a table", path);
    }
    rewind(file);
    *size = (size_t)length;
    char *text = get_memory(*size, 1);
    if (fread(text, 1, *size, file) != *size) {
        bench_die("cannot read all of %s", path);
    }
    fclose(file);
    return text;
}

/* Reads one field and takes its quotes away where it stands: between two of them anything may stand, and two in a row there
 * mean one. Returns whether another field of the same record follows. */
static bool read_field(char *text, size_t size, size_t *at, bench_text *field) {
    size_t end = *at;
    bool quoted = false;
    field->p = text + end;
    for (; *at < size; (*at)++) {
        char c = text[*at];
        if (c == '"' && !(quoted && *at + 1 < size && text[*at + 1] == '"')) {
            quoted = !quoted;
            continue;
        }
        if (!quoted && c == '\r') { /* a line ends with \r\n or with \n */
            continue;
        }
        if (!quoted && (c == ',' || c == '\n')) {
            break;
        }
        *at += c == '"';
        text[end++] = c;
    }
    field->length = (size_t)(text + end - field->p);
    return *at < size && text[(*at)++] == ',';
}

/* Reads one record; returns how many fields it has. Further ones than FIELDS are read over. */
static int read_record(char *text, size_t size, size_t *at, bench_text field[FIELDS]) {
    bench_text ignored;
    int count = 0;
    for (bool more = true; more; count++) {
        more = read_field(text, size, at, count < FIELDS ? &field[count] : &ignored);
    }
    return count;
}

/* The assignment, or KEYS: then it is no such number, as in the heading. */
static uint32_t key_of(bench_text field) {
    char digits[7] = "";
    char *end = digits;
    if (field.length == 6) {
        memcpy(digits, field.p, 6);
    }
    unsigned long key = strtoul(digits, &end, 16);
    return end == digits + 6 && key < KEYS ? (uint32_t)key : KEYS;
}

static void add_vendor(bench_registry *registry, size_t *room, bench_vendor vendor) {
    if (registry->n == *room) {
        *room = *room == 0 ? 1024 : *room * 2;
        registry->vendor = realloc(registry->vendor, *room * sizeof vendor);
        if (registry->vendor == NULL) {
            bench_die("out of memory for the registry");
        }
    }
    registry->vendor[registry->n++] = vendor;
    uint64_t ends =
        bench_text_ends(vendor.name.p, vendor.name.length) + bench_text_ends(vendor.address.p, vendor.address.length);
    registry->texts += bench_registry_checksum(0, ends, vendor.name.length + vendor.address.length);
}

bench_registry bench_registry_read(const char *path) {
    bench_registry registry = {0};
    bench_text field[FIELDS];
    size_t size = 0;
    size_t room = 0;
    char *text = read_text(path, &size);
    bool *seen = get_memory(KEYS, sizeof *seen);
    for (size_t at = 0; at < size;) {
        if (read_record(text, size, &at, field) != FIELDS) {
            continue;
        }
        bench_vendor vendor = {.key = key_of(field[1]), .name = field[2], .address = field[3]};
        if (vendor.key != KEYS && !seen[vendor.key]) {
            seen[vendor.key] = true;
            add_vendor(&registry, &room, vendor);
        }
    }
    free(seen);
    if (registry.n == 0) {
        bench_die("%s holds no record of the registry", path);
    }
    return registry;
}

static void write_number(size_t number, FILE *out) {
    for (int shift = 24; shift >= 0; shift -= 8) {
        putc((int)(number >> shift & 0xFF), out);
    }
}

void bench_registry_write(const bench_registry *registry, FILE *out) {
    write_number(registry->n, out);
    for (size_t i = 0; i < registry->n; i++) {
        const bench_vendor *vendor = &registry->vendor[i];
        write_number(vendor->key, out);
        write_number(vendor->name.length, out);
        write_number(vendor->address.length, out);
        fwrite(vendor->name.p, 1, vendor->name.length, out);
        fwrite(vendor->address.p, 1, vendor->address.length, out);
    }
    if (fflush(out) != 0 || ferror(out)) {
        bench_die("cannot write the registry to a temporary file: %s", strerror(errno));
    }
}
