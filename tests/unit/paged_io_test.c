/* SPDX-License-Identifier: MIT */
/* paged_io: what the kernel writes into a region. A bare call into protected pages fails, which is looked at here,
   too; those of cow write, and every snapshot stays what it was, also one that is taken while the call waits for its
   data. */
#define _GNU_SOURCE
#define COW_PAGED
#include "kit.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

/* The kit's allocator is for one thread, and threads read here: it is not used. */
#undef COW_MALLOC
#undef COW_REALLOC
#undef COW_FREE
#define COW_IMPLEMENTATION
#include "cow/cow.h"

#define LENGTH(a) (sizeof(a) / sizeof *(a))

enum { PAGES = 40 };

static cow_paged_detector by_mprotect = COW_PAGED_MPROTECT, by_copy = COW_PAGED_COPY;

/* A region of ones and a snapshot of it; two ends of a pipe or of sockets. */
typedef struct bench {
    cow_paged *r;
    cow_snap *s;
    char *data;
    size_t page;
    int end[2];
    bool catches;
} bench;

static bench set_up(void **state) {
    bench b = {0};
    cow_paged_options o = {0};
    b.page = (size_t)sysconf(_SC_PAGESIZE);
    o.detector = *(const cow_paged_detector *)*state;
    b.catches = o.detector == COW_PAGED_MPROTECT;
    b.r = cow_paged_new(PAGES * b.page, &o);
    assert_non_null(b.r);
    b.data = (char *)cow_paged_data(b.r);
    memset(b.data, 1, PAGES * b.page);
    b.s = cow_paged_snapshot(b.r);
    assert_non_null(b.s);
    return b;
}

static bool ones(const char *p, size_t n) {
    for (size_t i = 0; i < n; i++)
        if (p[i] != 1) return false;
    return true;
}

static void tear_down(bench *b) {
    assert_true(ones((const char *)cow_snap_data(b->s), PAGES * b->page));
    cow_snap_drop(b->s);
    cow_paged_free(b->r);
    if (b->end[0]) assert_true(close(b->end[0]) == 0 && close(b->end[1]) == 0);
}

/* Only [from, from + n) was written. */
static void check_written(const bench *b, size_t from, const char *text, size_t n) {
    assert_memory_equal(b->data + from, text, n);
    assert_true(ones(b->data, from) && ones(b->data + from + n, PAGES * b->page - from - n));
}

static void send_text(const bench *b, const char *text, size_t n) {
    assert_int_equal(write(b->end[1], text, n), (ssize_t)n);
}

static char *text_of(size_t n) {
    char *text = (char *)malloc(n);
    assert_non_null(text);
    for (size_t i = 0; i < n; i++) text[i] = (char)('a' + i % 26);
    return text;
}

/* ---- each call ---- */

static void a_bare_read_fails_and_that_of_cow_does_not(void **state) {
    bench b = set_up(state);
    assert_int_equal(pipe(b.end), 0);
    size_t n = 2 * b.page, from = 3 * b.page - 100;
    char *text = text_of(n);
    send_text(&b, text, n);
    if (b.catches) {
        errno = 0;
        assert_int_equal(read(b.end[0], b.data + from, n), -1);
        assert_int_equal(errno, EFAULT);
        assert_true(ones(b.data, PAGES * b.page));
    }
    assert_int_equal(cow_paged_read(b.r, b.end[0], b.data + from, n), (ssize_t)n);
    check_written(&b, from, text, n);
    free(text);
    tear_down(&b);
}

/* Memory outside, in part inside, and nothing at all; and errors are those of the call. */
static void read_takes_any_memory(void **state) {
    bench b = set_up(state);
    char own[8] = {0};
    assert_int_equal(pipe(b.end), 0);
    send_text(&b, "abcdefgh", 8);
    assert_int_equal(cow_paged_read(b.r, b.end[0], own, 3), 3);
    assert_int_equal(cow_paged_read(b.r, b.end[0], b.data, 0), 0);
    assert_int_equal(cow_paged_read(b.r, b.end[0], b.data + PAGES * b.page - 5, 5), 5);
    assert_memory_equal(own, "abc\0\0\0\0\0", 8);
    check_written(&b, PAGES * b.page - 5, "defgh", 5);
    errno = 0;
    assert_int_equal(cow_paged_read(b.r, -1, b.data, 5), -1);
    assert_int_equal(errno, EBADF);
    tear_down(&b);
}

