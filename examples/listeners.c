/* SPDX-License-Identifier: MIT */
/* An event-listener list that is changed while it is being called: what CopyOnWriteArrayList is for.
 *
 * Firing an event calls every listener of the version that was there when it began, without a lock: so a listener may remove itself,
 * add another one, or fire the next event. Other threads may subscribe at any time; they wait for each other, never for an event. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

typedef struct listener {
    const char *name;
    void (*hear)(const struct listener *self, int event);
} listener;

static bool same(const listener *a, const listener *b) { return a->name == b->name && a->hear == b->hear; }

#define COW_IMPLEMENTATION
#define COW_LIST listeners, listener
#define COW_EQUAL same
#include "cow/cow.h"

static listeners subscribed;

static void must(bool ok, const char *what) {
    if (ok) return;
    fprintf(stderr, "listeners: %s: %s\n", what, cow_error_text(cow_error()));
    exit(1);
}

static bool call(const listener *one, void *event) {
    one->hear(one, *(int *)event);
    return true;
}

static void fire(int event) { must(listeners_for_each(&subscribed, call, &event), "cannot fire"); }

/* ---- Listeners that change the list ---- */

static void print(const listener *self, int event) { printf("  %s hears %d\n", self->name, event); }

static void print_once(const listener *self, int event) {
    print(self, event);
    must(listeners_remove(&subscribed, self), "cannot unsubscribe");
}

static void bring_a_friend(const listener *self, int event) {
    print(self, event);
    listener friend = {"the friend", print};
    bool added = listeners_add_if_absent(&subscribed, friend);
    must(added || cow_error() == COW_EXISTS, "cannot subscribe");
    printf("  %s %s a friend\n", self->name, added ? "brings" : "has brought");
}

static void echo(const listener *self, int event) {
    print(self, event);
    if (event < 100) fire(event * 100);
}

static void show(const char *when) {
    cow_str names = {0};
    listeners_iter it;
    const listener *one;
    must(listeners_iter_of(&subscribed, &it), "cannot iterate");
    while (listeners_iter_next(&it, &one)) must(cow_str_append_format(&names, " [%s]", one->name), "cannot print");
    listeners_iter_drop(&it);
    printf("%s:" COW_STR_FMT "\n", when, COW_STR_ARG(&names));
    cow_str_drop(&names);
}

/* ---- Threads that come and go while events are fired ---- */

enum { threads = 3, visits = 2000 };
static atomic_long heard;
static atomic_int visiting = threads;

static void count(const listener *self, int event) {
    (void)self, (void)event;
    atomic_fetch_add(&heard, 1);
}

static void *visit(void *name) {
    listener own = {name, count};
    for (int i = 0; i < visits; i++) {
        must(listeners_add(&subscribed, own), "cannot subscribe");
        must(listeners_remove(&subscribed, &own), "cannot unsubscribe");
    }
    visiting--;
    return NULL;
}

int main(void) {
    static const listener first[] = {
        {"the printer", print}, {"the once", print_once}, {"the host", bring_a_friend}, {"the echo", echo}};
    must(listeners_from(&subscribed, first, sizeof first / sizeof *first), "cannot subscribe");
    show("before");
    printf("event 1\n");
    fire(1);
    show("after");

    static const char *const names[threads] = {"a", "b", "c"};
    pthread_t visitors[threads];
    listeners_clear(&subscribed);
    must(listeners_add(&subscribed, (listener){"the counter", count}), "cannot subscribe");
    long fired = 0;
    for (int i = 0; i < threads; i++)
        if (pthread_create(&visitors[i], NULL, visit, (void *)(uintptr_t)names[i]) != 0) return 1;
    for (; visiting > 0; fired++) fire(0);
    for (int i = 0; i < threads; i++) pthread_join(visitors[i], NULL);
    printf("%d threads came and went %d times each; the counter heard every event: %s\n", threads, visits,
           heard >= fired ? "yes" : "no");
    show("in the end");
    listeners_drop(&subscribed);
    return 0;
}
