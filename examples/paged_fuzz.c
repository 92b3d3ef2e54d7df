/* SPDX-License-Identifier: MIT */
/* Fuzzing what has state: the state lives in a region, and after each input cow_paged_restore takes it back.
 *
 *     paged_fuzz [-m]
 *
 * The target is a small server of texts: it is born with 30,000 of them, which takes milliseconds, and each input is a
 * session that sets some, removes some, and asks for some. A fuzzer must begin each session with the same state, or what
 * it finds cannot be repeated. Three ways to get there are compared: to restore a snapshot of the state, to build the state
 * again, and a fork server, which runs each input in a child. The program checks that they give the same results, and that
 * leaving the state as it is does not. With -m it measures them.
 *
 * The same file is a target for fuzzers, who bring a main. cow itself is compiled apart from it, without their counters:
 *
 *     FLAGS="-g -O1 -I. -fsanitize=address,undefined -DFUZZING_BUILD_MODE_UNSAFE_FOR_PRODUCTION"
 *     clang $FLAGS -D_GNU_SOURCE -DCOW_PAGED -DCOW_IMPLEMENTATION -x c -c cow/cow.h -o cow.o
 *     clang $FLAGS -fsanitize=fuzzer examples/paged_fuzz.c cow.o -o target && ./target corpus/
 */
#define _GNU_SOURCE
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define COW_PAGED
#ifndef FUZZING_BUILD_MODE_UNSAFE_FOR_PRODUCTION
#define COW_IMPLEMENTATION /* else in a file of its own, as said above */
#endif
#include "cow/cow.h"

/* ---- The target: a server of texts ---- */

enum { state_bytes = 8 << 20, texts = 30000, buckets = 1 << 15, longest_text = 1000 };

/* Pointers are plain ones: what is restored stands where it stood. */
typedef struct entry {
    struct entry *next;
    uint32_t key_n, text_n;
    char bytes[]; /* the key, then its text */
} entry;

/* All that lasts from one command to the next. What would be a global variable elsewhere stands here as well. */
typedef struct state {
    uint64_t n, commands;
    entry *bucket[buckets];
} state;

static state *state_of(const cow_paged *r) { return cow_heap_root(cow_paged_data(r)); }

/* Results are hashed: of replies, and of the state where it can be seen in a word. */
static uint64_t add_to_hash(uint64_t hash, const void *bytes, size_t n) {
    const unsigned char *p = bytes;
    for (size_t i = 0; i < n; i++) hash = (hash ^ p[i]) * 0x100000001B3U;
    return hash;
}

static uint64_t hash_of(const cow_str *text) {
    return add_to_hash(0xCBF29CE484222325U, cow_str_data(text), cow_str_len(text));
}

/* The pointer that leads to the entry of this key, or that is NULL where it would be. */
static entry **find(state *st, const cow_str *key) {
    entry **at = &st->bucket[hash_of(key) % buckets];
    for (; *at; at = &(*at)->next) {
        if ((*at)->key_n == cow_str_len(key) && memcmp((*at)->bytes, cow_str_data(key), (*at)->key_n) == 0) break;
    }
    return at;
}

static void remove_text(cow_paged *r, const cow_str *key) {
    entry **at = find(state_of(r), key), *old = *at;
    if (!old) return;
    *at = old->next;
    cow_heap_free(r, old);
    state_of(r)->n--;
}

static void set_text(cow_paged *r, const cow_str *key, const cow_str *text) {
    size_t key_n = cow_str_len(key), text_n = cow_str_len(text);
    entry *e = text_n <= longest_text ? cow_heap_alloc(r, sizeof *e + key_n + text_n) : NULL;
    if (!e) return;
    e->key_n = (uint32_t)key_n;
    e->text_n = (uint32_t)text_n;
    memcpy(e->bytes, cow_str_data(key), key_n);
    memcpy(e->bytes + key_n, cow_str_data(text), text_n);
    remove_text(r, key);
    entry **at = find(state_of(r), key);
    e->next = *at;
    *at = e;
    state_of(r)->n++;
}

static uint64_t reply_text(cow_paged *r, const cow_str *key, uint64_t hash) {
    const entry *e = *find(state_of(r), key);
    return e ? add_to_hash(hash, e->bytes + e->key_n, e->text_n) : add_to_hash(hash, "?", 1);
}

