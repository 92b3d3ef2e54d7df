/* SPDX-License-Identifier: MIT */
/* paged_world: a region and four snapshots of it, and copies of what each should hold. The text of the input says of what kind the
   region is. Calls of the system are refused like allocations, but only within calls that can say so: a write cannot. */
static bool in_call, ever_refused, call_result;

static inline bool refused_now(void) {
    bool now = in_call && fails_now();
    ever_refused |= now;
    return now;
}

#define CALL(call) (in_call = true, call_result = (call), in_call = false, call_result)

#define COW_PAGED
#define COW__OS_REFUSES(call) refused_now()
#include "cow/cow.h"
#include <unistd.h>

enum { PAGE = 4096, MOST_PAGES = 48, MOST = MOST_PAGES * PAGE, IMAGES = 5 };
enum { NOTHING, VIEW, BARE };

static cow_paged *region;
static cow_snap *snap[IMAGES]; /* by image; image 0 is that of the region */
static cow_paged_options options;
static size_t bytes_at_first;
static bool region_goes_first;
static unsigned char image[IMAGES][MOST];
static struct {
    size_t n;
    int kind;
    unsigned changes;
    char how[64]; /* the call that brought the last change */
} wanted[IMAGES];

/* The kind of the region, without making it. */
static inline void configure(const char *text, size_t n) {
    unsigned char c[6] = {0};
    for (size_t i = 0; i < n && i < sizeof c; i++) c[i] = (unsigned char)text[i];
    memset(&options, 0, sizeof options);
    options.detector = c[0] % 8 == 7 ? COW_PAGED_COPY : COW_PAGED_AUTO;
    options.granule = c[1] % 4 == 3 ? 4 * PAGE : 0;
    options.reserve = MOST;
    options.single_writer = c[2] % 4 == 3;
    options.prefault = c[2] % 8 == 4;
    options.most_held = c[3] % 4 == 3 ? (size_t)(1 + c[3] / 4) * 2 * PAGE : 0;
    bytes_at_first = (size_t)(16 + c[4] % 25) / 4 * 4 * PAGE;
    region_goes_first = c[5] % 2;
    wanted[0].n = bytes_at_first;
    memset(image, 0, sizeof image);
}

static inline char *data(void) {
    for (int i = 0; !region && i < 16; i++) region = cow_paged_new(bytes_at_first, &options);
    check(region != NULL, "a region cannot be made");
    return cow_paged_data(region);
}

/* ---- What should be there ---- */

static inline void changed(size_t i, const char *call, size_t a, size_t b, long long c) {
    wanted[i].changes++;
    (void)snprintf(wanted[i].how, sizeof wanted[i].how, "%s(%zu, %zu, %lld)", call, a, b, c);
}

static inline void want_fill(size_t at, size_t n, long long value) {
    memset(image[0] + at, (int)value, n);
    changed(0, "want_fill", at, n, value);
}

static inline void want_stride(size_t at, size_t pages, long long value) {
    for (size_t i = 0; i < pages; i++) image[0][at + i * PAGE] = (unsigned char)(value + (long long)i);
    changed(0, "want_stride", at, pages, value);
}

static inline void want_move(size_t to, size_t from, long long n) {
    memmove(image[0] + to, image[0] + from, (size_t)n);
    changed(0, "want_move", to, from, n);
}

static inline void want_restore(size_t i, size_t unused, long long n) {
    memcpy(image[0], image[i], wanted[i].n);
    changed(0, "want_restore", i, unused, n);
}

static inline void want_size(size_t n, size_t unused, long long none) {
    wanted[0].n = n;
    changed(0, "want_size", n, unused, none);
}

static inline void want_snap(size_t i, size_t of, long long kind) {
    memcpy(image[i], image[of], wanted[of].n);
    wanted[i].n = wanted[of].n;
    wanted[i].kind = (int)kind;
    changed(i, "want_snap", i, of, kind);
}

static inline void want_nothing(size_t i, size_t unused, long long none) {
    wanted[i].kind = NOTHING;
    changed(i, "want_nothing", i, unused, none);
}

/* ---- Comparing ---- */

static inline void check_snap(size_t i) {
    static unsigned char read[MOST];
    const void *view = cow_snap_data(snap[i]);
    check(cow_snap_size(snap[i]) == wanted[i].n, "a snapshot has another size than it should");
    check(view || wanted[i].kind == BARE, "a snapshot has no view");
    bool ok = cow_snap_read(snap[i], 0, read, wanted[i].n);
    bool same = memcmp(read, image[i], wanted[i].n) == 0 && (!view || memcmp(view, image[i], wanted[i].n) == 0);
    if (ok && cow_snap_ok(snap[i]))
        check(same, "a snapshot is not what the region was");
    else
        check(options.most_held || ever_refused, "a snapshot was given up for no reason");
}

