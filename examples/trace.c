/* SPDX-License-Identifier: MIT */
/* "Where did that copy come from?" COW_TRACE calls a function of ours at every real copy, with its reason and with the
 * place in our own code. docs/tracing.md explains the output. */
#include <stdio.h>
#include <stdlib.h>

#define COW_TRACE
#define COW_IMPLEMENTATION
#define COW_ARRAY samples, double
#include "cow/cow.h"

/* `site` is an address in the function that wrote: addr2line -i -e PROGRAM ADDRESS names the line. Addresses differ from
 * run to run, so they are printed on demand. */
static void on_copy(void *context, const cow_trace_event *event) {
    FILE *out = context;
    fprintf(out, "copied %zu elements of %s: %s\n", event->elements, event->type, cow_reason_text(event->reason));
    if (getenv("TRACE_SITES")) fprintf(out, "  %p\n", event->site);
}

static void on_live(void *context, const char *type, size_t buffers, size_t bytes) {
    (void)bytes;
    fprintf(context, "%zu buffers of %s\n", buffers, type);
}

int main(void) {
    samples a = {0};
    for (int i = 0; i < 4; i++) {
        if (!samples_push(&a, i)) return 1;
    }
    cow_trace_set(on_copy, stdout);

    printf("copy, then append to both\n");
    samples b = samples_copy(&a);
    if (!samples_push(&b, 4) || !samples_push(&a, 5)) return 1;

    printf("copy, then write twice\n");
    samples c = samples_copy(&a);
    if (!samples_set(&a, 0, 1) || !samples_set(&a, 1, 1)) return 1;

    printf("alive now:\n");
    cow_live_each(on_live, stdout);
    samples_drop(&c);
    samples_drop(&b);
    samples_drop(&a);
    cow_trace_set(NULL, NULL);
    return 0;
}
