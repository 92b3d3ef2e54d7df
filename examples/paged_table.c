/* SPDX-License-Identifier: MIT */
/* A key-value table that saves itself while it is written at full speed.
 *
 *     paged_table [-v] [SECONDS [SAVES [ACCOUNTS]]]
 *
 * One thread moves money between accounts and notes each transfer, as fast as it can. Every SECONDS (1) the table is saved,
 * SAVES (5) times. Each file is loaded and audited, as if the program had just started, and the last one is written to
 * again. -v prints how fast all that was, which differs from run to run.
 *
 * The table lives in a region, its entries on the heap of the region. The thread that writes takes the snapshots too, when
 * it is asked to and between two transfers: so a snapshot never has half of one, and no lock is needed. That takes a
 * fraction of a millisecond. Another thread writes the snapshot to a file and drops it; what changes meanwhile is kept for
 * it, a page at a time. With several writers, hold a lock around each transfer, and around cow_paged_snapshot_bare. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define COW_PAGED
#define COW_IMPLEMENTATION
#include "cow/cow.h"

/* ---- A table in a region: from texts to bytes ---- */

/* Links say how far it is to what they point to: they mean the same in the region, in a snapshot and in a file. */
typedef cow_off(struct entry) entry_link;
typedef struct entry {
    entry_link next;
    uint32_t key_n, value_n;
    char bytes[]; /* the key, then the value */
} entry;

/* The root of the heap. */
typedef struct table {
    char magic[8];
    uint64_t n, buckets; /* a power of two */
    cow_off(entry_link) bucket;
} table;

static const char table_magic[8] = "table 1";

static table *table_of(const void *image) { return cow_heap_root(image); }

static uint64_t hash_of(const char *key, size_t n) {
    uint64_t hash = 0xCBF29CE484222325U;
    for (size_t i = 0; i < n; i++) hash = (hash ^ (unsigned char)key[i]) * 0x100000001B3U;
    return hash ^ hash >> 32;
}

static entry_link *bucket_of(const table *t, uint64_t hash) {
    return cow_off_get(entry_link, &t->bucket) + (hash & (t->buckets - 1));
}

static bool has_key(const entry *e, const char *key, size_t n) {
    return e->key_n == n && memcmp(e->bytes, key, n) == 0;
}

/* The link that leads to the entry of this key, or to NULL where it would be. */
static entry_link *link_to(const table *t, const char *key) {
    size_t n = strlen(key);
    entry_link *link = bucket_of(t, hash_of(key, n));
    for (entry *e; (e = cow_off_get(entry, link)) != NULL && !has_key(e, key, n);) link = &e->next;
    return link;
}

static bool table_begin(cow_paged *r, uint64_t buckets) {
    if (!cow_heap_begin(r)) return false;
    table *t = cow_heap_alloc(r, sizeof *t);
    entry_link *bucket = cow_heap_alloc(r, buckets * sizeof *bucket);
    if (!t || !bucket) return false;
    memset(bucket, 0, buckets * sizeof *bucket);
    memcpy(t->magic, table_magic, sizeof t->magic);
    t->n = 0;
    t->buckets = buckets;
    cow_off_set(&t->bucket, bucket);
    cow_heap_set_root(r, t);
    return true;
}

/* Without room for more buckets it stays as it is, and becomes slower. A link is not copied but set: what it says depends
 * on where it stands. */
static void table_double(cow_paged *r, table *t) {
    uint64_t buckets = t->buckets;
    entry_link *from = cow_off_get(entry_link, &t->bucket), *to = cow_heap_alloc(r, 2 * buckets * sizeof *to);
    if (!to) return;
    memset(to, 0, 2 * buckets * sizeof *to);
    t->buckets = 2 * buckets;
    cow_off_set(&t->bucket, to);
    for (uint64_t i = 0; i < buckets; i++) {
        for (entry *e = cow_off_get(entry, &from[i]), *next; e; e = next) {
            entry_link *link = bucket_of(t, hash_of(e->bytes, e->key_n));
            next = cow_off_get(entry, &e->next);
            cow_off_set(&e->next, cow_off_get(entry, link));
            cow_off_set(link, e);
        }
    }
    cow_heap_free(r, from);
}

/* The value of a key, *n bytes; NULL when there is none. It is found in any image: the region, a snapshot, a file. */
static char *table_get(const void *image, const char *key, size_t *n) {
    entry *e = cow_off_get(entry, link_to(table_of(image), key));
    if (!e) return NULL;
    *n = e->value_n;
    return e->bytes + e->key_n;
}

