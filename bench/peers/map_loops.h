/* SPDX-License-Identifier: MIT */
/* The timed loops of suites `map_u64` and `map_str`, written once and compiled into each peer's own file, once for each
 * kind of key (MAP_STR: strings). The including file defines first:
 *
 *   MAP, KEY                                      the types
 *   PEER (identifier)                             map_u64_<PEER> or map_str_<PEER> is what this file defines
 *   void peer_init(MAP *)                         an empty map, in raw memory
 *   void peer_copy(MAP *to, const MAP *from)      a copy, in raw memory
 *   void peer_drop(MAP *)                         the end of the map, whose memory stays
 *   void peer_put(MAP *, const KEY *, uint64_t)   insert or replace; the map gets a copy of the key
 *   uint64_t peer_get(const MAP *, const KEY *)   0 when the key is not there
 *   bool peer_erase(MAP *, const KEY *)           false when the key was not there
 *   size_t peer_len(const MAP *)
 *   uint64_t peer_sum(const MAP *)                all values added up
 *   uint64_t peer_checksum(const MAP *)           map_mix() of every entry added up
 *
 * for MAP_STR also
 *
 *   void peer_key(KEY *slot, const char *text)    a key of MAP_DIGITS bytes, in raw memory
 *   void peer_forget(KEY *slot)                   its end
 *
 * and, for what not every peer can do, the macro and its functions:
 *
 *   PEER_EQUALS     bool peer_equal(const MAP *, const MAP *)
 *   PEER_PERSISTS   peer_copy() shares; size_t peer_diff(const MAP *, const MAP *): how many entries differ
 *
 * A child process runs one case only, so what its repetitions have in common is made once and never freed. */
#include <stdlib.h>

static inline void must(bool ok) {
    if (!ok) {
        bench_die("out of memory");
    }
}

/* Memory for a map that is not one yet. */
#ifdef __cplusplus
struct map_room {
    alignas(MAP) unsigned char raw[sizeof(MAP)];
};
static inline MAP *map_in(map_room *room) { return reinterpret_cast<MAP *>(room->raw); }
#else
typedef struct map_room {
    MAP map;
} map_room;
static inline MAP *map_in(map_room *room) { return &room->map; }
#endif

#ifndef MAP_STR
static inline void make_key(KEY *slot, uint64_t number) { *slot = (KEY)number; }
static inline void forget_key(KEY *slot) { (void)slot; }
#else
static inline void forget_key(KEY *slot) { peer_forget(slot); }
static inline void make_key(KEY *slot, uint64_t number) {
    char text[MAP_DIGITS];
    map_text(text, number);
    peer_key(slot, text);
}
#endif

/* What the repetitions of a sample share. */
typedef struct map_ready {
    KEY *keys, *shuffled, *absent;
    map_room full;
    bool has_full;
    uint64_t bytes, entries; /* what loop_bytes found */
} map_ready;

static map_ready *ready_of(bench_run *run) {
    if (run->ready == NULL) {
        run->ready = calloc(1, sizeof(map_ready));
        must(run->ready != NULL);
    }
    return (map_ready *)run->ready;
}

static KEY *make_keys(const uint64_t *numbers, const uint32_t *order, size_t n) {
    KEY *keys = (KEY *)malloc(n * sizeof *keys);
    must(keys != NULL);
    for (size_t i = 0; i < n; i++) {
        make_key(&keys[i], numbers[order == NULL ? i : order[i]]);
    }
    return keys;
}

static void forget_keys(KEY *keys, size_t n) {
    for (size_t i = 0; i < n; i++) {
        forget_key(&keys[i]);
    }
    free(keys);
}

/* The keys in the order in which they are inserted. */
static const KEY *keys_of(bench_run *run) {
    map_ready *ready = ready_of(run);
    if (ready->keys == NULL) {
        ready->keys = make_keys(run->numbers, NULL, run->n);
    }
    return ready->keys;
}

/* The same keys in another order, made anew: no peer finds an object that it has stored. */
static const KEY *shuffled_keys(bench_run *run) {
    map_ready *ready = ready_of(run);
    if (ready->shuffled == NULL) {
        ready->shuffled = make_keys(run->numbers, run->indices, run->n);
    }
    return ready->shuffled;
}

