/* SPDX-License-Identifier: MIT */
/* The lists or the sets of one type, and all that threads do with them but changing. Include it once for each type X of a
   list or a set, after cow.h made it, with

     E               what it holds: plain or boxed
     V               the value of a version
     FIRST, COUNT    the rules of those of this type, of which there are COUNT
     HOME            the number of the first one's items
     IS_SET, KEEPS_ORDER
     static void tally_X(const V *v, tally *t);     meets all of a version
     static void drop_X(V *v);                      gives up a loaded one

   It leaves DO, X_ and E_ defined for what changes them. */

#define KIND_JOIN_(a, b) a##_##b
#define KIND_JOIN(a, b) KIND_JOIN_(a, b)
#define DO(what) KIND_JOIN(what, X)         /* ours, such as read_boxed_list */
#define X_(function) KIND_JOIN(X, function) /* of the list or the set, such as boxed_list_add */
#define E_(what) KIND_JOIN(what, E)         /* of its items, such as see_boxed */

static X DO(all)[COUNT];

/* The number of the items of list or set `i`; a mirror has those of the log. */
static unsigned DO(home)(unsigned i) { return HOME + FIRST + (FIRST + i == MIRROR ? (unsigned)LOG : i); }

static E DO(new)(unsigned i, unsigned who, uint32_t number, uint64_t *random) {
    return E_(make)(item_of(DO(home)(i), who, number, random));
}

static tally DO(begun)(unsigned i) { return tally_begun(DO(home)(i), IS_SET, KEEPS_ORDER); }

static tally DO(check)(const V *v, unsigned i) {
    tally t = DO(begun)(i);
    DO(tally)(v, &t);
    return t;
}

/* ---- reading ---- */

/* What a thread keeps between two readings. */
typedef struct DO(hand) {
    X_(reader) readers[COUNT];
    X_(snapshot) kept[COUNT];
    memory seen[COUNT];
} DO(hand);

/* The mirror may go back: what it becomes was read before. */
static void DO(see)(DO(hand) * h, unsigned i, const V *v) {
    tally t = DO(check)(v, i);
    if (FIRST + i != MIRROR) remember(&h->seen[i], &t);
}

/* More borrows at once than a thread has slots: the last ones are counted. */
static void DO(borrow_many)(uint64_t *random) {
    X_(guard) g[MOST_BORROWED];
    unsigned n = 1 + soak_pick(random, MOST_BORROWED), first = soak_pick(random, n);
    for (unsigned i = 0; i < n; i++) CHECK(X_(borrow)(&DO(all)[i % COUNT], &g[i]));
    for (unsigned i = 0; i < n; i++) DO(check)(g[i].value, i % COUNT);
    for (unsigned i = 0; i < n; i++) X_(end)(&g[(first + i) % n]);
}

static void DO(borrow)(DO(hand) * h, unsigned i) {
    X_(guard) g;
    CHECK(X_(borrow)(&DO(all)[i], &g));
    DO(see)(h, i, g.value);
    X_(end)(&g);
}

static void DO(load)(DO(hand) * h, unsigned i) {
    V copy;
    CHECK(X_(load)(&DO(all)[i], &copy));
    DO(see)(h, i, &copy);
    DO(drop)(&copy);
}

/* A snapshot replaces one that was kept for long. */
static void DO(snapshot)(DO(hand) * h, unsigned i) {
    X_(snapshot) now;
    CHECK(X_(snapshot_of)(&DO(all)[i], &now));
    if (h->kept[i].v) DO(check)(X_(snapshot_value)(&h->kept[i]), i);
    X_(snapshot_drop)(&h->kept[i]);
    h->kept[i] = X_(snapshot_copy)(&now);
    X_(snapshot_drop)(&now);
    DO(see)(h, i, X_(snapshot_value)(&h->kept[i]));
}

static void DO(cached)(DO(hand) * h, unsigned i) {
    const V *v = X_(cached)(&DO(all)[i], &h->readers[i]);
    CHECK(v != NULL);
    DO(see)(h, i, v);
}