static entry *entry_new(cow_paged *r, const char *key, const void *value, size_t n) {
    size_t key_n = strlen(key);
    entry *e = cow_heap_alloc(r, sizeof *e + key_n + n);
    if (!e) return NULL;
    e->key_n = (uint32_t)key_n;
    e->value_n = (uint32_t)n;
    memcpy(e->bytes, key, key_n);
    memcpy(e->bytes + key_n, value, n);
    return e;
}

static bool table_put(cow_paged *r, const char *key, const void *value, size_t n) {
    table *t = table_of(cow_paged_data(r));
    entry_link *link = link_to(t, key);
    entry *old = cow_off_get(entry, link);
    if (old && old->value_n == n) {
        memcpy(old->bytes + old->key_n, value, n);
        return true;
    }
    entry *e = entry_new(r, key, value, n);
    if (!e) return false;
    cow_off_set(&e->next, old ? cow_off_get(entry, &old->next) : NULL);
    cow_off_set(link, e);
    cow_heap_free(r, old);
    t->n += !old;
    if (t->n > t->buckets) table_double(r, t);
    return true;
}

static void table_remove(cow_paged *r, const char *key) {
    table *t = table_of(cow_paged_data(r));
    entry_link *link = link_to(t, key);
    entry *old = cow_off_get(entry, link);
    if (!old) return;
    cow_off_set(link, cow_off_get(entry, &old->next));
    cow_heap_free(r, old);
    t->n--;
}

/* ---- What is done with it: transfers ---- */

enum { notes_kept = 1000, first_balance = 1000 };

static const char count_key[] = "transfers";

typedef struct key {
    char text[32];
} key;

static key key_of(const char *kind, int64_t i) {
    key k;
    snprintf(k.text, sizeof k.text, "%s %" PRId64, kind, i);
    return k;
}

static bool put_number(cow_paged *r, const char *name, int64_t value) {
    return table_put(r, name, &value, sizeof value);
}

static bool get_number(const void *image, const char *name, int64_t *value) {
    size_t n = 0;
    const char *bytes = table_get(image, name, &n);
    if (!bytes || n != sizeof *value) return false;
    memcpy(value, bytes, n);
    return true;
}

static bool open_accounts(cow_paged *r, uint64_t accounts) {
    if (!table_begin(r, 1024) || !put_number(r, count_key, 0)) return false;
    for (uint64_t i = 0; i < accounts; i++) {
        if (!put_number(r, key_of("account", (int64_t)i).text, first_balance)) return false;
    }
    return true;
}

