/* SPDX-License-Identifier: MIT */
/* drop: what a drop hook may count on. What it drops is gone when the call returns, at least 16 values deep; deeper ones wait for
 * the outermost drop, so that ten million of them need no stack. */
#include "arrays.h"

#define COW_ARRAY track_rows, tracks
#include "cow/cow.h"

/* ---- a document brings the allocator of its table, and both end with it ---- */

typedef struct arena {
    cow_alloc functions;
    size_t blocks;
    bool open;
} arena;

typedef struct document {
    arena *memory;
    track_rows table;
} document;

static size_t left_in_hook; /* blocks in a document's arena after its hook dropped the table */

static void *arena_alloc(void *context, size_t size) {
    arena *a = context;
    KIT_CHECK(a->open);
    a->blocks++;
    return kit_malloc(size);
}

static void arena_release(void *context, void *block, size_t size) {
    arena *a = context;
    KIT_CHECK(a->open && "an allocator is used after its end");
    a->blocks--;
    kit_free(block, size);
}

static void document_drop(document *d) {
    track_rows_drop(&d->table);
    left_in_hook += d->memory->blocks;
    d->memory->open = false; /* whoever comes later finds it closed */
}

static bool document_copy(document *copy, const document *from) {
    (void)copy;
    (void)from;
    return false; /* a document is one of a kind */
}

#define COW_ARRAY documents, document
#define COW_COPY document_copy
#define COW_DROP document_drop
#include "cow/cow.h"

static void a_hook_may_end_the_allocator_of_what_it_dropped(void **state) {
    (void)state;
    enum { DOCUMENTS = 3 };
    static arena memory[DOCUMENTS];
    documents shelf = {0};
    left_in_hook = 0;
    for (int i = 0; i < DOCUMENTS; i++) {
        memory[i] = (arena){{arena_alloc, NULL, arena_release, &memory[i]}, 0, true};
        document d = {&memory[i], {0}};
        assert_true(track_rows_new_in(&d.table, 4, &memory[i].functions));
        for (int row = 0; row < 3; row++) assert_true(track_rows_push(&d.table, tracks_run(0, 4)));
        assert_true(documents_push(&shelf, d));
    }
    assert_int_equal(lives.alive, DOCUMENTS * 12);
    assert_true(documents_erase(&shelf, 1));
    assert_int_equal(lives.alive, (DOCUMENTS - 1) * 12);
    documents_drop(&shelf);
    assert_int_equal(lives.alive, 0);
#ifndef COW_DEBUG /* where dead blocks stay in quarantine */
    assert_int_equal(left_in_hook, 0);
#endif
}

/* ---- boxes in boxes ---- */

typedef struct box box;
#define COW_ARRAY boxes, box
#define COW_FORWARD
#include "cow/cow.h"
struct box {
    tracked label; /* how many values hold this one */
    boxes inner;
};

static size_t late; /* hooks that found other boxes alive than those around their own */

static bool box_copy(box *copy, const box *from) {
    if (!tracked_copy(&copy->label, &from->label)) return false;
    copy->inner = boxes_copy(&from->inner);
    return true;
}

/* Only the boxes around this one may still be alive behind the inner drop: one for each level above, and this one. */
static void box_drop(box *b) {
    size_t around = (size_t)tracked_value(&b->label) + 1;
    boxes_drop(&b->inner);
    late += lives.alive != around;
    tracked_drop(&b->label);
}

#define COW_ARRAY boxes, box
#define COW_FORWARDED
#define COW_COPY box_copy
#define COW_DROP box_drop
#include "cow/cow.h"

/* A value of `depth` buffers, one inside the other. */
static boxes nest(int depth) {
    boxes outer = {0};
    for (int level = depth - 1; level >= 0; level--) {
        box b = {tracked_make(level), outer};
        outer = (boxes){0};
        assert_true(boxes_push(&outer, b));
    }
    return outer;
}

static void what_a_hook_drops_is_gone_at_once(void **state) {
    (void)state;
    for (int levels = 1; levels <= 16; levels++) {
        boxes a = nest(levels);
        late = 0;
        assert_int_equal(lives.alive, levels);
        boxes_drop(&a);
        assert_int_equal(late, 0);
        assert_int_equal(lives.alive, 0);
    }
}

static void deeper_values_are_gone_with_the_outermost(void **state) {
    (void)state;
    for (int levels = 17; levels < 1000; levels += 41) {
        boxes a = nest(levels);
        assert_int_equal(lives.alive, levels);
        boxes_drop(&a);
        assert_int_equal(lives.alive, 0);
        assert_int_equal(kit_lost_blocks(), 0);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        UNIT(a_hook_may_end_the_allocator_of_what_it_dropped),
        UNIT(what_a_hook_drops_is_gone_at_once),
        UNIT(deeper_values_are_gone_with_the_outermost),
    };
    return cmocka_run_group_tests_name("drop", tests, NULL, NULL);
}
