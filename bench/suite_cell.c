/* SPDX-License-Identifier: MIT */
/* Suite `cell`: one variable that many threads read and replace. This file chooses cases, peers and the threads of
 * each case; crowd.c runs them, the loops are in the peers.
 *
 * A reader's figure is the time of one read by one thread, so it stays the same with more readers when they do not
 * disturb each other. Two readers, or a reader and a writer, have a CPU each; what counts is the time in which both
 * of them ran (crowd.h). A sample in which that was less than half of it is repeated, once in the quick pass and else
 * twice. The part is in results.tsv, and below the row.
 *
 * The writer's figure counts everything until the last of what it has replaced is freed. Beside it a thread rests
 * that has read once: nobody needs a cell without readers, and some peers know when there are none. */
#include "cases.h"
#include "crowd.h"
#include "peers/cell_peer.h"
#include "suites.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const cell_peer *const native_peers[] = {
    &cell_cow,      &cell_plain,     &cell_std,  &cell_rwlock,
#ifdef BENCH_ARCSWAP
    &cell_arcswap,
#endif
#ifdef BENCH_URCU
    &cell_urcu,     &cell_urcu_call, &cell_qsbr, &cell_qsbr_call,
#endif
#ifdef BENCH_CK
    &cell_ck_epoch, &cell_ck_hp,
#endif
};

enum { NATIVE_PEERS = sizeof native_peers / sizeof native_peers[0], PEERS_IN_JAVA = 2 };

#define LOOP(member) offsetof(cell_peer, member)

/* Who runs, and whose time is the figure. */
typedef struct shape {
    int readers, writers, resting;
    enum crowd_figure figure;
} shape;

enum { READ_ALONE, READ_TWO, READ_BESIDE, WRITE, WRITE_BESIDE, P99_TWO, P99_EIGHT };

static const shape shapes[] = {
    [READ_ALONE] = {1, 0, 0, CROWD_READS},    [READ_TWO] = {2, 0, 0, CROWD_READS},
    [READ_BESIDE] = {1, 1, 0, CROWD_READS},   [WRITE] = {0, 1, 1, CROWD_WRITES},
    [WRITE_BESIDE] = {1, 1, 0, CROWD_WRITES}, [P99_TWO] = {2, 1, 0, CROWD_P99},
    [P99_EIGHT] = {8, 1, 0, CROWD_P99},
};

/* The threads are those that run. The quick pass has less than a minute. */
static const struct {
    bench_case is;
    bool quick;
} all[] = {
    {{"borrow", LOOP(borrow), 16, 1, READ_ALONE}, true},
    {{"borrow", LOOP(borrow), 16, 2, READ_TWO}, true},
    {{"borrow_beside", LOOP(borrow), 16, 2, READ_BESIDE}, true},
    {{"strong", LOOP(strong), 16, 1, READ_ALONE}, false},
    {{"strong", LOOP(strong), 16, 2, READ_TWO}, true},
    {{"strong_beside", LOOP(strong), 16, 2, READ_BESIDE}, false},
    {{"cached", LOOP(cached), 16, 1, READ_ALONE}, true},
    {{"cached", LOOP(cached), 16, 2, READ_TWO}, true},
    {{"cached_beside", LOOP(cached), 16, 2, READ_BESIDE}, true},
    {{"replace", LOOP(replace), 16, 1, WRITE}, true},
    {{"replace", LOOP(replace), 1024, 1, WRITE}, false},
    {{"replace", LOOP(replace), 100000, 1, WRITE}, true},
    {{"replace_beside", LOOP(replace), 16, 2, WRITE_BESIDE}, true},
    {{"replace_beside", LOOP(replace), 100000, 2, WRITE_BESIDE}, false},
    {{"writer_p99", LOOP(replace), 16, 3, P99_TWO}, false},
    {{"writer_p99", LOOP(replace), 16, 9, P99_EIGHT}, true},
};

enum { CASES_MAX = sizeof all / sizeof all[0] };

/* A case that is asked for is also there in the quick pass. */
static int choose(bench_case *cases, const bench_plan *plan, const char *only) {
    int count = 0;
    for (size_t i = 0; i < CASES_MAX; i++) {
        if (only != NULL ? strcmp(all[i].is.name, only) == 0 : !plan->quick || all[i].quick) {
            cases[count++] = all[i].is;
        }
    }
    return count;
}

enum { NUMBERS_MAX = 100000 + CELL_KINDS };

const uint64_t *cell_numbers;

static void make_numbers(void) {
    static uint64_t numbers[NUMBERS_MAX];
    for (size_t i = 0; i < NUMBERS_MAX; i++) {
        numbers[i] = i + 1;
    }
    cell_numbers = numbers;
}

/* ---- what a read must see ---- */

static uint64_t sum_of(size_t n, uint64_t version) { return n * (version % CELL_KINDS) + n * (n + 1) / 2; }

/* The sums of versions differ by multiples of n. */
static bool may_be(size_t n, size_t count, uint64_t sum) {
    uint64_t rest = sum - count * sum_of(n, 0);
    return rest % n == 0 && rest / n <= count * (CELL_KINDS - 1);
}

/* Children stop the program when a read saw something else. */
static bool is_right(const bench_case *c, uint64_t checksum) {
    (void)c;
    return checksum == 1;
}

/* ---- one sample ---- */

