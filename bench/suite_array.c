/* SPDX-License-Identifier: MIT */
/* Suite `array`: the price of single operations on arrays of uint64_t. */
#include "cases.h"
#include "peers/array_peer.h"
#include "suites.h"

static const void *const peers[] = {
    &array_cow, &array_raw, &array_std,
#ifdef BENCH_QT
    &array_qt,
#endif
#ifdef BENCH_STB
    &array_stb,
#endif
};

#define LOOP(member) offsetof(array_peer, member)

/* What a case needs besides n. APPENDS: peers that copy everything get a sample of the n appends. */
enum { PLAIN, APPENDS };

static const bench_case cases[] = {
    {"push", LOOP(push), 1000, 1, PLAIN},
    {"push", LOOP(push), 1000000, 1, PLAIN},
    {"set", LOOP(set), 1000, 1, PLAIN},
    {"set", LOOP(set), 100000, 1, PLAIN},
    {"set_hoisted", LOOP(set_hoisted), 1000, 1, PLAIN},
    {"set_hoisted", LOOP(set_hoisted), 100000, 1, PLAIN},
    {"sum", LOOP(sum), 1000, 1, PLAIN},
    {"sum", LOOP(sum), 100000, 1, PLAIN},
    {"copy_drop", LOOP(copy_drop), 1000, 1, PLAIN},
    {"copy_drop", LOOP(copy_drop), 1000, 2, PLAIN},
    {"push_front", LOOP(push_front), 10000, 1, PLAIN},
    {"detach_1k", LOOP(detach), 128, 1, PLAIN},
    {"detach_1k", LOOP(detach), 128, 2, PLAIN},
    {"detach_1m", LOOP(detach), 131072, 1, PLAIN},
    {"detach_64m", LOOP(detach), 8388608, 1, PLAIN},
    {"append_snapshot", LOOP(append_snapshot), 1000, 1, APPENDS},
    {"append_snapshot", LOOP(append_snapshot), 10000, 1, APPENDS},
    {"append_snapshot", LOOP(append_snapshot), 100000, 1, APPENDS},
    {"append_snapshot", LOOP(append_snapshot), 100000, 2, APPENDS},
    {"append_snapshot", LOOP(append_snapshot), 1000000, 1, APPENDS},
    {"append_snapshot_latest", LOOP(append_snapshot_latest), 100000, 1, APPENDS},
    {"set_snapshot", LOOP(set_snapshot), 100000, 1, PLAIN},
};

/* Copying peers would move n*n/2 elements. Beyond a few megabytes they time a sample: equal stretches spread over the
 * growth, so that the mean length copied is the same n/2 and the mean per append is that of the full run. */
static void plan_appends(bench_run *run, const array_peer *peer) {
    run->blocks = 1;
    run->block_len = run->n;
    if (peer->shares_appends || run->n <= 1000) {
        return;
    }
    run->blocks = run->n >= 1000000 ? 8 : 16;
    run->block_len = run->n >= 1000000 ? 4 : 8;
}

static void prepare(bench_run *run, const bench_case *c, const void *peer) {
    run->indices = bench_random_indices(c->n);
    run->index_count = BENCH_INDICES;
    if (c->kind == APPENDS) {
        plan_appends(run, peer);
    }
}

/* The append cases look into each snapshot and leave 1 when all hold what they should. */
static bool is_right(const bench_case *c, uint64_t checksum) { return c->kind != APPENDS || checksum == 1; }

void suite_array(const bench_plan *plan, const char *only) {
    static const bench_suite suite = {
        .name = "array",
        .peers = peers,
        .peer_count = sizeof peers / sizeof peers[0],
        .cases = cases,
        .case_count = sizeof cases / sizeof cases[0],
        .prepare = prepare,
        .is_right = is_right,
        .note = "append_snapshot*: from n=1e4 the peers that copy time a sample of the appends, spread evenly over the "
                "growth.\n",
    };
    bench_cases_run(&suite, plan, only);
}
