/* SPDX-License-Identifier: MIT */
/* The protocol of cells (cow/parts/reader.h, cell_core.h, cell.h) as a model for spin, written from its description and not from the
 * code: two cells, readers and writers of both, and versions whose addresses are used again.
 *
 * Each access to shared memory is one step, and spin runs the steps of the threads in every order. So this is sequential consistency:
 * no stale value is ever read. Whether the memory orders of the code are strong enough is for the explorer (cells.c), which runs
 * the code itself. What spin is good for are more threads and longer histories than the explorer can exhaust, and a second opinion.
 *
 * Three things are asserted:
 *   - no version ends while somebody uses it (users);
 *   - nobody sees a version of the other cell (home);
 *   - in the end no version is left, and every slot is empty.
 *
 * Each FAULT_... leaves out or swaps one step, and spin must find out. */

/* How large the model is comes from spin.runs, by way of spin's command line:
 *   READERS, READS     threads that read, and the operations of each: BORROW (and end it, or not), SNAPSHOT, CACHED
 *   WRITERS, WRITES    the same of those that replace: STORE, EMPTY, COMPARE
 *   VERSIONS           addresses; who finds none free is out of memory
 *   LISTED             all threads have their records at the start
 *   SPARE              the list has a record that a thread gave back */
#ifndef VERSIONS
#define VERSIONS 4
#endif

#define THREADS (READERS + WRITERS)
#ifdef SPARE
#define RECORDS (THREADS + 1)
#else
#define RECORDS THREADS
#endif
#define CELLS 2
#define NONE 0  /* a NULL pointer: versions and records are numbered from 1 */
#define SLOTS 2 /* of a record */
#define HELD 0  /* the slot of a borrow, which may last */
#define CALL 1  /* the slot for the length of a call */

/* ---- what the threads share ---- */

byte cell[CELLS]; /* the version that each cell holds */

byte count[VERSIONS + 1]; /* who holds the version; 0: its address is free */
byte home[VERSIONS + 1];  /* the cell it was made for */
byte users[VERSIONS + 1]; /* who reads it: known to the assertions alone */

byte slot[(RECORDS + 1) * SLOTS];
bool taken[RECORDS + 1];
byte next[RECORDS + 1];
byte head; /* of the list of all records; a record never leaves it */

byte ended; /* threads */

#define SLOT(record, i) slot[(record) * SLOTS + (i)]

/* ---- versions ---- */

/* A version for cell `c` at any free address, counted once. */
inline version_new(v, c) {
    atomic {
        if
        :: count[1] == 0 -> v = 1
        :: count[2] == 0 -> v = 2
        :: count[3] == 0 -> v = 3
#if VERSIONS > 3
        :: count[4] == 0 -> v = 4
#endif
#if VERSIONS > 4
        :: count[5] == 0 -> v = 5
#endif
        :: else -> v = NONE
        fi;
        if
        :: v != NONE -> count[v] = 1; home[v] = c
        :: else
        fi
    }
}

inline retain(v) { atomic { assert(count[v] > 0); count[v]++ } }

inline release(v) {
    if
    :: v != NONE ->
        atomic {
            assert(count[v] > 0);
            count[v]--;
            if
            :: count[v] == 0 -> assert(users[v] == 0); home[v] = 0
            :: else
            fi
        }
    :: else
    fi
}

/* From here on `v`, seen in cell `c`, is read; until it is no longer. Part of the step before or after. */
inline use(v, c) { assert(count[v] > 0 && home[v] == c); users[v]++ }
inline unuse(v) {
    if
    :: v != NONE -> users[v]--
    :: else
    fi
}

/* ---- records ---- */

/* Takes a record that a thread gave back; else adds the thread's own to the list. */
inline record_take() {
    if
    :: own == NONE ->
        r = head;
        do
        :: r == NONE -> break
        :: r != NONE && !taken[r] ->
#ifdef FAULT_TAKEN_TWICE
            taken[r] = true;
            own = r;
            break
#else
            atomic {
                if
                :: !taken[r] -> taken[r] = true; own = r; break
                :: else -> r = next[r]
                fi
            }
#endif
        :: r != NONE && taken[r] -> r = next[r]
        od;
        if
        :: own == NONE ->
            own = me;
            taken[own] = true;
#ifdef FAULT_LISTED_LATE
            next[own] = own /* not yet */
#else
            record_list()
#endif
        :: else
        fi;
        r = NONE
    :: else
    fi
}

