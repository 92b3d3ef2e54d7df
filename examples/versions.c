/* SPDX-License-Identifier: MIT */
/* A table of 32,000 rows in a thousand versions, all of them alive: undo and redo walk between them.
 *
 *     versions [-c] [FILE]        -c: checks only, no figures
 *
 * FILE is the registry of network cards, as Debian's package ieee-data installs it. Every version is the whole table: the
 * handle of the one before is copied, and the copy edited. What both have in common exists once. Nobody writes down what
 * an edit did: what differs between two versions can be asked afterwards, in as little time as there is difference. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COW_IMPLEMENTATION
#define COW_ARRAY assignments, cow_str
#include "cow/cow.h"

typedef struct maker {
    cow_str name, address;
} maker;

static bool maker_copy(maker *to, const maker *from) {
    *to = (maker){cow_str_copy(&from->name), cow_str_copy(&from->address)};
    return true;
}

static void maker_drop(maker *m) {
    cow_str_drop(&m->name);
    cow_str_drop(&m->address);
}

static bool maker_equal(const maker *a, const maker *b) {
    return cow_str_equal(&a->name, &b->name) && cow_str_equal(&a->address, &b->address);
}

#define COW_MAP registry, cow_str, maker
#define COW_VALUE_COPY maker_copy
#define COW_VALUE_DROP maker_drop
#define COW_VALUE_EQUAL maker_equal
#include "cow/cow.h"

#define COW_ARRAY sizes, size_t
#include "cow/cow.h"
#define COW_ARRAY versions, registry /* maps are elements like any other value */
#include "cow/cow.h"

enum { days = 1000, moves_a_day = 3, shown_every = 200 };

static void die(const char *what) {
    fprintf(stderr, "versions: %s: %s\n", what, cow_error_text(cow_error()));
    exit(1);
}

/* ---- An allocator that counts, so that nobody has to believe what a version costs ---- */

static size_t in_use;

static void *allocate(void *unused, size_t size) {
    (void)unused;
    in_use += size;
    return malloc(size);
}

static void release(void *unused, void *p, size_t size) {
    (void)unused;
    in_use -= size;
    free(p);
}

static const cow_alloc counting = {.alloc = allocate, .release = release};

/* ---- Reading ---- */

/* The next field of a CSV text that is cut at commas, quotes and line ends (\n or \r\n). Inside quotes the others are text,
 * and two quotes in a row mean one. Returns what ended the field; *field is initialised. */
static int next_field(cow_str_split *pieces, cow_str *field) {
    cow_str piece = {0};
    bool quoted = false;
    int end = 0;
    cow_str_clear(field);
    while (cow_str_split_next(pieces, &piece)) {
        bool doubled = end == '"' && !quoted && cow_str_is_empty(&piece);
        end = cow_str_split_ended_by(pieces);
        if (!cow_str_append_str(field, &piece)) die("a field");
        if (!quoted && end != '"' && end != '\r') break;
        bool is_text = end == '"' ? doubled : quoted && end >= 0;
        if (is_text && !cow_str_append_byte(field, (char)end)) die("a field");
        quoted = quoted != (end == '"');
    }
    cow_str_drop(&piece);
    return end;
}

/* The fields Registry, Assignment, Organization Name and Organization Address of one line. */
static bool next_line(cow_str_split *pieces, cow_str field[4]) {
    int end = ',';
    int n = 0;
    for (; n < 4 && end == ','; n++) end = next_field(pieces, &field[n]);
    return n == 4;
}

/* Enters a maker unless its assignment is there. Notes the order of entry in *order. */
static void enter(registry *all, assignments *order, cow_str field[4]) {
    cow_str key = cow_str_move(&field[1]);
    maker m = {cow_str_move(&field[2]), cow_str_move(&field[3])};
    if (registry_contains(all, &key)) {
        cow_str_drop(&key);
        maker_drop(&m);
        return;
    }
    if (!assignments_push(order, cow_str_copy(&key)) || !registry_put(all, key, m)) die("a row");
}

static registry read_registry(const char *path, assignments *order) {
    cow_str text = {0};
    if (!cow_str_from_file(&text, path)) {
        if (cow_error() == COW_NOMEM) die(path);
        fprintf(stderr, "versions: %s: %s\n", path, strerror(errno)); /* which knows more about files */
        exit(1);
    }
    cow_str_split pieces = cow_str_split_any(&text, ",\"\r\n");
    cow_str field[4] = {0};
    registry all;
    if (!registry_new_in(&all, &counting)) die("a table");
    assignments_clear(order);
    next_line(&pieces, field); /* the heading */
    while (next_line(&pieces, field)) enter(&all, order, field);
    for (int i = 0; i < 4; i++) cow_str_drop(&field[i]);
    cow_str_split_drop(&pieces);
    cow_str_drop(&text);
    return all;
}

/* ---- A day of the registry: some makers move, one gives its assignment back, one gets its first. ---- */

static void move_house(registry *now, const cow_str *key, size_t day) {
    maker *m = registry_mut(now, key);
    if (!m || !cow_str_append_format(&m->address, "(moved on day %zu)", day)) die("a move");
}

