/* SPDX-License-Identifier: MIT */
/* paged_fuzz: writes to a region, and snapshots of it that are taken, copied, restored and dropped in any order; after each
   operation the region and every snapshot are compared with a copy of what they should hold. The region is of a few dozen pages,
   sometimes of large ones, sometimes without a detector, and sometimes snapshots may hold little. See program.h. */
#define FUZZ_TARGET
#include "kit.h"
#include "paged_world.h"
#include "program.h"

/* ---- Plans ---- */

static size_t size_of(size_t i) { return wanted[i].n; }

static bool pick_value(void) {
    value = next_byte();
    return true;
}

/* A place near the border of a page, or anywhere. */
static size_t pick_place(size_t most) {
    size_t place = below(size_of(0) / PAGE) * PAGE, where = below(4), by = below(PAGE);
    place += where == 0 ? 0 : where == 1 ? PAGE - 1 : where == 2 ? PAGE - 4 + by % 8 : by;
    return place < most ? place : most;
}

static bool pick_byte(void) {
    at = pick_place(size_of(0) - 1);
    return pick_value();
}

static bool pick_word(void) {
    at = pick_place(size_of(0) - 4);
    return pick_value();
}

static bool pick_piece(size_t most) {
    at = pick_place(size_of(0) - 1);
    count = 1 + below(most);
    if (at + count > size_of(0)) count = size_of(0) - at;
    return pick_value();
}

static bool pick_pages(void) {
    at = pick_place(size_of(0) - 1);
    count = 1 + below(16);
    if (at + (count - 1) * PAGE >= size_of(0)) count = (size_of(0) - 1 - at) / PAGE + 1;
    return pick_value();
}

static bool pick_two_pieces(void) {
    at = pick_place(size_of(0) - 1);
    from = pick_place(size_of(0) - 1);
    length = 1 + below(2 * PAGE);
    if (at + length > size_of(0)) length = size_of(0) - at;
    if (from + length > size_of(0)) length = size_of(0) - from;
    return true;
}

/* The kind of a new size: up to the reserve, or, once in a while, past it. */
static bool pick_size(void) {
    size_t step = options.granule ? options.granule : PAGE;
    count = size_of(0) + below(5) * step;
    if (below(8) == 7) count = MOST + step;
    if (count > MOST) refusal = COW_RANGE;
    return true;
}

static bool is_there(size_t i) { return i > 0 && wanted[i].kind != NOTHING; }

static bool is_free(size_t i) { return i > 0 && wanted[i].kind == NOTHING; }

static bool pick_source(void) {
    other = below(IMAGES);
    return is_free(self) && is_there(other);
}

static bool pick_beyond(void) {
    if (!is_there(self)) return false;
    at = size_of(self) - below(PAGE);
    count = size_of(self) - at + 1;
    refusal = COW_RANGE;
    return true;
}

static bool pick_other(void) {
    other = below(IMAGES);
    return is_there(self) && (other == 0 || is_there(other));
}

/* Where snapshots may hold little, the one that is restored may be given up half-way. */
static bool can_restore(void) { return is_there(self) && !options.most_held; }

/* ---- Operations ---- */

/* clang-format off */
#define OPERATIONS(TRY, IS, DO) \
    DO(byte, 8, pick_byte(), fill(at, 1, value), want_fill(at, 1, value)) \
    DO(word, 6, pick_word(), put_word(at, value), want_fill(at, 4, value)) \
    DO(run, 5, pick_piece(3 * PAGE), fill(at, count, value), want_fill(at, count, value)) \
    DO(forwards, 5, pick_pages(), stride(at, count, value), want_stride(at, count, value)) \
    DO(backwards, 2, pick_pages(), stride_back(at, count, value), want_stride(at, count, value)) \
    DO(copy_within, 4, pick_two_pieces(), move(at, from, length), want_move(at, from, (long long)length)) \
    TRY(announce, 4, pick_piece(3 * PAGE), will_write(at, count), (void)0) \
    TRY(kernel, 3, pick_piece(PAGE), receive(at, count, value), want_fill(at, count, value)) \
    TRY(grow, 2, pick_size(), grow(count), want_size(count, 0, 0)) \
    TRY(snapshot, 10, is_free(self), take(self, false), want_snap(self, 0, VIEW)) \
    TRY(snapshot_bare, 7, is_free(self), take(self, true), want_snap(self, 0, BARE)) \
    DO(copy, 2, pick_source(), copy_snap(self, other), want_snap(self, other, wanted[other].kind)) \
    DO(drop, 8, is_there(self), drop_snap(self), want_nothing(self, 0, 0)) \
    TRY(read_beyond, 1, pick_beyond(), read_snap(self, at, count), (void)0) \
    TRY(restore, 6, can_restore(), restore(self), want_restore(self, 0, 0)) \
    TRY(dirty, 5, pick_other(), each_dirty(self, other), (void)0)
/* clang-format on */

PROGRAM_TABLE

static void begin(void) { configure(text, text_length); }

static void print_wanted(FILE *out, size_t i) { (void)fprintf(out, "    %s;\n", wanted[i].how); }

static const char *const world[] = {
#include "paged_world.inc"
    NULL};

const struct target fuzz_target = {
    .name = "paged",
    .operations = operations,
    .count = sizeof operations / sizeof *operations,
    .wanted = wanted,
    .values = IMAGES,
    .value_size = sizeof *wanted,
    .print_wanted = print_wanted,
    .begin = begin,
    .opening = "configure(text, text_length)",
    .check_all = check_all,
    .finish = finish,
    .text_most = 6,
    .fallible = true,
    .world = world,
};