/* One command: "KEY=TEXT", "-KEY" or "KEY". */
static uint64_t serve_line(cow_paged *r, const cow_str *line, uint64_t hash) {
    size_t mark = cow_str_find_byte(line, '=', 0);
    bool sets = mark != COW_NPOS, removes = !sets && cow_str_len(line) && cow_str_data(line)[0] == '-';
    cow_str key = cow_str_slice(line, removes, sets ? mark : cow_str_len(line));
    cow_str text = cow_str_slice(line, sets ? mark + 1 : cow_str_len(line), cow_str_len(line));
    state_of(r)->commands++;
    if (sets) set_text(r, &key, &text);
    if (removes) remove_text(r, &key);
    hash = reply_text(r, &key, hash);
    cow_str_drop(&key);
    cow_str_drop(&text);
    return hash;
}

/* One session: a line for each command. Its result depends on the input, and on the state it begins with. */
static uint64_t serve(cow_paged *r, const void *input, size_t size) {
    cow_str text = cow_str_borrow(input, size), line = {0};
    uint64_t hash = 0;
    cow_str_split it = cow_str_split_byte(&text, '\n');
    while (cow_str_split_next(&it, &line)) hash = serve_line(r, &line, hash);
    cow_str_split_drop(&it);
    cow_str_drop(&line);
    cow_str_drop(&text);
    uint64_t seen[] = {state_of(r)->n, state_of(r)->commands, cow_heap_used(cow_paged_data(r))};
    for (size_t i = 0; i < 3; i++) hash = (hash ^ seen[i]) * 0x100000001B3U;
    return hash;
}

static void die(const char *what) {
    fprintf(stderr, "paged_fuzz: %s: %s\n", what, cow_error_text(cow_error()));
    abort();
}

/* What takes long. */
static void build(cow_paged *r) {
    if (!cow_heap_begin(r)) die("cannot begin a heap");
    state *st = cow_heap_alloc(r, sizeof *st);
    if (!st) die("cannot make the state");
    memset(st, 0, sizeof *st);
    cow_heap_set_root(r, st);
    for (int i = 0; i < texts; i++) {
        cow_str key = {0}, text = {0};
        if (!cow_str_append_format(&key, "key%d", i) || !cow_str_append_format(&text, "the text of number %d", i * i)) {
            die("cannot make a text");
        }
        set_text(r, &key, &text);
        cow_str_drop(&key);
        cow_str_drop(&text);
    }
    if (st->n != texts) die("cannot make the state");
}

/* ---- The first way: restoring ---- */

static cow_paged *region;
static cow_snap *newborn;

/* Not in LLVMFuzzerInitialize, but at the first input: AFL++ forks between the two, and a child has no regions. */
static void begin_to_restore(void) {
    region = cow_paged_new(state_bytes, NULL);
    if (!region) die("cannot make a region");
    build(region);
    newborn = cow_paged_snapshot(region);
    if (!newborn) die("cannot take a snapshot");
}

static uint64_t run_restored(const void *input, size_t size) {
    if (!region) begin_to_restore();
    uint64_t result = serve(region, input, size);
    if (!cow_paged_restore(region, newborn)) die("cannot restore");
    return result;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    (void)run_restored(data, size);
    return 0;
}

#ifndef FUZZING_BUILD_MODE_UNSAFE_FOR_PRODUCTION

/* ---- The others ---- */

/* Here the region is plain memory, as if there was no cow_paged: so they cost what they would cost without it. */
static cow_paged *plain;
static uint64_t *child_result; /* shared with the children */

static uint64_t run_rebuilt(const void *input, size_t size) {
    uint64_t result = serve(plain, input, size);
    build(plain);
    return result;
}

static uint64_t run_forked(const void *input, size_t size) {
    int status = 0;
    (void)fflush(stdout); /* else children may print what waits there, too */
    pid_t child = fork();
    if (child == 0) {
        *child_result = serve(plain, input, size);
        _exit(0);
    }
    if (child < 0 || waitpid(child, &status, 0) != child || status != 0) {
        perror("paged_fuzz: a child");
        abort();
    }
    return *child_result;
}

/* What is wrong, and how fast it would be. */
static uint64_t run_drifting(const void *input, size_t size) { return serve(plain, input, size); }