static const KEY *absent_keys(bench_run *run) {
    map_ready *ready = ready_of(run);
    if (ready->absent == NULL) {
        ready->absent = make_keys(run->numbers + run->n, NULL, run->n);
    }
    return ready->absent;
}

static inline void fill(MAP *m, const KEY *keys, size_t n) {
    for (size_t i = 0; i < n; i++) {
        peer_put(m, &keys[i], map_value(i));
    }
}

static const MAP *full_map(bench_run *run) {
    map_ready *ready = ready_of(run);
    MAP *m = map_in(&ready->full);
    if (!ready->has_full) {
        peer_init(m);
        fill(m, keys_of(run), run->n);
        ready->has_full = true;
    }
    return m;
}

/* ---- building and giving up ---- */

static void loop_bulk(bench_run *run) {
    const KEY *keys = keys_of(run);
    map_room room;
    MAP *m = map_in(&room);
    for (size_t rep = 0; rep < run->reps; rep++) {
        bench_start(run);
        peer_init(m);
        fill(m, keys, run->n);
        BENCH_USE(m);
        bench_stop(run);
        if (rep + 1 == run->reps) {
            run->checksum = peer_checksum(m) + peer_len(m);
        }
        peer_drop(m);
    }
    run->operations = run->reps * run->n;
}

static void loop_erase(bench_run *run) {
    const KEY *keys = keys_of(run);
    const KEY *victims = shuffled_keys(run);
    size_t n = run->n;
    map_room room;
    MAP *m = map_in(&room);
    for (size_t rep = 0; rep < run->reps; rep++) {
        uint64_t erased = 0;
        peer_init(m);
        fill(m, keys, n);
        bench_start(run);
        for (size_t i = 0; i < n; i++) {
            erased += peer_erase(m, &victims[i]);
        }
        BENCH_USE(m);
        bench_stop(run);
        run->checksum = erased - peer_len(m);
        peer_drop(m);
    }
    run->operations = run->reps * n;
}

static void loop_drop(bench_run *run) {
    const KEY *keys = keys_of(run);
    map_room room;
    MAP *m = map_in(&room);
    for (size_t rep = 0; rep < run->reps; rep++) {
        peer_init(m);
        fill(m, keys, run->n);
        run->checksum = peer_len(m);
        BENCH_USE(m);
        bench_start(run);
        peer_drop(m);
        bench_stop(run);
    }
    run->operations = run->reps * run->n;
}

/* Keys are made anew, so that a peer whose keys share their bytes pays for them like the others. The first build of the
 * process is counted; the handles themselves are not. */
static uint64_t bytes_of(const bench_run *run, size_t count, uint64_t *entries) {
    map_room *rooms = (map_room *)malloc(count * sizeof *rooms);
    must(rooms != NULL);
    size_t before = bench_heap_bytes();
    for (size_t i = 0; i < count; i++) {
        MAP *m = map_in(&rooms[i]);
        KEY *keys = make_keys(run->numbers + i * run->n, NULL, run->n);
        peer_init(m);
        fill(m, keys, run->n);
        BENCH_USE(m);
        forget_keys(keys, run->n);
        *entries += peer_len(m);
    }
    return bench_heap_bytes() - before;
}

static void loop_bytes(bench_run *run) {
    size_t count = run->n < MAP_TINY ? MAP_TINY_COUNT : 1;
    map_ready *ready = ready_of(run);
    if (ready->bytes == 0) {
        ready->bytes = bytes_of(run, count, &ready->entries);
    }
    run->kept_bytes = ready->bytes;
    run->operations = count * run->n;
    run->checksum = ready->entries;
}

/* ---- reading ---- */

static void look_up(bench_run *run, const KEY *probes) {
    const MAP *m = full_map(run);
    size_t n = run->n;
    size_t reps = run->reps;
    bench_start(run);
    for (size_t rep = 0; rep < reps; rep++) {
        uint64_t sum = 0;
        BENCH_USE(m);
        for (size_t i = 0; i < n; i++) {
            sum += peer_get(m, &probes[i]);
        }
        BENCH_USE(sum);
        run->checksum = sum;
    }
    bench_stop(run);
    run->operations = reps * n;
}

static void loop_hit(bench_run *run) { look_up(run, shuffled_keys(run)); }

static void loop_miss(bench_run *run) { look_up(run, absent_keys(run)); }