static void readv_writes_all_parts(void **state) {
    bench b = set_up(state);
    char own[4], text[] = "0123456789abcdef";
    struct iovec parts[] = {
        {b.data + 7 * b.page - 2, 4}, {own, sizeof own}, {b.data + 20 * b.page, 0}, {b.data + 9 * b.page, 8}};
    assert_int_equal(pipe(b.end), 0);
    send_text(&b, text, 16);
    assert_int_equal(cow_paged_readv(b.r, b.end[0], parts, (int)LENGTH(parts)), 16);
    assert_memory_equal(b.data + 7 * b.page - 2, text, 4);
    assert_memory_equal(own, text + 4, 4);
    assert_memory_equal(b.data + 9 * b.page, text + 8, 8);
    errno = 0;
    assert_int_equal(cow_paged_readv(b.r, b.end[0], parts, -1), -1);
    assert_int_equal(errno, EINVAL);
    tear_down(&b);
}

/* A datagram that cannot be delivered is lost: a bare recv loses it. */
static void recv_loses_no_datagram(void **state) {
    bench b = set_up(state);
    assert_int_equal(socketpair(AF_UNIX, SOCK_DGRAM, 0, b.end), 0);
    send_text(&b, "first", 5);
    send_text(&b, "second", 6);
    if (b.catches) {
        assert_int_equal(recv(b.end[0], b.data + 5 * b.page, 100, MSG_DONTWAIT), -1);
        assert_int_equal(errno, EFAULT);
        assert_true(ones(b.data, PAGES * b.page));
    } else
        assert_int_equal(recv(b.end[0], b.data + 5 * b.page, 100, 0), 5);
    memset(b.data, 1, PAGES * b.page);
    cow_snap *t = cow_paged_snapshot(b.r);
    assert_non_null(t);
    send_text(&b, "third", 5);
    char *to = b.data + 6 * b.page - 3;
    ssize_t got = cow_paged_recv(b.r, b.end[0], to, 100, 0);
    if (got == 5 && memcmp(to, "first", 5) == 0)
        got = cow_paged_recv(b.r, b.end[0], to, 100, 0); /* kernels that keep it */
    assert_int_equal(got, 6);
    check_written(&b, 6 * b.page - 3, "second", 6);
    assert_int_equal(cow_paged_recv(b.r, b.end[0], to, 3, MSG_TRUNC), 5);
    assert_memory_equal(to, "thiond", 6);
    assert_true(ones((const char *)cow_snap_data(t), PAGES * b.page));
    cow_snap_drop(t);
    tear_down(&b);
}

/* The address of the sender and its length may lie in the region, too. */
static void recvfrom_tells_the_sender(void **state) {
    bench b = set_up(state);
    struct sockaddr_un name;
    struct sockaddr *from = (struct sockaddr *)(void *)(b.data + 11 * b.page - 4);
    socklen_t *from_n = (socklen_t *)(void *)(b.data + 13 * b.page), n = sizeof name;
    assert_int_equal(socketpair(AF_UNIX, SOCK_DGRAM, 0, b.end), 0);
    memset(&name, 0, sizeof name);
    name.sun_family = AF_UNIX;
    int bound = snprintf(name.sun_path + 1, sizeof name.sun_path - 1, "cow-paged-io-%ld", (long)getpid());
    n = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + (size_t)bound);
    assert_int_equal(bind(b.end[1], (const struct sockaddr *)(const void *)&name, n), 0);
    *from_n = sizeof name;
    cow_snap *t = cow_paged_snapshot(b.r);
    send_text(&b, "hello", 5);
    assert_int_equal(cow_paged_recvfrom(b.r, b.end[0], b.data + 2, 50, 0, from, from_n), 5);
    assert_memory_equal(b.data + 2, "hello", 5);
    assert_int_equal(*from_n, n);
    assert_memory_equal(from, &name, n);
    assert_true(t && ones((const char *)cow_snap_data(t), 13 * b.page));
    cow_snap_drop(t);
    tear_down(&b);
}