static void begin_others(void) {
    cow_paged_options options = {.detector = COW_PAGED_COPY};
    plain = cow_paged_new(state_bytes, &options);
    if (!plain) die("cannot make plain memory");
    child_result = mmap(NULL, sizeof *child_result, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (child_result == MAP_FAILED) {
        perror("paged_fuzz: shared memory");
        abort();
    }
}

static void end_all(void) {
    cow_snap_drop(newborn);
    cow_paged_free(region);
    cow_paged_free(plain);
    munmap(child_result, sizeof *child_result);
}

/* ---- Comparing results ---- */

typedef struct way {
    const char *name;
    uint64_t (*run)(const void *input, size_t size);
    size_t at_once; /* inputs of one round, when it is measured */
} way;

enum { ways = 4, inputs = 100, commands = 12, few_keys = 50, rounds = 41 };

static const way all[ways] = {{"restored", run_restored, 500},
                              {"built again", run_rebuilt, 5},
                              {"forked", run_forked, 50},
                              {"left as it is", run_drifting, 2000}};

typedef struct input {
    char text[commands * 40];
    size_t n;
} input;

static uint64_t next_random(uint64_t *seed) {
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    return *seed;
}

/* Commands on `keys` keys. */
static input input_of(uint64_t number, unsigned keys) {
    input in = {.n = 0};
    uint64_t random = (number + 1) * 0x9E3779B97F4A7C15U;
    for (int i = 0; i < commands; i++) {
        uint64_t kind = next_random(&random) % 4, key = next_random(&random) % keys;
        const char *format = kind == 0 ? "-key%u\n" : kind == 1 ? "key%u\n" : "key%u=changed by %u\n";
        int n = snprintf(in.text + in.n, sizeof in.text - in.n, format, (unsigned)key, (unsigned)number);
        in.n += (size_t)n;
    }
    return in;
}

/* One number for the results of all inputs, run one after the other. */
static uint64_t results_of(const way *w) {
    uint64_t hash = 0;
    build(plain);
    for (uint64_t i = 0; i < inputs; i++) {
        input in = input_of(i, i % 2 ? few_keys : texts + 1000);
        uint64_t result = w->run(in.text, in.n);
        hash = (hash ^ result) * 0x9E3779B97F4A7C15U;
    }
    return hash;
}

static bool compare(void) {
    uint64_t wanted = 0;
    bool right = true;
    printf("results of %d inputs, by what is done with the state after each\n", inputs);
    for (int i = 0; i < ways; i++) {
        uint64_t results = results_of(&all[i]);
        if (i == 0) wanted = results;
        printf("  %-14s %016" PRIx64 "\n", all[i].name, results);
        bool same = results == wanted, should_be = all[i].run != run_drifting;
        if (same != should_be) right = false;
    }
    if (memcmp(cow_paged_data(region), cow_snap_data(newborn), state_bytes) != 0) right = false;
    puts(right ? "they agree, but for the last, which shows that they are needed" : "paged_fuzz: WRONG RESULTS");
    return right;
}

/* ---- Measuring ---- */

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static double executions_per_second(const way *w, int round, unsigned keys) {
    build(plain); /* for the ways that begin with that; not timed */
    double begin = now();
    for (size_t i = 0; i < w->at_once; i++) {
        input in = input_of((uint64_t)round * 10000 + i, keys);
        (void)w->run(in.text, in.n);
    }
    return (double)w->at_once / (now() - begin);
}

static int by_value(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* All ways take short turns, so that what else the machine does hits each of them. */
static void measure(const char *what, unsigned keys) {
    static double speed[ways][rounds];
    for (int round = 0; round < rounds; round++) {
        for (int i = 0; i < ways; i++) speed[i][round] = executions_per_second(&all[i], round, keys);
    }
    printf("executions per second, %s, the median of %d rounds\n", what, rounds);
    for (int i = 0; i < ways; i++) {
        qsort(speed[i], rounds, sizeof speed[i][0], by_value);
        printf("  %-14s %7.0f\n", all[i].name, speed[i][rounds / 2]);
    }
}

int main(int count, char **arguments) {
    begin_others();
    bool right = compare();
    if (right && count > 1 && strcmp(arguments[1], "-m") == 0) {
        measure("50 of the keys", few_keys);
        measure("any of the keys", texts);
    }
    end_all();
    return right ? 0 : 1;
}

#endif