static void loop_iterate(bench_run *run) {
    const MAP *m = full_map(run);
    bench_start(run);
    for (size_t rep = 0; rep < run->reps; rep++) {
        BENCH_USE(m);
        run->checksum = peer_sum(m);
    }
    bench_stop(run);
    run->operations = run->reps * run->n;
}

static void loop_snapshot(bench_run *run) {
    const MAP *m = full_map(run);
    size_t reps = run->reps;
    uint64_t seen = 0;
    bench_start(run);
    for (size_t rep = 0; rep < reps; rep++) {
        map_room room;
        MAP *copy = map_in(&room);
        peer_copy(copy, m);
        BENCH_USE(copy);
        seen += peer_len(copy);
        peer_drop(copy);
    }
    bench_stop(run);
    run->operations = reps;
    run->checksum = seen / reps;
}

#ifdef PEER_EQUALS
static void loop_eq_independent(bench_run *run) {
    const MAP *m = full_map(run);
    const KEY *keys = keys_of(run);
    uint64_t equal = 0;
    map_room room;
    MAP *other = map_in(&room);
    peer_init(other);
    for (size_t i = run->n; i-- > 0;) {
        peer_put(other, &keys[i], map_value(i));
    }
    bench_start(run);
    for (size_t rep = 0; rep < run->reps; rep++) {
        BENCH_USE(other);
        equal += peer_equal(m, other);
    }
    bench_stop(run);
    peer_put(other, &keys[run->n / 2], 0);
    run->checksum = equal == run->reps && !peer_equal(m, other);
    run->operations = run->reps * run->n;
    peer_drop(other);
}
#else
#define loop_eq_independent NULL
#endif

/* ---- versions ---- */

#ifdef PEER_PERSISTS
/* The version before each write lives until the write is done. Every repetition starts from the full map, which must
 * be found unchanged at the end. */
#define PERSISTING_LOOP(name, keys, write)                                                 \
    static void loop_##name(bench_run *run) {                                              \
        const MAP *full = full_map(run);                                                   \
        const KEY *all = keys(run);                                                        \
        size_t n = run->n;                                                                 \
        size_t writes = map_persist_writes(n);                                             \
        for (size_t rep = 0; rep < run->reps; rep++) {                                     \
            map_room rooms[2];                                                             \
            MAP *m = map_in(&rooms[0]);                                                    \
            MAP *before = map_in(&rooms[1]);                                               \
            peer_copy(m, full);                                                            \
            bench_start(run);                                                              \
            for (size_t i = 0; i < writes; i++) {                                          \
                peer_copy(before, m);                                                      \
                write;                                                                     \
                BENCH_USE(before);                                                         \
                peer_drop(before);                                                         \
            }                                                                              \
            bench_stop(run);                                                               \
            if (rep + 1 == run->reps) {                                                    \
                run->checksum = peer_checksum(m) + peer_len(m) + 31 * peer_checksum(full); \
            }                                                                              \
            peer_drop(m);                                                                  \
        }                                                                                  \
        run->operations = run->reps * writes;                                              \
    }

PERSISTING_LOOP(persist_insert, absent_keys, peer_put(m, &all[i], map_value(n + i)))
PERSISTING_LOOP(persist_erase, shuffled_keys, must(peer_erase(m, &all[i])))

/* Writes with a snapshot before every so many of them. Write i goes to key i modulo n. */
typedef struct map_writing {
    const KEY *keys;
    size_t writes, every;
    bool absent; /* the keys are not in the full map */
} map_writing;

static void write_under_snapshots(const bench_run *run, const map_writing *w, MAP *m, MAP *ring) {
    size_t taken = 0;
    for (size_t i = 0, key = 0; i < w->writes; taken++) {
        MAP *oldest = &ring[taken % MAP_RING];
        if (taken >= MAP_RING) {
            peer_drop(oldest);
        }
        peer_copy(oldest, m);
        for (size_t end = i + w->every; i < end && i < w->writes; i++) {
            peer_put(m, &w->keys[key], map_value(run->n + i));
            key = key + 1 == run->n ? 0 : key + 1;
        }
    }
}