static void fread_fills_from_a_file(void **state) {
    bench b = set_up(state);
    size_t n = 5 * b.page + 10;
    char *text = text_of(n);
    FILE *f = tmpfile();
    assert_non_null(f);
    assert_int_equal(fwrite(text, 1, n, f), n);
    rewind(f);
    assert_int_equal(cow_paged_fread(b.r, b.data + 9, 10, n / 10, f), n / 10);
    check_written(&b, 9, text, n / 10 * 10);
    assert_int_equal(cow_paged_fread(b.r, b.data + 9, 1, 100, f), n % 10);
    assert_true(feof(f));
    assert_int_equal(cow_paged_fread(b.r, b.data, SIZE_MAX, 2, f), 0);
    assert_int_equal(fclose(f), 0);
    free(text);
    tear_down(&b);
}

/* ---- snapshots while a call waits ---- */

typedef struct reading {
    bench *b;
    size_t from, n;
    ssize_t got;
    atomic_bool done;
} reading;

static void *read_and_wait(void *job) {
    reading *r = (reading *)job;
    r->got = cow_paged_read(r->b->r, r->b->end[0], r->b->data + r->from, r->n);
    atomic_store(&r->done, true);
    return NULL;
}

static void wait_ms(long ms) {
    struct timespec t = {0, ms * 1000000};
    (void)nanosleep(&t, NULL);
}

/* The pages that the call waits with are open, and those around them are caught as ever. */
static void a_snapshot_while_a_read_waits_keeps_both_right(void **state) {
    for (int bare = 0; bare < 2; bare++) {
        bench b = set_up(state);
        assert_int_equal(pipe(b.end), 0);
        reading r = {&b, 10 * b.page - 8, 2 * b.page, 0, false};
        pthread_t thread;
        char *text = text_of(r.n), *was = (char *)malloc(PAGES * b.page), *got = (char *)malloc(PAGES * b.page);
        cow_snap *s[4];
        assert_true(was && got && pthread_create(&thread, NULL, read_and_wait, &r) == 0);
        wait_ms(30);
        b.data[10 * b.page + 500] = 7; /* before the kernel writes there */
        memcpy(was, b.data, PAGES * b.page);
        for (size_t i = 0; i < LENGTH(s); i++) {
            s[i] = bare ? cow_paged_snapshot_bare(b.r) : cow_paged_snapshot(b.r);
            assert_non_null(s[i]);
            b.data[(20 + i) * b.page] = 5;
            if (i == 1) send_text(&b, text, 12);
            while (i == 1 && !atomic_load(&r.done)) wait_ms(1);
        }
        assert_true(pthread_join(thread, NULL) == 0 && r.got == 12);
        assert_memory_equal(b.data + r.from, text, 12);
        assert_int_equal(b.data[10 * b.page + 500], 7);
        memset(b.data, 9, PAGES * b.page);
        for (size_t i = 0; i < LENGTH(s); i++) {
            if (i) was[(20 + i - 1) * b.page] = 5;
            if (i == 2) memcpy(was + r.from, text, 12);
            assert_true(cow_snap_read(s[i], 0, got, PAGES * b.page));
            assert_memory_equal(got, was, PAGES * b.page);
            cow_snap_drop(s[i]);
        }
        free(text);
        free(was);
        free(got);
        tear_down(&b);
    }
}

/* After the call its pages are protected by the next snapshot, as all are. */
static void what_was_read_into_is_caught_again(void **state) {
    bench b = set_up(state);
    assert_int_equal(pipe(b.end), 0);
    send_text(&b, "abc", 3);
    assert_int_equal(cow_paged_read(b.r, b.end[0], b.data + 8 * b.page, 3), 3);
    cow_snap *t = cow_paged_snapshot(b.r);
    assert_non_null(t);
    if (b.catches) {
        send_text(&b, "def", 3);
        assert_int_equal(read(b.end[0], b.data + 8 * b.page, 3), -1);
        assert_int_equal(errno, EFAULT);
    }
    b.data[8 * b.page] = 'x';
    assert_memory_equal((const char *)cow_snap_data(t) + 8 * b.page, "abc", 3);
    cow_snap_drop(t);
    tear_down(&b);
}