static inline void check_all(void) {
    if (!region) return;
    check(cow_paged_size(region) == wanted[0].n, "the region has another size than it should");
    check(memcmp(data(), image[0], wanted[0].n) == 0, "the region is not what it should be");
    for (size_t i = 1; i < IMAGES; i++)
        if (wanted[i].kind != NOTHING) check_snap(i);
}

static inline void finish(void) {
    cow_paged_stats stats;
    (void)data();
    if (region_goes_first) {
        cow_paged_free(region);
        for (size_t i = 1; i < IMAGES; i++)
            if (wanted[i].kind != NOTHING) check_snap(i);
    }
    for (size_t i = 1; i < IMAGES; i++) cow_snap_drop(snap[i]);
    memset(snap, 0, sizeof snap);
    if (!region_goes_first) {
        cow_paged_stats_of(region, &stats);
        check(stats.held == 0 && stats.snapshots == 0, "a region counts snapshots that are gone");
        cow_paged_free(region);
    }
    region = NULL;
    ever_refused = false;
}

/* ---- Calls ---- */

static inline void fill(size_t at, size_t n, long long value) { memset(data() + at, (int)value, n); }

/* One byte in each page, as a program writes it. */
static inline void stride(size_t at, size_t pages, long long value) {
    for (size_t i = 0; i < pages; i++) *(volatile char *)(data() + at + i * PAGE) = (char)(value + (long long)i);
}

static inline void stride_back(size_t at, size_t pages, long long value) {
    for (size_t i = pages; i-- > 0;) *(volatile char *)(data() + at + i * PAGE) = (char)(value + (long long)i);
}

static inline void move(size_t to, size_t from, size_t n) { memmove(data() + to, data() + from, n); }

/* Four equal bytes, which may lie in two pages, by one instruction. */
typedef struct loose {
    uint32_t word;
} __attribute__((packed)) loose;

static inline void put_word(size_t at, long long value) {
    volatile loose *p = (volatile loose *)(void *)(data() + at);
    p->word = (uint32_t)(value & 255) * 0x01010101u;
}

static inline bool will_write(size_t at, size_t n) {
    char *p = data() + at;
    return CALL(cow_paged_will_write(region, p, n));
}

/* What the kernel writes. */
static inline bool receive(size_t at, size_t n, long long value) {
    static char sent[PAGE];
    int ends[2];
    char *p = data() + at;
    if (pipe(ends)) abort();
    memset(sent, (int)value, n);
    if (write(ends[1], sent, n) != (ssize_t)n) abort();
    bool ok = CALL(cow_paged_read(region, ends[0], p, n) == (ssize_t)n);
    (void)close(ends[0]);
    (void)close(ends[1]);
    return ok;
}

static inline bool grow(size_t n) {
    (void)data();
    return CALL(cow_paged_grow(region, n));
}

static inline bool take(size_t i, bool bare) {
    (void)data();
    return CALL((snap[i] = bare ? cow_paged_snapshot_bare(region) : cow_paged_snapshot(region)) != NULL);
}

static inline void copy_snap(size_t i, size_t of) { snap[i] = cow_snap_copy(snap[of]); }

static inline void drop_snap(size_t i) {
    cow_snap_drop(snap[i]);
    snap[i] = NULL;
}

static inline bool read_snap(size_t i, size_t at, size_t n) {
    static char read[MOST];
    return cow_snap_read(snap[i], at, read, n);
}

/* One that was given up is refused. */
static inline bool restore(size_t i) {
    (void)data();
    if (cow_paged_restore(region, snap[i])) return true;
    if (failures && cow_error() == COW_NOMEM) return false; /* for its set of pages: nothing has happened yet */
    check(cow_error() == COW_CONFLICT && !cow_snap_ok(snap[i]), "a region is not restored");
    failures++;
    return cow__fail(COW_NOMEM);
}

/* Runs of pages must come in order, and no page may differ outside of them. */
static struct {
    const unsigned char *x, *y;
    size_t upto, most;
} differing;

static inline void check_equal_upto(size_t end) {
    if (end > differing.most) end = differing.most;
    if (end <= differing.upto) return;
    check(memcmp(differing.x + differing.upto, differing.y + differing.upto, end - differing.upto) == 0,
          "a page that differs is not among those that were written");
}

static inline bool one_run(size_t offset, size_t n, void *ctx) {
    (void)ctx;
    check(offset >= differing.upto && n > 0 && n % PAGE == 0 && offset % PAGE == 0 && offset + n <= wanted[0].n,
          "a run of written pages is none");
    check_equal_upto(offset);
    differing.upto = offset + n;
    return true;
}

/* With the region itself when `j` is 0. */
static inline bool each_dirty(size_t i, size_t j) {
    differing.x = image[i];
    differing.y = image[j];
    differing.upto = 0;
    differing.most = wanted[i].n < wanted[j].n ? wanted[i].n : wanted[j].n;
    if (!CALL(cow_paged_each_dirty(snap[i], j ? snap[j] : NULL, one_run, NULL))) return false;
    check_equal_upto(differing.most);
    return true;
}