/* Each snapshot that is alive at the end must hold what its moment had; looked into at several places. */
static bool ring_is_right(const bench_run *run, const map_writing *w, const MAP *ring, size_t taken) {
    bool right = true;
    for (size_t s = taken < MAP_RING ? 0 : taken - MAP_RING; s < taken; s++) {
        for (size_t j = 0; j < MAP_SEEN; j++) {
            size_t write = w->writes - 1 - j * w->every / 2 % w->writes;
            size_t key = write % run->n;
            uint64_t original = w->absent ? 0 : map_value(run->indices[key]);
            uint64_t then = map_value_then(run->n, write, s * w->every, original);
            right &= peer_get(&ring[s % MAP_RING], &w->keys[key]) == then;
        }
    }
    return right;
}

static void loop_writing(bench_run *run, const map_writing *w) {
    const MAP *full = full_map(run);
    size_t taken = (w->writes + w->every - 1) / w->every;
    MAP ring[MAP_RING];
    map_room room;
    MAP *m = map_in(&room);
    for (size_t rep = 0; rep < run->reps; rep++) {
        peer_copy(m, full);
        bench_start(run);
        write_under_snapshots(run, w, m, ring);
        bench_stop(run);
        if (rep + 1 == run->reps) {
            run->checksum = ring_is_right(run, w, ring, taken) ? peer_checksum(m) + peer_len(m) : 0;
        }
        for (size_t i = 0; i < taken && i < MAP_RING; i++) {
            peer_drop(&ring[i]);
        }
        peer_drop(m);
    }
    run->operations = run->reps * w->writes;
}

static void loop_snap1000(bench_run *run) {
    map_writing w = {absent_keys(run), map_snap1000_writes(run->n), 1000, true};
    loop_writing(run, &w);
}

static void loop_snap10(bench_run *run) {
    map_writing w = {shuffled_keys(run), MAP_SNAP10_WRITES, 10, false};
    loop_writing(run, &w);
}

/* Changes values of m, a copy, at a hundred places; with `back` they get what they had. */
static void change(bench_run *run, MAP *m, bool back) {
    const KEY *keys = shuffled_keys(run);
    for (size_t i = 0; i < MAP_CHANGED; i++) {
        size_t key = i * MAP_STRIDE % run->n;
        peer_put(m, &keys[key], back ? map_value(run->indices[key]) : 0);
    }
}

static void loop_diff100(bench_run *run) {
    const MAP *full = full_map(run);
    map_room room;
    MAP *m = map_in(&room);
    peer_copy(m, full);
    change(run, m, false);
    bench_start(run);
    for (size_t rep = 0; rep < run->reps; rep++) {
        BENCH_USE(m);
        run->checksum = peer_diff(full, m);
    }
    bench_stop(run);
    run->operations = run->reps;
    peer_drop(m);
}

static void loop_eq_shared(bench_run *run) {
    const MAP *full = full_map(run);
    uint64_t equal = 0;
    map_room room;
    MAP *m = map_in(&room);
    peer_copy(m, full);
    change(run, m, false);
    bool differed = !peer_equal(full, m);
    change(run, m, true);
    bench_start(run);
    for (size_t rep = 0; rep < run->reps; rep++) {
        BENCH_USE(m);
        equal += peer_equal(full, m);
    }
    bench_stop(run);
    run->operations = run->reps;
    run->checksum = differed && equal == run->reps;
    peer_drop(m);
}
#else
#define loop_persist_insert NULL
#define loop_persist_erase NULL
#define loop_snap1000 NULL
#define loop_snap10 NULL
#define loop_diff100 NULL
#define loop_eq_shared NULL
#endif

#define PEER_PASTE(a, b) a##b
#ifdef MAP_STR
#define PEER_SYMBOL(name) PEER_PASTE(map_str_, name)
#else
#define PEER_SYMBOL(name) PEER_PASTE(map_u64_, name)
#endif
#define PEER_QUOTE(name) #name
#define PEER_TEXT(name) PEER_QUOTE(name)

const map_peer PEER_SYMBOL(PEER) = {
    PEER_TEXT(PEER), loop_bulk,    loop_hit,       loop_miss,           loop_iterate,       loop_erase,
    loop_drop,       loop_bytes,   loop_snapshot,  loop_persist_insert, loop_persist_erase, loop_snap1000,
    loop_snap10,     loop_diff100, loop_eq_shared, loop_eq_independent,
};
