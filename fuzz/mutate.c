/* SPDX-License-Identifier: MIT */
/* mutate: changes inputs by whole operations, for libFuzzer and, through afl_mutator.c, for AFL++. Also reads and writes the
   bytes of an input, see layout.h. Text is left to the fuzzer's own mutator, which knows the dictionary. */
#include "layout.h"
#include <string.h>

/* libFuzzer's mutator of plain bytes; other fuzzers and the replayer have none. */
__attribute__((weak)) size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max_size);

void layout_read(struct layout *in, const uint8_t *data, size_t size, const struct target *target) {
    memset(in, 0, sizeof *in);
    size_t most = target->text_most < TEXT_MOST ? target->text_most : TEXT_MOST;
    if (target->stateless) {
        in->text_length = size < most ? size : most;
    } else if (most && size) {
        in->text_length = *data++ % (most + 1);
        size--;
        if (in->text_length > size) in->text_length = size;
    }
    if (in->text_length) memcpy(in->text, data, in->text_length);
    if (target->stateless) return;
    in->records = (size - in->text_length) / RECORD;
    if (in->records > RECORDS_MOST) in->records = RECORDS_MOST;
    if (in->records) memcpy(in->record, data + in->text_length, in->records * RECORD);
}

size_t layout_write(const struct layout *in, uint8_t *data, size_t max_size, const struct target *target) {
    size_t size = 0, n = in->text_length;
    if (target->text_most && !target->stateless && max_size) {
        if (n > max_size - 1) n = max_size - 1;
        data[size++] = (uint8_t)n;
    }
    if (n > max_size - size) n = max_size - size;
    memcpy(data + size, in->text, n);
    size += n;
    size_t records = (max_size - size) / RECORD;
    if (records > in->records) records = in->records;
    memcpy(data + size, in->record, records * RECORD);
    return size + records * RECORD;
}

/* ---- Chance ---- */

static uint64_t chance;

static size_t dice(size_t sides) {
    chance ^= chance << 13;
    chance ^= chance >> 7;
    chance ^= chance << 17;
    return sides ? (size_t)(chance >> 11) % sides : 0;
}

static void shuffle_chance(unsigned seed) { chance = (seed + 1ull) * 0x9e3779b97f4a7c15ull; }

/* ---- Whole operations ---- */

enum { FAILURE_WEIGHT = 10 };

static size_t heavy_operation(void) {
    size_t sum = fuzz_target.fallible ? FAILURE_WEIGHT : 0;
    for (size_t i = 0; i < fuzz_target.count; i++) sum += fuzz_target.operations[i].weight;
    size_t hit = dice(sum), i = 0;
    for (; i < fuzz_target.count && hit >= fuzz_target.operations[i].weight; i++)
        hit -= fuzz_target.operations[i].weight;
    return i;
}

static void make_operation(uint8_t *record) {
    record[0] = (uint8_t)heavy_operation();
    record[1] = (uint8_t)dice(fuzz_target.values);
    for (size_t i = 2; i < RECORD; i++) record[i] = (uint8_t)(dice(3) ? dice(16) : dice(256));
}

/* Opens a gap of n operations, fewer when there is no room. Returns how many. */
static size_t open_gap(struct layout *in, size_t where, size_t n) {
    if (n > RECORDS_MOST - in->records) n = RECORDS_MOST - in->records;
    memmove(in->record + where + n, in->record + where, (in->records - where) * RECORD);
    in->records += n;
    return n;
}

static void insert_operations(struct layout *in) {
    size_t where = dice(in->records + 1), n = open_gap(in, where, 1 + dice(4));
    for (size_t i = 0; i < n; i++) make_operation(in->record[where + i]);
}

static void delete_operations(struct layout *in) {
    if (!in->records) return;
    size_t where = dice(in->records), n = 1 + dice(dice(4) ? 2 : in->records - where);
    if (n > in->records - where) n = in->records - where;
    in->records -= n;
    memmove(in->record + where, in->record + where + n, (in->records - where) * RECORD);
}

static void duplicate_operations(struct layout *in) {
    static uint8_t run[RECORDS_MOST][RECORD];
    if (!in->records) return;
    size_t start = dice(in->records), n = 1 + dice(in->records - start < 8 ? in->records - start : 8);
    memcpy(run, in->record + start, n * RECORD);
    size_t where = dice(in->records + 1);
    n = open_gap(in, where, n);
    memcpy(in->record + where, run, n * RECORD);
}

