/* SPDX-License-Identifier: MIT */
/*
 * A lifetime-tracked element. Every instance has an id; construct, copy and destroy are recorded by id, and a bitwise
 * move keeps it. So an element that is lost, destroyed twice, read after its death or built over a live one is seen,
 * whatever the container did with its bytes. The copy hook can fail at call k, once or from then on, and leaves
 * rubbish behind when it does. Not for use from several threads.
 */
#ifndef KIT_TRACKED_H
#define KIT_TRACKED_H

#include "kit_memory.h"

typedef struct tracked {
    uint32_t id;
    int32_t value;
} tracked;

enum { TRACKED_UNBORN = 0, TRACKED_ALIVE = 1, TRACKED_DEAD = 2 };

static struct {
    unsigned char *state; /* by id */
    size_t room;
    uint32_t last_id;
    size_t alive;
    size_t made, copied, dropped;
    size_t calls; /* of the copy hook since tracked_fail_none */
    size_t fail_at;
    bool sticky;
    size_t injected;
} lives;

static inline void tracked_fail_none(void) {
    lives.calls = 0;
    lives.fail_at = 0;
    lives.sticky = false;
    lives.injected = 0;
}

static inline void tracked_fail(size_t at, bool sticky) {
    tracked_fail_none();
    lives.fail_at = at;
    lives.sticky = sticky;
}

static inline uint32_t tracked_born(void) {
    if (++lives.last_id >= lives.room) {
        size_t room = lives.room ? 2 * lives.room : 1024;
        unsigned char *state = realloc(lives.state, room);
        KIT_CHECK(state != NULL);
        memset(state + lives.room, TRACKED_UNBORN, room - lives.room);
        lives.state = state;
        lives.room = room;
    }
    lives.state[lives.last_id] = TRACKED_ALIVE;
    lives.alive++;
    return lives.last_id;
}

static inline tracked tracked_make(int value) {
    lives.made++;
    return (tracked){tracked_born(), value};
}

/* Reading a dead element is the bug this type is there to find. */
static inline int tracked_value(const tracked *e) {
    KIT_CHECK(e->id != 0 && e->id <= lives.last_id && "an element that was never made");
    KIT_CHECK(lives.state[e->id] == TRACKED_ALIVE && "a dead element is read");
    return e->value;
}

static inline bool tracked_copy(tracked *copy, const tracked *e) {
    int value = tracked_value(e);
    lives.calls++;
    if (lives.fail_at && (lives.calls == lives.fail_at || (lives.sticky && lives.calls > lives.fail_at))) {
        lives.injected++;
        *copy = (tracked){UINT32_MAX, -1};
        return false;
    }
    lives.copied++;
    *copy = (tracked){tracked_born(), value};
    return true;
}

static inline void tracked_drop(tracked *e) {
    (void)tracked_value(e);
    lives.state[e->id] = TRACKED_DEAD;
    lives.alive--;
    lives.dropped++;
    *e = (tracked){0, -2};
}

static inline bool tracked_equal(const tracked *a, const tracked *b) { return tracked_value(a) == tracked_value(b); }

static inline int tracked_compare(const tracked *a, const tracked *b) {
    int x = tracked_value(a), y = tracked_value(b);
    return (x > y) - (x < y);
}

/* Starts a new generation: ids of the old one are forgotten. For values that are immortal by design. */
static inline void tracked_abandon(void) {
    free(lives.state);
    memset(&lives, 0, sizeof lives);
}

#endif