/* When snapshots hold all they may and writers wait, a call does not: it says so, and takes nothing from its file. */
static void no_room_is_an_error(void **state) {
    (void)state;
    cow_paged_options o = {0};
    bench b = {0};
    b.page = (size_t)sysconf(_SC_PAGESIZE);
    o.most_held = b.page;
    o.when_full = COW_PAGED_WAIT;
    b.r = cow_paged_new(PAGES * b.page, &o);
    assert_true(b.r != NULL && pipe(b.end) == 0);
    b.data = (char *)cow_paged_data(b.r);
    memset(b.data, 1, PAGES * b.page);
    b.s = cow_paged_snapshot(b.r);
    send_text(&b, "abc", 3);
    struct iovec parts[] = {{b.data, 1}, {b.data + 20 * b.page, 2}};
    cow__set_error(COW_OK);
    errno = 0;
    assert_int_equal(cow_paged_readv(b.r, b.end[0], parts, 2), -1);
    assert_true(errno == EFAULT && cow_error() == COW_CONFLICT);
    assert_int_equal(cow_paged_read(b.r, b.end[0], b.data, 1), 1);
    assert_int_equal(b.data[0], 'a');
    tear_down(&b);
}

/* A snapshot copies at once what a call is writing to: that counts, too. */
static void what_a_call_writes_to_is_held_at_once(void **state) {
    (void)state;
    for (int wait = 0; wait < 2; wait++) {
        cow_paged_options o = {0};
        bench b = {0};
        b.page = (size_t)sysconf(_SC_PAGESIZE);
        o.most_held = 3 * b.page;
        o.when_full = wait ? COW_PAGED_WAIT : COW_PAGED_INVALIDATE;
        b.r = cow_paged_new(PAGES * b.page, &o);
        assert_true(b.r != NULL && pipe(b.end) == 0);
        b.data = (char *)cow_paged_data(b.r);
        memset(b.data, 1, PAGES * b.page);
        b.s = cow_paged_snapshot(b.r);
        reading r = {&b, 10 * b.page, 2 * b.page, 0, false};
        pthread_t thread;
        assert_int_equal(pthread_create(&thread, NULL, read_and_wait, &r), 0);
        wait_ms(30);
        assert_int_equal(cow_snap_held(b.s), 2 * b.page);
        cow_snap *s = cow_paged_snapshot(b.r);
        assert_true(wait ? !s && cow_error() == COW_CONFLICT && cow_snap_ok(b.s) : s && !cow_snap_ok(b.s));
        if (s) assert_int_equal(cow_snap_held(s), 2 * b.page);
        send_text(&b, "abc", 3);
        assert_true(pthread_join(thread, NULL) == 0 && r.got == 3);
        if (s) assert_true(ones(cow_snap_data(s), PAGES * b.page));
        assert_memory_equal(b.data + 10 * b.page, "abc", 3);
        cow_snap_drop(s);
        cow_snap_drop(b.s);
        cow_paged_free(b.r);
        assert_true(close(b.end[0]) == 0 && close(b.end[1]) == 0);
    }
}

/* ---- What is written to a file ---- */

static void check_file(int file, size_t n) {
    char *text = text_of(n), more;
    assert_int_equal(lseek(file, 0, SEEK_SET), 0);
    for (size_t got = 0; got < n;) {
        ssize_t part = read(file, text + got, n - got);
        assert_true(part > 0);
        got += (size_t)part;
    }
    assert_true(ones(text, n) && read(file, &more, 1) == 0);
    free(text);
}

static void save_and_check(const cow_snap *s, size_t from, size_t n) {
    FILE *f = tmpfile();
    assert_non_null(f);
    assert_true(cow_snap_write(s, from, n, fileno(f)));
    check_file(fileno(f), n);
    assert_int_equal(fclose(f), 0);
}