static void live_a_day(registry *now, const assignments *order, size_t day) {
    size_t first = days + day * moves_a_day;
    for (size_t i = first; i < first + moves_a_day; i++) move_house(now, assignments_get(order, i), day);
    if (!registry_erase(now, assignments_get(order, day))) die("a farewell");
    maker m = {0};
    cow_str key = {0};
    if (!cow_str_from_format(&key, "day %zu", day) || !cow_str_from_format(&m.name, "Newcomer %zu", day) ||
        !registry_put(now, key, m)) {
        die("a newcomer");
    }
}

/* ---- Undo and redo ---- */

typedef struct history {
    versions all;
    sizes made; /* bytes that were allocated to make each of them */
    size_t at;  /* the present version; those behind it are its future */
} history;

static const registry *present(const history *h) { return versions_get(&h->all, h->at); }

static bool undo(history *h) {
    if (h->at == 0) return false;
    h->at--;
    return true;
}

static bool redo(history *h) {
    if (h->at + 1 == versions_len(&h->all)) return false;
    h->at++;
    return true;
}

/* Adds a first version, or a new present. Its future is open: versions that were undone are forgotten. */
static void commit(history *h, registry next, size_t bytes) {
    size_t n = versions_is_empty(&h->all) ? 0 : h->at + 1;
    if (!versions_truncate(&h->all, n) || !sizes_truncate(&h->made, n)) die("the future");
    if (!versions_push(&h->all, next) || !sizes_push(&h->made, bytes)) die("a version");
    h->at = n;
}

static void record_a_day(history *h, const assignments *order, size_t day) {
    size_t before = in_use;
    registry next = registry_copy(present(h));
    live_a_day(&next, order, day);
    commit(h, next, in_use - before);
}

/* ---- What differs, and what it costs ---- */

typedef struct difference {
    size_t added, removed, changed;
} difference;

static bool count_difference(const registry_pair *was, const registry_pair *is, void *context) {
    difference *d = context;
    d->added += !was;
    d->removed += !is;
    d->changed += was && is;
    return true;
}

static difference between(const registry *was, const registry *is) {
    difference d = {0};
    registry_diff(was, is, count_difference, &d);
    return d;
}

/* Texts are not in these figures: they share on their own. */
static void print_memory(const history *h) {
    printf("version   rows   bytes of it   also in the first   made for it\n");
    for (size_t i = 0; i < versions_len(&h->all); i++) {
        const registry *v = versions_get(&h->all, i);
        if (i % shown_every != 0 && i != 1) continue;
        printf("%7zu  %5zu  %12zu  %18zu  %12zu\n", i, registry_len(v), registry_bytes(v),
               registry_bytes_shared(v, versions_get(&h->all, 0)), sizes_at(&h->made, i));
    }
    printf("all of them: %.1f MB; %zu tables of their own would be %.1f MB\n", (double)in_use / 1e6,
           versions_len(&h->all), (double)(versions_len(&h->all) * sizes_at(&h->made, 0)) / 1e6);
}

static const char *yes_or_no(bool yes) { return yes ? "yes" : "no"; }

static void check_memory(const history *h) {
    size_t most = 0;
    COW_EACH (size_t, bytes, &h->made) {
        if (bytes != sizes_data(&h->made) && *bytes > most) most = *bytes;
    }
    printf("every version takes less than a fiftieth of the table: %s\n", yes_or_no(most < sizes_at(&h->made, 0) / 50));
}

/* To the one end or the other; counts what each step changes. */
static void walk(history *h, bool (*step)(history *), const char *name) {
    difference sum = {0};
    size_t steps = 0;
    for (const registry *was = present(h); step(h); was = present(h), steps++) {
        difference d = between(was, present(h));
        sum.added += d.added;
        sum.removed += d.removed;
        sum.changed += d.changed;
    }
    printf("%s %zu times: %zu rows come, %zu go, %zu change\n", name, steps, sum.added, sum.removed, sum.changed);
}

int main(int argc, char **argv) {
    bool checks_only = argc > 1 && strcmp(argv[1], "-c") == 0;
    const char *path = argc > 1 + checks_only ? argv[1 + checks_only] : "/usr/share/ieee-data/oui.csv";
    assignments order = {0};
    history h = {0};
    registry first = read_registry(path, &order);
    if (assignments_len(&order) < days * (1 + moves_a_day)) {
        fprintf(stderr, "versions: %s: too few rows\n", path);
        return 1;
    }
    commit(&h, first, in_use);
    for (size_t day = 0; day < days; day++) record_a_day(&h, &order, day);
    if (checks_only) {
        check_memory(&h);
    } else {
        print_memory(&h);
    }

    registry alone = read_registry(path, &order);
    walk(&h, undo, "undo");
    printf("the first version is what the file says: %s\n", yes_or_no(registry_equal(present(&h), &alone)));
    walk(&h, redo, "redo");
    /* The same days without any other version: every write is in place. */
    for (size_t day = 0; day < days; day++) live_a_day(&alone, &order, day);
    printf("the last version is what the same edits make of one table: %s\n",
           yes_or_no(registry_equal(present(&h), &alone)));

    for (int i = 0; i < days / 2; i++) undo(&h);
    record_a_day(&h, &order, days / 2); /* another future: the old one is forgotten, and its memory given back */
    printf("versions after half the way back and another edit: %zu\n", versions_len(&h.all));

    registry_drop(&alone);
    versions_drop(&h.all);
    sizes_drop(&h.made);
    assignments_drop(&order);
    if (in_use > 0) printf("%zu bytes are left\n", in_use);
    return in_use > 0;
}
