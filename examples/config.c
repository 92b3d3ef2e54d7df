/* SPDX-License-Identifier: MIT */
/* A configuration that one thread reloads and many threads read.
 *
 * The configuration is a map in a cell. A worker looks at it for every request, through a cached reader: that is one load as long as
 * nothing was reloaded, and no lock, no count and no copy at any time. The reloading thread reads versions of "name = value" lines from
 * standard input, separated by lines "---", and stores each as one; a malformed version is refused and the old one stays. It waits
 * until every worker has served requests under a version before it loads the next, so that the output is always the same.
 *
 * The program checks itself: each version says its number, and a worker must never see halves of two versions. */
#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#define COW_IMPLEMENTATION
#define COW_MAP settings, cow_str, cow_str
#include "cow/cow.h"
#define COW_CELL settings_cell, settings
#include "cow/cow.h"

enum { workers = 4, requests_each = 1000, second = 1000000000 };

static settings_cell current;
static cow_str_cell history; /* cells of strings come along */
static atomic_bool stopping;

/* The version under which each worker has served its requests: cells, for the reloading thread to wait for. */
#define COW_CELL served_cell, int64_t
#include "cow/cow.h"
static served_cell served[workers];

static void die(const char *what) {
    fprintf(stderr, "config: %s: %s\n", what, cow_error_text(cow_error()));
    exit(1);
}

/* ---- Parsing ---- */

/* The bytes [begin, end) of a line, without the space around them. */
static cow_str trimmed(const cow_str *line, size_t begin, size_t end) {
    cow_str part = cow_str_slice(line, begin, end), out = cow_str_trim(&part);
    cow_str_drop(&part);
    return out;
}

/* Adds "name = value" to *all. False for anything else. */
static bool parse_line(settings *all, const cow_str *line) {
    size_t at = cow_str_find_byte(line, '=', 0);
    if (at == COW_NPOS) return false;
    cow_str name = trimmed(line, 0, at), value = trimmed(line, at + 1, cow_str_len(line));
    if (!cow_str_is_empty(&name) && settings_put(all, name, value)) return true;
    cow_str_drop(&name);
    cow_str_drop(&value);
    return false;
}

/* The number of a setting; -1 when it is missing or no number. */
static int64_t number_of(const settings *all, const char *name) {
    cow_str key = cow_str_borrow(name, strlen(name));
    const cow_str *text = settings_get(all, &key);
    int64_t number;
    return text && cow_str_parse_int(text, 10, &number, NULL) ? number : -1;
}

/* What makes a configuration fit for use. */
static bool is_valid(const settings *all) {
    return number_of(all, "version") > 0 && number_of(all, "pool.min") <= number_of(all, "pool.max");
}

/* Reads the next version; false at the end of the input. */
static bool read_version(settings *out, bool *valid) {
    char text[256];
    bool any = false;
    *valid = true;
    while (fgets(text, sizeof text, stdin)) {
        cow_str whole;
        if (!cow_str_from(&whole, text)) die("no memory");
        cow_str line = trimmed(&whole, 0, cow_str_len(&whole));
        cow_str_drop(&whole);
        bool end = cow_str_is(&line, "---");
        if (!end && !cow_str_is_empty(&line) && !parse_line(out, &line)) *valid = false;
        cow_str_drop(&line);
        any = true;
        if (end) break;
    }
    *valid = *valid && is_valid(out);
    return any;
}

/* ---- Serving ---- */

/* Every setting of a version is derived from its number. */
static void serve(const settings *now) {
    int64_t version = number_of(now, "version");
    if (number_of(now, "pool.min") != version * 2 || number_of(now, "pool.max") != version * 10)
        die("settings of two versions were mixed");
}

static void *work(void *own) {
    served_cell *mine = own;
    settings_cell_reader reader = {0};
    int64_t version = 0;
    for (int requests = 0; !stopping;) {
        const settings *now = settings_cell_cached(&current, &reader);
        if (!now) die("no memory");
        serve(now);
        if (number_of(now, "version") != version) {
            version = number_of(now, "version");
            requests = 0;
        }
        if (++requests == requests_each && !served_cell_store(mine, version)) die("no memory");
    }
    settings_cell_idle(&reader);
    return mine;
}

/* Waits until a worker has served requests under `version`. */
static void wait_for(served_cell *one, int64_t version) {
    for (;;) {
        served_cell_guard g;
        size_t changes = served_cell_version(one);
        if (!served_cell_borrow(one, &g)) die("no memory");
        bool there = *g.value == version;
        served_cell_end(&g);
        if (there) return;
        served_cell_wait(one, changes, second);
    }
}

static bool record(cow_str *text, void *version) {
    return cow_str_append_format(text, "%sversion %" PRId64, cow_str_is_empty(text) ? "" : ", then ",
                                 *(int64_t *)version);
}

/* ---- Reloading ---- */

/* Publishes a version and waits until it is in use. */
static void reload(settings all, pthread_t *threads) {
    int64_t version = number_of(&all, "version");
    bool first = settings_cell_version(&current) == 0;
    if (!settings_cell_store(&current, all) || !cow_str_cell_update(&history, record, &version)) die("cannot store");
    for (int i = 0; first && i < workers; i++)
        if (pthread_create(&threads[i], NULL, work, &served[i]) != 0) die("no thread");
    for (int i = 0; i < workers; i++) wait_for(&served[i], version);
    printf("version %" PRId64 ": %d workers served %d requests each\n", version, workers, requests_each);
}

int main(void) {
    pthread_t threads[workers];
    settings all = {0};
    for (bool valid; read_version(&all, &valid); all = (settings){0}) {
        if (valid) {
            reload(all, threads);
        } else {
            printf("a version was refused: the old one stays\n");
            settings_drop(&all);
        }
    }
    stopping = true;
    for (int i = 0; settings_cell_version(&current) && i < workers; i++) pthread_join(threads[i], NULL);
    cow_str versions;
    if (!cow_str_cell_load(&history, &versions)) die("no memory");
    printf("used: " COW_STR_FMT "\n", COW_STR_ARG(&versions));
    cow_str_drop(&versions);
    cow_str_cell_drop(&history);
    settings_cell_drop(&current);
    for (int i = 0; i < workers; i++) served_cell_drop(&served[i]);
    return 0;
}