inline record_list() {
    r = head;
    do
    :: next[own] = r;
        atomic {
            if
            :: head == r -> head = own; break
            :: else -> r = head
            fi
        }
    od;
    r = NONE
}

/* ---- slots ---- */

/* Empties a slot that holds `v`. When a writer was there first, it has counted `v` for this thread. */
inline slot_leave(i, v) {
#ifdef FAULT_LEFT_BLINDLY
    SLOT(own, i) = NONE;
#else
    atomic {
        if
        :: SLOT(own, i) == v -> SLOT(own, i) = NONE
        :: else -> paid = true
        fi
    }
#ifndef FAULT_PAYMENT_LOST
    if
    :: paid -> release(v)
    :: else
    fi;
#endif
    paid = false
#endif
}

/* Sets `seen` to what cell `c` holds, kept alive by slot `i`. NONE: the cell is empty. */
inline slot_enter(i, c) {
    seen = cell[c];
    do
    :: seen == NONE -> break
    :: else ->
        SLOT(own, i) = seen;
#ifdef FAULT_NO_CONFIRMATION
        use(seen, c);
        break
#else
        atomic {
            now = cell[c];
            if
            :: now == seen -> use(seen, c); now = NONE; break
            :: else
            fi
        }
#ifdef FAULT_USE_PAID
        atomic {
            if
            :: SLOT(own, i) == seen -> SLOT(own, i) = NONE
            :: else -> use(seen, c); now = NONE; break
            fi
        }
#else
        slot_leave(i, seen);
#endif
        seen = now;
        now = NONE
#endif
    od;
#ifdef FAULT_LISTED_LATE
    if
    :: next[own] == own -> record_list()
    :: else
    fi
#endif
}

/* Counts `v` for all who borrow it. */
inline version_pay(v) {
#ifndef FAULT_HEAD_READ_EARLY
    r = head;
#endif
    do
    :: r == NONE -> break
    :: else ->
#ifdef FAULT_ONE_SLOT
        i = CALL;
#endif
        do
        :: i == SLOTS -> break
        :: i < SLOTS && SLOT(r, i) != v -> i++
        :: i < SLOTS && SLOT(r, i) == v ->
#ifndef FAULT_COUNTED_LATE
            retain(v);
#endif
            atomic {
                if
                :: SLOT(r, i) == v -> SLOT(r, i) = NONE
                :: else -> paid = true /* the reader was faster */
                fi
            }
#ifdef FAULT_COUNTED_LATE
            if
            :: !paid -> retain(v)
            :: else
            fi;
#else
#ifndef FAULT_PAYMENT_KEPT
            if
            :: paid -> release(v)
            :: else
            fi;
#endif
#endif
            paid = false;
            i++
        od;
        i = 0;
        r = next[r]
    od
}

/* What is left to do for `v`, which this thread took out of a cell. */
inline version_taken_out(v) {
    if
    :: v != NONE ->
#ifdef FAULT_RELEASED_FIRST
        release(v);
        version_pay(v)
#else
#ifndef FAULT_NO_PAYMENT
        version_pay(v);
#endif
        release(v)
#endif
    :: else
    fi
}

/* ---- reading ---- */

inline borrow_end() {
    atomic { unuse(held); now = held; held = NONE }
    if
    :: now != NONE -> slot_leave(HELD, now)
    :: else
    fi;
    now = NONE
}

inline borrow(c) {
    record_take();
    slot_enter(HELD, c);
    held = seen;
    seen = NONE
}

/* Sets `seen` to what cell `c` holds, with a count. */
inline strong(c) {
    record_take();
    slot_enter(CALL, c);
    if
    :: seen != NONE ->
#ifdef FAULT_LEFT_BEFORE_COUNTED
        slot_leave(CALL, seen);
        retain(seen)
#else
        retain(seen);
        slot_leave(CALL, seen)
#endif
    :: else
    fi
}

inline snapshot(c) {
    strong(c);
    atomic { unuse(seen); release(seen); seen = NONE }
}

inline give_up_kept() {
    atomic {
        unuse(kept);
#ifndef FAULT_CACHED_UNCOUNTED
        release(kept);
#endif
        kept = NONE
    }
}