static void a_snapshot_is_written_to_a_file(void **state) {
    bench b = set_up(state);
    cow_snap *bare = cow_paged_snapshot_bare(b.r);
    assert_non_null(bare);
    for (size_t p = 0; p < PAGES; p += 3) b.data[p * b.page + p] = 2;
    save_and_check(b.s, 0, PAGES * b.page);
    save_and_check(bare, 0, PAGES * b.page);
    save_and_check(b.s, 5, 3 * b.page);
    save_and_check(bare, b.page + 7, 5 * b.page + 1);
    save_and_check(bare, PAGES * b.page, 0);
    assert_false(cow_snap_write(bare, 1, PAGES * b.page, 1));
    assert_int_equal(cow_error(), COW_RANGE);
    cow_snap_drop(bare);
    tear_down(&b);
}

static void a_file_that_cannot_be_written_is_an_error(void **state) {
    bench b = set_up(state);
    int file = open("/dev/full", O_WRONLY);
    assert_true(file >= 0);
    cow_snap *bare = cow_paged_snapshot_bare(b.r);
    const cow_snap *both[] = {b.s, bare};
    for (size_t i = 0; i < 2; i++) {
        errno = 0;
        assert_false(cow_snap_write(both[i], 0, b.page, file));
        assert_true(cow_error() == COW_IO && errno == ENOSPC);
    }
    cow_snap_drop(bare);
    assert_int_equal(close(file), 0);
    tear_down(&b);
}

/* Writing there is a fault in the chunk that is being read. */
static void a_snapshot_is_read_into_its_own_region(void **state) {
    bench b = set_up(state);
    cow_snap *bare = cow_paged_snapshot_bare(b.r);
    assert_non_null(bare);
    memset(b.data, 3, 2 * b.page);
    cow_snap *after = cow_paged_snapshot(b.r);
    assert_true(cow_snap_read(bare, 0, b.data, PAGES * b.page));
    assert_true(ones(b.data, PAGES * b.page) && ((const char *)cow_snap_data(after))[b.page] == 3);
    cow_snap_drop(after);
    cow_snap_drop(bare);
    tear_down(&b);
}

/* A region that was never written takes no memory by being saved. */
static void saving_takes_no_memory(void **state) {
    enum { LARGE = 4000 };
    bench b = set_up(state);
    cow_paged_options o = {0};
    o.detector = *(const cow_paged_detector *)*state;
    cow_paged *r = cow_paged_new(LARGE * b.page, &o);
    cow_snap *bare = r ? cow_paged_snapshot_bare(r) : NULL;
    assert_non_null(bare);
    int file = open("/dev/null", O_WRONLY);
    cow_paged_stats before, after;
    cow_paged_stats_of(r, &before);
    assert_true(file >= 0 && cow_snap_write(bare, 0, LARGE * b.page, file));
    cow_paged_stats_of(r, &after);
    if (b.catches && before.pss) assert_in_range(after.pss, 1, before.pss + LARGE / 4 * b.page);
    assert_int_equal(close(file), 0);
    cow_snap_drop(bare);
    cow_paged_free(r);
    tear_down(&b);
}

#define EACH_WAY(test) cmocka_unit_test_prestate(test, &by_mprotect), cmocka_unit_test_prestate(test, &by_copy)

/* valgrind cannot make the stack of the main thread larger while it delivers a signal. */
static void use_some_stack(void) {
    volatile char deep[65536];
    for (size_t i = 0; i < sizeof deep; i += 1024) deep[i] = 0;
}

int main(void) {
    use_some_stack();
    const struct CMUnitTest tests[] = {
        EACH_WAY(a_bare_read_fails_and_that_of_cow_does_not),
        EACH_WAY(read_takes_any_memory),
        EACH_WAY(readv_writes_all_parts),
        EACH_WAY(recv_loses_no_datagram),
        EACH_WAY(recvfrom_tells_the_sender),
        EACH_WAY(fread_fills_from_a_file),
        EACH_WAY(a_snapshot_while_a_read_waits_keeps_both_right),
        EACH_WAY(what_was_read_into_is_caught_again),
        EACH_WAY(a_snapshot_is_written_to_a_file),
        EACH_WAY(a_file_that_cannot_be_written_is_an_error),
        EACH_WAY(a_snapshot_is_read_into_its_own_region),
        EACH_WAY(saving_takes_no_memory),
        cmocka_unit_test(no_room_is_an_error),
        cmocka_unit_test(what_a_call_writes_to_is_held_at_once),
    };
    return cmocka_run_group_tests_name("paged_io", tests, NULL, NULL);
}
