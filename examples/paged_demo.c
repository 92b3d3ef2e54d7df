/* SPDX-License-Identifier: MIT */
/* What a snapshot costs: 100 MiB are filled and frozen, then 10 pages are written.
 *
 *     paged_demo [-v]
 *
 * That makes two images of 100 MiB, each of them complete, in the memory of one and of 10 pages. The program checks what
 * it says: the snapshot's own count against the pages, the kernel's count of the process's memory against a bound, and
 * both images against what was written. With -v it prints the kernel's figures, which differ from run to run. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define COW_PAGED
#define COW_IMPLEMENTATION
#include "cow/cow.h"

enum { mib = 1024 * 1024, region_bytes = 100 * mib, pages_written = 10, most_bookkeeping = 128 };

static void die(const char *what) {
    fprintf(stderr, "paged_demo: %s\n", what);
    exit(1);
}

static void die_of_cow(const char *what) {
    fprintf(stderr, "paged_demo: %s: %s\n", what, cow_error_text(cow_error()));
    exit(1);
}

/* ---- What the region holds ---- */

static size_t page_size(void) { return (size_t)sysconf(_SC_PAGESIZE); }
static size_t words(void) { return region_bytes / sizeof(uint64_t); }

/* The first word of the i-th page that is written: they are spread over the region. */
static size_t written_word(size_t i) {
    size_t pages = region_bytes / page_size();
    return (pages / pages_written * i + i) * page_size() / sizeof(uint64_t);
}

static uint64_t first_value(size_t word) { return (uint64_t)word * 0x9E3779B97F4A7C15U; }

static uint64_t add_to_sum(uint64_t sum, uint64_t value) { return sum * 31 + value; }

static uint64_t sum_of(const uint64_t *image) {
    uint64_t sum = 0;
    for (size_t i = 0; i < words(); i++) sum = add_to_sum(sum, image[i]);
    return sum;
}

/* What sum_of should give, before the 10 pages are written and after. It looks at no image. */
static uint64_t sum_expected(bool written) {
    uint64_t sum = 0;
    for (size_t i = 0, next = 0; i < words(); i++) {
        bool changed = written && next < pages_written && i == written_word(next);
        next += changed;
        sum = add_to_sum(sum, changed ? ~first_value(i) : first_value(i));
    }
    return sum;
}

static void fill(uint64_t *data) {
    for (size_t i = 0; i < words(); i++) data[i] = first_value(i);
}

static void write_pages(uint64_t *data) {
    for (size_t i = 0; i < pages_written; i++) data[written_word(i)] = ~data[written_word(i)];
}

/* ---- What the kernel says ---- */

/* The number behind `name` in a file of /proc, in KiB. Read without stdio, whose buffers would be counted. */
static long kib_in(const char *path, const char *name) {
    static char text[8192];
    int file = open(path, O_RDONLY);
    ssize_t n = file < 0 ? -1 : read(file, text, sizeof text - 1);
    if (file >= 0) close(file);
    if (n < 0) die("cannot read the memory's figures in /proc");
    text[n] = '\0';
    const char *line = strstr(text, name);
    if (!line) die("the kernel does not tell the memory of a process by its kind (Linux 5.4 does)");
    return strtol(line + strlen(name), NULL, 10);
}

/* Memory of this process: of its own, and of files that are nothing but memory, as the region is. A page that two mappings
 * show counts once. Program files are left out: they count by how many processes run them, and those come and go. */
static long memory_now(void) {
    return kib_in("/proc/self/smaps_rollup", "\nPss_Anon:") + kib_in("/proc/self/smaps_rollup", "\nPss_Shmem:");
}

static long page_tables_now(void) { return kib_in("/proc/self/status", "\nVmPTE:"); }

/* ---- The demonstration ---- */

static bool count_bytes(size_t offset, size_t n, void *bytes) {
    (void)offset;
    *(size_t *)bytes += n;
    return true;
}

static void check(bool right, const char *otherwise) {
    if (!right) die(otherwise);
}

static void print_snapshot(const cow_snap *s) {
    size_t held = cow_snap_held(s), differs = 0;
    if (!cow_paged_each_dirty(s, NULL, count_bytes, &differs)) die_of_cow("cannot compare");
    check(held == pages_written * page_size(), "the snapshot holds something else than the pages written");
    check(differs == held, "the snapshot differs in something else than the pages written");
    printf("snapshot: of 100 MiB it holds %zu KiB, the %zu pages written since\n", held / 1024, differs / page_size());
    printf("shared:   %.2f%%\n", 100.0 - 100.0 * (double)held / region_bytes);
}

/* Bookkeeping is a bit and four bytes for each page, which take memory where pages are written. */
static void print_memory(long before, long after, const cow_snap *s) {
    long held = (long)(cow_snap_held(s) / 1024), rest = after - before - held;
    check(rest >= 0, "the kernel counts less than the snapshot holds");
    check(rest < most_bookkeeping, "the kernel counts much more than the snapshot holds");
    printf("memory:   %ld KiB plus bookkeeping, less than %d KiB\n", held, most_bookkeeping);
}

static void print_sums(const uint64_t *live, const uint64_t *frozen) {
    uint64_t live_sum = sum_of(live), frozen_sum = sum_of(frozen);
    check(live_sum == sum_expected(true), "the region is not what was written");
    check(frozen_sum == sum_expected(false), "the snapshot is not what the region was");
    printf("region:   checksum %016" PRIx64 ", as written\n", live_sum);
    printf("snapshot: checksum %016" PRIx64 ", as it was\n", frozen_sum);
}

int main(int count, char **arguments) {
    bool verbose = count > 1 && strcmp(arguments[1], "-v") == 0;
    cow_paged *r = cow_paged_new(region_bytes, NULL);
    if (!r) die_of_cow("cannot make a region");
    uint64_t *data = cow_paged_data(r);
    fill(data);
    check(sum_of(data) == sum_expected(false), "the region is wrong before anything happened");
    printf("region:   100 MiB filled, a snapshot taken, %d pages written\n", pages_written);
    (void)memory_now(); /* what printing and reading the figures takes is there when they are compared */
    long memory = memory_now(), tables = page_tables_now();

    cow_snap *s = cow_paged_snapshot(r);
    if (!s) die_of_cow("cannot take a snapshot");
    write_pages(data);
    print_snapshot(s);
    print_sums(data, cow_snap_data(s));
    long memory_after = memory_now(), tables_after = page_tables_now(); /* all of both images was read */
    print_memory(memory, memory_after, s);
    if (verbose) {
        printf("kernel:   %ld KiB before, %ld KiB after: %ld KiB more\n", memory, memory_after, memory_after - memory);
        printf("tables:   %ld KiB more, with which the second image is read\n", tables_after - tables);
    }
    cow_snap_drop(s);
    cow_paged_free(r);
    return 0;
}