/* A cached reader, of one cell at a time. */
inline cached(c) {
    if
    :: kept_of != c -> give_up_kept(); kept_of = c
    :: else
    fi;
    if
    :: cell[c] == kept -> skip
    :: cell[c] != kept ->
        strong(c);
#ifdef FAULT_CACHED_UNCOUNTED
        release(seen);
#endif
        give_up_kept();
        kept = seen;
        seen = NONE
    fi
}

/* ---- replacing ---- */

/* Takes any version out of cell `c` and puts `fresh` there: NONE empties it. */
inline exchange(c) {
#ifdef FAULT_HEAD_READ_EARLY
    r = head;
#endif
    atomic { old = cell[c]; cell[c] = fresh }
    version_taken_out(old);
    old = NONE
}

inline store(c) {
    version_new(fresh, c);
    if
    :: fresh != NONE -> exchange(c)
    :: else
    fi;
    fresh = NONE
}

/* Replaces the version of cell `c`, if it is the one that this thread has seen there. */
inline compare(c) {
    strong(c);
#ifdef FAULT_COMPARED_UNCOUNTED
    release(seen);
#endif
    version_new(fresh, c);
    if
    :: fresh == NONE
    :: fresh != NONE ->
        atomic {
            if
            :: cell[c] == seen -> cell[c] = fresh; fresh = NONE
            :: else
            fi
        }
        if
        :: fresh == NONE ->
#ifdef FAULT_HEAD_READ_EARLY
            r = head;
#endif
            version_taken_out(seen)
        :: else -> release(fresh); fresh = NONE
        fi
    fi;
    atomic {
        unuse(seen);
#ifndef FAULT_COMPARED_UNCOUNTED
        release(seen);
#endif
        seen = NONE
    }
}

/* ---- threads ---- */

/* What every thread has. Whatever lasts for one operation is zero between two, so that equal states are one. */
#define LOCALS                                   \
    byte own;  /* its record */                  \
    byte held; /* the version it borrows */      \
    byte kept; /* that of its cached reader */   \
    bool kept_of;                                \
    byte seen, now, old, fresh, r, i, left;      \
    bool paid, c

/* A thread that ends, ends its borrow and gives its record back. */
inline end() {
    give_up_kept();
#ifdef FAULT_GIVEN_BACK_EARLY
    taken[own] = false;
    borrow_end();
#else
    borrow_end();
    taken[own] = false;
#endif
    own = NONE;
    kept_of = 0;
    ended++
}

inline any_cell() {
    if
    :: c = 0
    :: c = 1
    fi
}

proctype reader(byte me) {
    LOCALS;
#ifdef LISTED
    own = me;
#endif
    left = READS;
    do
    :: left == 0 -> break
    :: else ->
        any_cell();
        if
#ifdef BORROW
        :: held == NONE -> borrow(c) /* it lasts */
        :: held != NONE -> borrow_end()
#endif
#ifdef SNAPSHOT
        :: true -> snapshot(c)
#endif
#ifdef CACHED
        :: true -> cached(c)
#endif
        fi;
        c = 0;
        left--
    od;
    end()
}

proctype writer(byte me) {
    LOCALS;
#ifdef LISTED
    own = me;
#endif
    left = WRITES;
    do
    :: left == 0 -> break
    :: else ->
        any_cell();
        if
#ifdef STORE
        :: true -> store(c)
#endif
#ifdef EMPTY
        :: true -> exchange(c) /* with nothing */
#endif
#ifdef COMPARE
        :: true -> compare(c)
#endif
        fi;
        c = 0;
        left--
    od;
    end()
}

init {
    byte n;
    atomic {
        count[1] = 1; /* one cell holds a version, the other one is empty */
        home[1] = 0;
        cell[0] = 1;
#ifdef LISTED
        for (n : 1 .. THREADS) {
            taken[n] = true;
            next[n] = head;
            head = n
        }
#endif
#ifdef SPARE
        head = RECORDS;
#endif
        for (n : 1 .. READERS) { run reader(n) }
        for (n : READERS + 1 .. THREADS) { run writer(n) }
    }
    atomic {
        ended == THREADS;
        for (n : 0 .. CELLS - 1) {
            if
            :: cell[n] != NONE -> count[cell[n]]--
            :: else
            fi
        }
        for (n : 1 .. VERSIONS) { assert(count[n] == 0 && users[n] == 0) }
        for (n : 0 .. (RECORDS + 1) * SLOTS - 1) { assert(slot[n] == NONE) }
    }
}
