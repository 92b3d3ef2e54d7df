/* SPDX-License-Identifier: MIT */
/* Suite `list`: what changes of a list cost that others might read at the same time. */
#include "cases.h"
#include "peers/list_peer.h"
#include "suites.h"

#include <stdio.h>

static const list_peer *const native_peers[] = {&list_cow, &list_std, &list_rwlock};

enum { NATIVE_PEERS = sizeof native_peers / sizeof native_peers[0] };

#define LOOP(member) offsetof(list_peer, member)

enum { PLAIN, ADDS };

/* Each process has a second thread, so that counts are those of programs with threads. */
static const bench_case cases[] = {
    {"add", LOOP(add), 100000, 2, ADDS},          {"add_1", LOOP(add_1), 1000, 2, ADDS},
    {"add_1", LOOP(add_1), 100000, 2, ADDS},      {"add_1", LOOP(add_1), 1000000, 2, ADDS},
    {"add_4", LOOP(add_4), 100000, 2, ADDS},      {"iterate", LOOP(iterate), 16, 2, PLAIN},
    {"iterate", LOOP(iterate), 100000, 2, PLAIN}, {"set", LOOP(set), 1000, 2, PLAIN},
    {"set", LOOP(set), 100000, 2, PLAIN},
};

/* Copying peers would move 1.5 n * n elements. Of long lists they time a sample: equal stretches spread over the growth, so
 * that the mean length copied is the same. With a lock the copies are the snapshots', which must come as often as in full. */
static void prepare(bench_run *run, const bench_case *c, const void *peer) {
    bool samples = !((const list_peer *)peer)->shares_adds && c->n > 1000;
    run->indices = bench_random_indices(c->n);
    run->index_count = BENCH_INDICES;
    run->blocks = samples ? 16 : 1;
    run->block_len = samples ? 8 : c->n;
}

static bool is_right(const bench_case *c, uint64_t checksum) {
    (void)c;
    return checksum == 1;
}

/* That a copy of a million elements takes ten times as long as one of 1e5 says nothing new. */
static bool is_left_out(const bench_case *c, const void *peer) {
    return peer != &list_cow && c->kind == ADDS && c->n == 1000000;
}

static bench_sample measure(const bench_case *c, const void *peer, const bench_plan *plan, int round) {
    const list_peer *p = peer;
    char name[80];
    if (p == &list_cowal) {
        return list_java_measure(c->name, c->n, plan->sample_ns);
    }
    bench_run run = {.n = c->n, .threads = c->threads};
    bench_loop loop = *(const bench_loop *)(const void *)((const char *)peer + c->loop);
    prepare(&run, c, peer);
    snprintf(name, sizeof name, "list: %s of %s", c->name, p->name);
    return bench_measure(loop, &run, plan, round, name);
}

void suite_list(const bench_plan *plan, const char *only, const char *java) {
    const void *peers[NATIVE_PEERS + 1];
    bool asks_java = java != NULL && bench_asks_for(plan, list_cowal.name);
    bench_suite suite = {
        .name = "list",
        .peers = peers,
        .peer_count = NATIVE_PEERS,
        .cases = cases,
        .case_count = sizeof cases / sizeof cases[0],
        .is_right = is_right,
        .is_left_out = is_left_out,
        .measure = measure,
        .note = "add_K: K snapshots are alive, one of them is renewed every 64 adds. From n to 2 n; peers that copy "
                "time a\n"
                "sample of the adds, spread evenly over the growth.\n",
    };
    for (int i = 0; i < NATIVE_PEERS; i++) {
        peers[i] = native_peers[i];
    }
    if (asks_java) {
        peers[suite.peer_count++] = &list_cowal;
        list_java_start(java);
    }
    bench_cases_run(&suite, plan, only);
    if (asks_java) {
        list_java_stop();
    } else if (java == NULL) {
        printf("cowal: skipped (no JDK: apt-get install default-jdk-headless)\n");
    }
}
