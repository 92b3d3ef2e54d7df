/* SPDX-License-Identifier: MIT */
/* What every unit test starts with: cmocka, the counting allocator, the tracked element. Include it before cow/cow.h. */
#ifndef KIT_H
#define KIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "kit_tracked.h"

/* Each unit test runs between these two: nothing armed before, nothing left after. */
static inline int kit_setup(void **state) {
    (void)state;
    kit_context[0] = 0;
    kit_abandon();
    tracked_abandon();
    kit_fail_none();
    return 0;
}

static inline int kit_teardown(void **state) {
    (void)state;
    kit_fail_none();
    tracked_fail_none();
    size_t lost = kit_lost_blocks();
    if (lost) fprintf(stderr, "%zu blocks (%zu bytes in all) are left\n", lost, kit.bytes);
    if (lives.alive) fprintf(stderr, "%zu elements are left\n", lives.alive);
    bool clean = lost == 0 && lives.alive == 0;
    kit_abandon();
    tracked_abandon();
    return clean ? 0 : -1;
}

#define UNIT(test) cmocka_unit_test_setup_teardown(test, kit_setup, kit_teardown)

/* For a test that freezes: what is immortal by design is given up, after the test has checked everything else. */
static inline void kit_give_up_immortals(void) {
    kit_abandon();
    tracked_abandon();
}

#endif