/* Ten thousand replacements a second, as the writer of suite `snapshot` does when it is paced. With eight readers for
 * a quarter of a CPU each it comes to a quarter of that. */
enum { PACE_NS = 100000, WRITES_ARE_LONGER = 10, P99_IS_LONGER = 25 };

static void *member_of(const bench_case *c, const cell_peer *peer, void *copy, size_t size) {
    return memcpy(copy, (const char *)peer + c->loop, size);
}

/* What is freed late, or by a collector, happens seldom. */
static uint64_t window_of(const bench_case *c, const cell_peer *peer, const bench_plan *plan) {
    switch (shapes[c->kind].figure) {
    case CROWD_READS: return plan->sample_ns;
    case CROWD_WRITES: return plan->sample_ns * WRITES_ARE_LONGER * (uint64_t)peer->patience;
    default: return plan->sample_ns * P99_IS_LONGER;
    }
}

static crowd_job job_of(const bench_case *c, const cell_peer *peer, const bench_plan *plan) {
    const shape *s = &shapes[c->kind];
    crowd_job job = {
        .peer = peer->name,
        .hooks = &peer->hooks,
        .read = peer->borrow,
        .write = peer->replace,
        .n = c->n,
        .readers = s->readers,
        .writers = s->writers,
        .resting = s->resting,
        .figure = s->figure,
        .window_ns = window_of(c, peer, plan),
        .pace_ns = PACE_NS,
        .sum_of = sum_of,
        .may_be = may_be,
    };
    if (s->figure == CROWD_READS) {
        member_of(c, peer, &job.read, sizeof job.read);
    }
    return job;
}

static bool is_java(const cell_peer *peer) { return peer == &cell_java || peer == &cell_cowal; }

static void run_job(const void *what, bench_sample *out) { crowd_run(what, out); }

static bench_sample sample_of(const bench_case *c, const cell_peer *peer, const bench_plan *plan, int round) {
    if (is_java(peer)) {
        const shape *s = &shapes[c->kind];
        cell_question q = {peer->name, c->name, c->n, s->readers, s->writers, s->figure, window_of(c, peer, plan),
                           PACE_NS};
        return cell_java_measure(&q);
    }
    crowd_job job = job_of(c, peer, plan);
    char name[80];
    snprintf(name, sizeof name, "cell: %s of %s", c->name, peer->name);
    return bench_in_child(run_job, &job, round, name);
}

/* Of up to three samples the one in which the threads ran at the same time for longest. */
static bench_sample measure(const bench_case *c, const void *peer, const bench_plan *plan, int round) {
    int tries = plan->quick ? 2 : 3;
    bench_sample best = sample_of(c, peer, plan, round);
    for (int i = 1; i < tries && shapes[c->kind].figure != CROWD_P99 && best.overlap < 0.5; i++) {
        bench_sample again = sample_of(c, peer, plan, round);
        best = again.overlap > best.overlap ? again : best;
    }
    return best;
}

/* ---- who is measured, how often ---- */

/* A plain pointer is only read. The variants of liburcu that leave freeing to a thread read as the others do. A list
 * in Java changes one element of its copy; that is the price of replacing it when it is long. */
static bool is_left_out(const bench_case *c, const void *peer) {
    bool reads = shapes[c->kind].figure == CROWD_READS;
    const cell_peer *p = peer;
    return (p == &cell_plain && !reads) || (p->only_writes && reads) ||
           (p == &cell_cowal && !(c->kind == WRITE && c->n == 100000));
}

/* Samples of writing are long. */
static int rounds_of(const bench_case *c, const bench_plan *plan) {
    int most = shapes[c->kind].figure == CROWD_READS ? plan->rounds : plan->quick ? 3 : plan->full ? 9 : 5;
    return plan->rounds < most ? plan->rounds : most;
}

void suite_cell(const bench_plan *plan, const char *only, const char *java) {
    static bench_case cases[CASES_MAX];
    const void *peers[NATIVE_PEERS + PEERS_IN_JAVA];
    bool asks_java = java != NULL && (bench_asks_for(plan, cell_java.name) || bench_asks_for(plan, cell_cowal.name));
    bench_suite suite = {
        .name = "cell",
        .peers = peers,
        .peer_count = NATIVE_PEERS,
        .cases = cases,
        .case_count = choose(cases, plan, only),
        .is_right = is_right,
        .is_left_out = is_left_out,
        .rounds_of = rounds_of,
        .measure = measure,
        .warms_itself = true,
        .memory_title = "peak memory, KiB",
        .note =
            "A read is one read by one thread. Where several threads have a CPU each, only the time counts in which "
            "all "
            "of them ran.\nwriter_p99: ns, of a writer that replaces every 100 us, when there are more threads than "
            "CPUs.\n",
    };
    make_numbers();
    for (int i = 0; i < NATIVE_PEERS; i++) {
        peers[i] = native_peers[i];
    }
    if (suite.case_count > 0 && asks_java) {
        peers[suite.peer_count++] = &cell_java;
        peers[suite.peer_count++] = &cell_cowal;
        cell_java_start(java, plan);
    }
    bench_cases_run(&suite, plan, only);
    if (suite.peer_count > NATIVE_PEERS) {
        cell_java_stop();
    } else if (java == NULL) {
        printf("java: skipped (no JDK: apt-get install default-jdk-headless)\n");
    }
}