static void DO(iterate)(unsigned i) {
    X_(iter) it;
    const E *e;
    tally t = DO(begun)(i);
    CHECK(X_(iter_of)(&DO(all)[i], &it));
    while (X_(iter_next)(&it, &e)) meet(&t, E_(see)(e));
    tally_ends(&t, t.n);
    X_(iter_drop)(&it);
}

static bool DO(visit_one)(const E *e, void *t) {
    meet((tally *)t, E_(see)(e));
    return true;
}

static void DO(visit)(unsigned i) {
    tally t = DO(begun)(i);
    CHECK(X_(for_each)(&DO(all)[i], DO(visit_one), &t));
    tally_ends(&t, t.n);
}

static void DO(copy_out)(unsigned i) {
    E copies[MOST_ITEMS];
    size_t n;
    tally t = DO(begun)(i);
    CHECK(X_(copy_to)(&DO(all)[i], copies, MOST_ITEMS, &n));
    for (size_t k = 0; k < n; k++) meet(&t, E_(see)(&copies[k]));
    tally_ends(&t, n);
    for (size_t k = 0; k < n; k++) E_(drop)(&copies[k]);
}

/* What looks at items by their equality, on the way through a version. */
static void DO(ask)(unsigned i, uint64_t *random) {
    E wanted[] = {DO(new)(i, 0, 1 + soak_pick(random, PAIR_NUMBERS), random),
                  DO(new)(i, 1, 1 + soak_pick(random, PAIR_NUMBERS), random)};
    (void)X_(contains)(&DO(all)[i], &wanted[0]);
    (void)X_(contains_all)(&DO(all)[i], wanted, 2);
    (void)X_(equal)(&DO(all)[i], &DO(all)[0]);
    (void)X_(hash)(&DO(all)[i], 1);
    CHECK(X_(len)(&DO(all)[i]) <= MOST_ITEMS);
    E_(drop)(&wanted[0]);
    E_(drop)(&wanted[1]);
}

static void DO(read)(DO(hand) * h, uint64_t *random) {
    unsigned i = soak_pick(random, COUNT);
    switch (soak_pick(random, 32)) {
    case 0: DO(borrow_many)(random); break;
    case 1:
    case 2: DO(snapshot)(h, i); break;
    case 3: X_(idle)(&h->readers[i]); break;
    case 4: DO(copy_out)(i); break;
    case 5: DO(ask)(i, random); break;
    default:
        switch (soak_pick(random, 6)) {
        case 0: DO(load)(h, i); break;
        case 1: DO(iterate)(i); break;
        case 2: DO(visit)(i); break;
        case 3: DO(borrow)(h, i); break;
        default: DO(cached)(h, i);
        }
    }
}

static void DO(let_go)(DO(hand) * h) {
    for (unsigned i = 0; i < COUNT; i++) {
        X_(idle)(&h->readers[i]);
        X_(snapshot_drop)(&h->kept[i]);
    }
}

/* A borrow that the thread's end ends. */
static void DO(leave_open)(unsigned i) {
    X_(guard) g;
    CHECK(X_(borrow)(&DO(all)[i], &g));
    DO(check)(g.value, i);
}

/* A borrow that outlives many versions. Returns how many. */
static size_t DO(hold)(uint64_t *random) {
    unsigned i = soak_pick(random, COUNT);
    size_t enough = soak_pick(random, MOST_OUTLIVED), first, passed = 0;
    X_(guard) g;
    CHECK(X_(borrow)(&DO(all)[i], &g));
    first = X_(version)(&DO(all)[i]);
    while (passed < enough && soak_goes_on()) {
        DO(check)(g.value, i);
        soak_sleep(0.001);
        passed = X_(version)(&DO(all)[i]) - first;
    }
    DO(check)(g.value, i);
    X_(end)(&g);
    return passed;
}

/* ---- waiting ---- */

static void DO(wait)(DO(hand) * h, uint64_t *random) {
    unsigned i = soak_pick(random, COUNT);
    size_t seen = X_(version)(&DO(all)[i]);
    if (X_(wait)(&DO(all)[i], seen, 1000000000u)) CHECK(X_(version)(&DO(all)[i]) != seen);
    DO(borrow)(h, i);
}

/* ---- the end ---- */

static void DO(tear_down)(void) {
    for (unsigned i = 0; i < COUNT; i++) X_(drop)(&DO(all)[i]);
}