static uint64_t next_random(uint64_t *state) {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

static bool add_to(cow_paged *r, uint64_t account, int64_t amount) {
    key k = key_of("account", (int64_t)account);
    int64_t balance = 0;
    return get_number(cow_paged_data(r), k.text, &balance) && put_number(r, k.text, balance + amount);
}

/* A transfer is five writes: it is counted, the money goes from one account to another, a note of it is put in, and that of
 * long ago goes. */
static bool transfer(cow_paged *r, uint64_t accounts, uint64_t *random) {
    uint64_t from = next_random(random) % accounts, to = next_random(random) % accounts;
    int64_t amount = (int64_t)(next_random(random) % 100), count = 0;
    if (!get_number(cow_paged_data(r), count_key, &count) || !put_number(r, count_key, ++count)) return false;
    if (!add_to(r, from, -amount) || !add_to(r, to, amount)) return false;
    char note[96];
    int n =
        snprintf(note, sizeof note, "%" PRId64 ": %" PRId64 " from %" PRIu64 " to %" PRIu64, count, amount, from, to);
    if (!table_put(r, key_of("note", count).text, note, (size_t)n)) return false;
    if (count > notes_kept) table_remove(r, key_of("note", count - notes_kept).text);
    return true;
}

/* ---- Auditing an image of it ---- */

static bool wrong(const char *what) {
    fprintf(stderr, "paged_table: the table is wrong: %s\n", what);
    return false;
}

static bool audit_accounts(const void *image, uint64_t accounts) {
    int64_t total = 0, balance = 0;
    for (uint64_t i = 0; i < accounts; i++) {
        if (!get_number(image, key_of("account", (int64_t)i).text, &balance)) return wrong("an account is missing");
        total += balance;
    }
    return total == (int64_t)accounts * first_balance || wrong("money came from nowhere, or is gone");
}

static bool is_note_of(const char *note, size_t n, int64_t i) {
    char begin[32];
    int begin_n = snprintf(begin, sizeof begin, "%" PRId64 ": ", i);
    return n > (size_t)begin_n && memcmp(note, begin, (size_t)begin_n) == 0;
}

/* The note of each of the last transfers is there, and none of a transfer that was not counted. */
static bool audit_notes(const void *image, int64_t count) {
    int64_t kept = count < notes_kept ? count : notes_kept;
    for (int64_t i = count - kept; i <= count + 1; i++) {
        size_t n = 0;
        const char *note = table_get(image, key_of("note", i).text, &n);
        bool expected = i > count - kept && i <= count;
        if (expected && (!note || !is_note_of(note, n, i))) return wrong("a note is missing");
        if (!expected && note) return wrong("there is a note of what is not counted");
    }
    return true;
}

/* Whether the image is what it is after `*count` whole transfers. */
static bool audit(const void *image, uint64_t accounts, int64_t *count) {
    if (!get_number(image, count_key, count)) return wrong("the count is missing");
    if (!audit_accounts(image, accounts) || !audit_notes(image, *count)) return false;
    uint64_t notes = (uint64_t)(*count < notes_kept ? *count : notes_kept);
    return table_of(image)->n == accounts + notes + 1 || wrong("it has too many entries, or too few");
}

/* ---- Files ---- */

static bool complain(const char *what, const char *why) {
    fprintf(stderr, "paged_table: %s: %s\n", what, why);
    return false;
}

static bool complain_of_system(const char *what) { return complain(what, strerror(errno)); }

static bool complain_of_cow(const char *what) {
    return cow_error() == COW_IO ? complain_of_system(what) : complain(what, cow_error_text(cow_error()));
}

/* A folder of its own, which goes at the end. */
typedef struct store {
    char path[4096];
    int folder;
} store;

static const char saved_name[] = "table", new_name[] = "table.new";

static bool store_open(store *st) {
    const char *parent = getenv("TMPDIR");
    if (!parent || !*parent) parent = "/tmp";
    int n = snprintf(st->path, sizeof st->path, "%s/paged_table.XXXXXX", parent);
    if (n < 0 || (size_t)n >= sizeof st->path) return complain(parent, "the path is too long");
    if (!mkdtemp(st->path)) return complain_of_system(st->path);
    st->folder = open(st->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (st->folder >= 0) return true;
    (void)complain_of_system(st->path);
    (void)rmdir(st->path);
    return false;
}

static bool store_close(store *st) {
    bool ok = true;
    (void)unlinkat(st->folder, new_name, 0); /* it is there only when saving failed */
    if (unlinkat(st->folder, saved_name, 0) != 0 && errno != ENOENT) ok = complain_of_system(saved_name);
    (void)close(st->folder);
    return (rmdir(st->path) == 0 || complain_of_system(st->path)) && ok;
}

static bool write_new(const store *st, const cow_snap *s) {
    int file = openat(st->folder, new_name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (file < 0) return complain_of_system(new_name);
    bool ok = cow_snap_write(s, 0, cow_snap_size(s), file) || complain_of_cow(new_name);
    if (ok && fsync(file) != 0) ok = complain_of_system(new_name);
    if (close(file) != 0 && ok) ok = complain_of_system(new_name);
    return ok;
}

/* Whoever looks at the saved file, after a power cut too, finds all of this snapshot or all of the one before. */
static bool save(const store *st, const cow_snap *s) {
    if (!write_new(st, s)) return false;
    if (renameat(st->folder, new_name, st->folder, saved_name) != 0) return complain_of_system(saved_name);
    return fsync(st->folder) == 0 || complain_of_system(st->path);
}

/* How large the table may become. Once the region is full, putting something in fails, and the table is as it was. */
static cow_paged *new_region(size_t bytes) {
    cow_paged_options options = {.reserve = (size_t)256 << 20};
    return cow_paged_new(bytes, &options);
}

/* Into a new region: where there was a snapshot already, this would take cow_paged_read. */
static bool read_all(char *data, int file, size_t bytes) {
    for (size_t at = 0; at < bytes;) {
        ssize_t n = read(file, data + at, bytes - at);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return complain_of_system(saved_name);
        if (n == 0) return complain(saved_name, "it became shorter");
        at += (size_t)n;
    }
    return true;
}

/* Whether this is a table at all; not whether somebody made it up, so do not load files of strangers. */
static bool looks_right(const char *image, size_t bytes) {
    const char *root = cow_heap_root(image);
    return (root > image && root < image + bytes - sizeof(table) &&
            memcmp(root, table_magic, sizeof table_magic) == 0) ||
           complain(saved_name, "it is no table");
}

/* The file is an image of the region, so loading it is reading it. */
static cow_paged *load_from(int file) {
    struct stat about;
    if (fstat(file, &about) != 0) return (void)complain_of_system(saved_name), NULL;
    if (about.st_size < 4096) return (void)complain(saved_name, "it is too short"), NULL;
    size_t bytes = (size_t)about.st_size;
    cow_paged *r = new_region(bytes);
    if (!r) return (void)complain_of_cow(saved_name), NULL;
    if (read_all(cow_paged_data(r), file, bytes) && looks_right(cow_paged_data(r), bytes)) return r;
    cow_paged_free(r);
    return NULL;
}

/* The table that was saved last. NULL when that failed, and was said. */
static cow_paged *load(const store *st) {
    int file = openat(st->folder, saved_name, O_RDONLY | O_CLOEXEC);
    if (file < 0) return (void)complain_of_system(saved_name), NULL;
    cow_paged *r = load_from(file);
    (void)close(file);
    return r;
}

/* ---- The thread that writes ---- */

typedef struct server {
    cow_paged *r;
    uint64_t accounts, random;
    pthread_t writer;
    pthread_mutex_t lock;
    pthread_cond_t answered;
    atomic_bool wanted, stopping; /* a snapshot; the end */
    cow_snap *snapshot;           /* the answer; under the lock, as is the next */
    bool failed;
    _Atomic uint64_t transfers, pause, longest; /* nanoseconds: of the last snapshot, and of a few transfers at most */
} server;

enum { transfers_a_look = 16, writes_a_transfer = 5 };

static uint64_t now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

static void tell(server *sv, cow_snap *s, bool failed) {
    pthread_mutex_lock(&sv->lock);
    atomic_store(&sv->wanted, false);
    if (s) sv->snapshot = s;
    sv->failed = failed;
    pthread_cond_signal(&sv->answered);
    pthread_mutex_unlock(&sv->lock);
}

/* Takes the snapshot that was asked for. Here no transfer is under way. */
static bool answer(server *sv) {
    uint64_t begin = now();
    cow_snap *s = cow_paged_snapshot_bare(sv->r);
    atomic_store(&sv->pause, now() - begin);
    if (!s) return complain_of_cow("cannot take a snapshot");
    tell(sv, s, false);
    return true;
}

static bool some_transfers(server *sv) {
    for (int i = 0; i < transfers_a_look; i++) {
        if (!transfer(sv->r, sv->accounts, &sv->random)) return complain_of_cow("cannot write to the table");
        if (atomic_load_explicit(&sv->wanted, memory_order_relaxed) && !answer(sv)) return false;
    }
    return true;
}

static void *write_on(void *context) {
    server *sv = context;
    uint64_t before = now();
    bool ok = true;
    while (ok && !atomic_load_explicit(&sv->stopping, memory_order_relaxed)) {
        ok = some_transfers(sv);
        atomic_fetch_add_explicit(&sv->transfers, transfers_a_look, memory_order_relaxed);
        uint64_t after = now();
        if (after - before > atomic_load(&sv->longest)) atomic_store(&sv->longest, after - before);
        before = after;
    }
    if (!ok) tell(sv, NULL, true); /* half a transfer may be in the table, but in no snapshot */
    return NULL;
}

/* A snapshot that the writer takes between two transfers; NULL when it failed, and said so. */
static cow_snap *ask(server *sv) {
    pthread_mutex_lock(&sv->lock);
    atomic_store(&sv->wanted, true);
    while (!sv->snapshot && !sv->failed) pthread_cond_wait(&sv->answered, &sv->lock);
    cow_snap *s = sv->snapshot;
    sv->snapshot = NULL;
    pthread_mutex_unlock(&sv->lock);
    return s;
}

static bool server_begin(server *sv) {
    pthread_mutex_init(&sv->lock, NULL);
    pthread_cond_init(&sv->answered, NULL);
    sv->random = 88172645463325252U;
    errno = pthread_create(&sv->writer, NULL, write_on, sv);
    return errno == 0 || complain_of_system("cannot start a thread");
}

/* ---- The thread that saves ---- */

typedef struct plan {
    double seconds;
    long saves, accounts;
    bool verbose;
} plan;

static void sleep_until(uint64_t when) {
    struct timespec t = {(time_t)(when / 1000000000), (long)(when % 1000000000)};
    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL) == EINTR) {
    }
}

static double since(uint64_t then) { return (double)(now() - then) / 1e9; }

static void print_speed(server *sv, const cow_snap *s, uint64_t begin, uint64_t saving) {
    double writes = (double)(atomic_load(&sv->transfers) * writes_a_transfer) / 1e6, mib = 1 << 20;
    printf("  %.2f s: %.2f million writes/s, which stopped for %.0f us at the snapshot and for %.0f us at most\n",
           since(begin), writes / since(begin), (double)atomic_load(&sv->pause) / 1e3,
           (double)atomic_exchange(&sv->longest, 0) / 1e3);
    printf("          saved %.1f MiB in %.0f ms; meanwhile %.1f MiB were kept for that\n",
           (double)cow_snap_size(s) / mib, since(saving) * 1e3, (double)cow_snap_held(s) / mib);
}

/* The table that was saved last, and how many transfers it has had. NULL when there is none, or it is wrong. */
static cow_paged *load_audited(const store *st, uint64_t accounts, int64_t *count) {
    cow_paged *r = load(st);
    if (r && audit(cow_paged_data(r), accounts, count)) return r;
    cow_paged_free(r);
    return NULL;
}

/* A file that nobody has tried to load may be no copy at all. */
static bool try_file(const server *sv, const store *st, int64_t *saved) {
    int64_t count = 0;
    cow_paged *r = load_audited(st, sv->accounts, &count);
    bool ok = r && (count > *saved || wrong("it is older than the one before"));
    cow_paged_free(r);
    *saved = count;
    return ok;
}

static bool save_once(server *sv, const store *st, uint64_t begin, bool verbose) {
    cow_snap *s = ask(sv);
    uint64_t saving = now();
    bool ok = s && save(st, s);
    if (ok && verbose) print_speed(sv, s, begin, saving);
    cow_snap_drop(s);
    return ok;
}

static bool save_often(server *sv, const store *st, const plan *p) {
    uint64_t begin = now();
    int64_t saved = 0;
    bool ok = server_begin(sv);
    if (!ok) return false;
    for (long i = 1; ok && i <= p->saves; i++) {
        sleep_until(begin + (uint64_t)((double)i * p->seconds * 1e9));
        ok = save_once(sv, st, begin, p->verbose) && try_file(sv, st, &saved);
    }
    atomic_store(&sv->stopping, true);
    pthread_join(sv->writer, NULL);
    if (ok) {
        printf("saved %ld times while it was written; %ld accounts have %" PRIu64 " in each file\n", p->saves,
               p->accounts, sv->accounts * first_balance);
    }
    return ok;
}

/* What a program does that starts again. */
static bool load_and_go_on(const store *st, const plan *p) {
    int64_t saved = 0, later = 0;
    uint64_t random = 1, accounts = (uint64_t)p->accounts;
    cow_paged *r = load_audited(st, accounts, &saved);
    bool ok = r != NULL;
    for (int i = 0; ok && i < notes_kept; i++) ok = transfer(r, accounts, &random) || complain_of_cow("cannot go on");
    ok = ok && audit(cow_paged_data(r), accounts, &later);
    if (ok) printf("the last one was loaded, and %" PRId64 " transfers made in it\n", later - saved);
    cow_paged_free(r);
    return ok;
}

/* ---- The program ---- */

static bool run(server *sv, const plan *p) {
    store st;
    sv->accounts = (uint64_t)p->accounts;
    if (!open_accounts(sv->r, sv->accounts)) return complain_of_cow("cannot open the accounts");
    if (!store_open(&st)) return false;
    bool ok = save_often(sv, &st, p) && load_and_go_on(&st, p);
    return store_close(&st) && ok;
}

static bool read_arguments(int count, char **arguments, plan *p) {
    int i = 1;
    p->verbose = i < count && strcmp(arguments[i], "-v") == 0;
    i += p->verbose;
    if (i < count) p->seconds = strtod(arguments[i++], NULL);
    if (i < count) p->saves = strtol(arguments[i++], NULL, 10);
    if (i < count) p->accounts = strtol(arguments[i++], NULL, 10);
    return i == count && p->seconds > 0 && p->seconds < 1e6 && p->saves > 0 && p->accounts > 0;
}

int main(int count, char **arguments) {
    static server sv;
    plan p = {.seconds = 1, .saves = 5, .accounts = 100000};
    if (!read_arguments(count, arguments, &p)) {
        fprintf(stderr, "usage: paged_table [-v] [SECONDS [SAVES [ACCOUNTS]]]\n");
        return 2;
    }
    sv.r = new_region((size_t)4 << 20);
    bool ok = sv.r ? run(&sv, &p) : complain_of_cow("cannot make a region");
    cow_paged_free(sv.r);
    return ok ? 0 : 1;
}