static void swap_operations(struct layout *in) {
    uint8_t t[RECORD];
    if (!in->records) return;
    uint8_t *x = in->record[dice(in->records)], *y = in->record[dice(in->records)];
    memcpy(t, x, RECORD);
    memmove(x, y, RECORD);
    memcpy(y, t, RECORD);
}

/* Keeps the arguments, so that another operation happens at the same place. */
static void change_operation(struct layout *in) {
    if (in->records) in->record[dice(in->records)][0] = (uint8_t)heavy_operation();
}

static void change_value(struct layout *in) {
    if (in->records) in->record[dice(in->records)][1] = (uint8_t)dice(fuzz_target.values);
}

static void tweak_argument(struct layout *in) {
    if (!in->records) return;
    uint8_t *byte = in->record[dice(in->records)] + 2 + dice(RECORD - 2);
    switch (dice(4)) {
    case 0: *byte = (uint8_t)(*byte + 1); return;
    case 1: *byte = (uint8_t)(*byte - 1); return;
    case 2: *byte = dice(2) ? 255 : 0; return;
    default: *byte = (uint8_t)dice(256);
    }
}

/* The fuzzer's own mutator, on the arguments of one operation: it knows numbers that comparisons were made with. */
static void mutate_arguments(struct layout *in) {
    if (in->records && LLVMFuzzerMutate)
        (void)LLVMFuzzerMutate(in->record[dice(in->records)] + 2, RECORD - 2, RECORD - 2);
    else
        tweak_argument(in);
}

static void mutate_text(struct layout *in) {
    size_t most = fuzz_target.text_most < TEXT_MOST ? fuzz_target.text_most : TEXT_MOST - 1;
    if (!most) {
        insert_operations(in);
    } else if (LLVMFuzzerMutate) {
        in->text_length = LLVMFuzzerMutate((uint8_t *)in->text, in->text_length, most);
    } else if (dice(2) && in->text_length < most) {
        in->text[in->text_length++] = (char)dice(256);
    } else if (in->text_length) {
        in->text[dice(in->text_length)] = (char)dice(256);
    }
}

static struct layout mutated, crossed;

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed) {
    static void (*const ways[])(struct layout *) = {insert_operations,    insert_operations, delete_operations,
                                                    duplicate_operations, swap_operations,   change_operation,
                                                    change_value,         tweak_argument,    tweak_argument,
                                                    mutate_arguments,     mutate_text};
    shuffle_chance(seed);
    if (fuzz_target.stateless && LLVMFuzzerMutate) return LLVMFuzzerMutate(data, size, max_size);
    layout_read(&mutated, data, size, &fuzz_target);
    for (size_t i = 1 + dice(3); i--;) {
        if (fuzz_target.stateless)
            mutate_text(&mutated);
        else
            ways[dice(sizeof ways / sizeof *ways)](&mutated);
    }
    return layout_write(&mutated, data, max_size, &fuzz_target);
}

/* The operations of `a` up to somewhere, a run of those of `b`, and the rest of `a` or nothing; the text of either. */
size_t LLVMFuzzerCustomCrossOver(const uint8_t *a, size_t a_size, const uint8_t *b, size_t b_size, uint8_t *out,
                                 size_t max_size, unsigned seed) {
    shuffle_chance(seed);
    layout_read(&mutated, a, a_size, &fuzz_target);
    layout_read(&crossed, b, b_size, &fuzz_target);
    size_t where = dice(mutated.records + 1), start = dice(crossed.records + 1);
    if (dice(2)) mutated.records = where;
    size_t n = open_gap(&mutated, where, dice(crossed.records - start + 1));
    memcpy(mutated.record + where, crossed.record + start, n * RECORD);
    if (fuzz_target.stateless) {
        size_t cut = dice(mutated.text_length + 1), tail = dice(crossed.text_length + 1);
        n = crossed.text_length - tail;
        if (n > TEXT_MOST - cut) n = TEXT_MOST - cut;
        memcpy(mutated.text + cut, crossed.text + tail, n);
        mutated.text_length = cut + n;
    } else if (dice(2)) {
        memcpy(mutated.text, crossed.text, sizeof mutated.text);
        mutated.text_length = crossed.text_length;
    }
    return layout_write(&mutated, out, max_size, &fuzz_target);
}
