/* cow.h: generated from cow/parts by cow/pack.sh. Edit the parts, not this file. */
/*
cow 0.1.0: values with copy-on-write for C11, in one header                        (SPDX-License-Identifier: MIT)
==================================================================================================================

IDEA

A value is a small handle; its storage is reference-counted. Copying a value is one increment. A mutation first asks "am I the
only owner?": if so it writes in place, else it copies what must differ and writes there. Everyone else keeps seeing the old
value. So a snapshot is just a copy, and a function may keep what it was given without copying it.

A hash map is a tree of small nodes, so a change of a map that others share copies one leaf of at most 32 pairs and a small
node a level, whatever its size: keep a thousand versions, compare two of them at the cost of what differs.

Appending is better still: several values that share one array may all keep growing, because the free storage behind it is
claimed, not copied. A log that is snapshotted after every append costs O(1) for each append.

A cell is a variable for many threads: readers are never blocked and keep the version that they hold, writers replace it. A list
is such an array, Java's CopyOnWriteArrayList, to which adding is O(1) however many versions are held.

With COW_PAGED a region of memory is written through plain pointers, and frozen in microseconds: a snapshot is a second image
of it, that holds the pages which were written since.

EXAMPLE

    #include <stdio.h>
    #define COW_IMPLEMENTATION                // In exactly one file of the program, before the first include.
    #include "cow.h"

    #define COW_ARRAY ints, int               // The name of the type, and of its elements.
    #include "cow.h"                          // Include again for each type.
    #define COW_ARRAY names, cow_str          // Strings come along, and are elements without hooks.
    #include "cow.h"
    #define COW_MAP ages, cow_str, int        // A map, its keys and values. COW_SET has keys alone.
    #include "cow.h"

    int main(void) {
        ints log = {0};                       // All-zero is an empty value. In C++: ints log = {};
        for (int i = 0; i < 5; i++)
            if (!ints_push(&log, i)) return 1;
        ints before = ints_copy(&log);        // A snapshot: one increment.
        ints_push(&log, 5);                   // Claims the free tail: copies nothing.
        ints_set(&log, 0, 42);                // Shared: copies first, then writes.
        long sum = 0;
        COW_EACH (int, it, &before) sum += *it;
        printf("%ld %zu %d\n", sum, log.n, *ints_get(&log, 0));     // 10 6 42
        ints_drop(&before);
        ints_drop(&log);

        names herd = {0};
        cow_str name = COW_STR("cow");        // A literal costs nothing; 22 bytes live in the handle.
        if (!cow_str_append_format(&name, " %d", 1) || !names_push(&herd, name)) return 1;
        puts(cow_str_cstr(names_mut(&herd, 0)));                    // cow 1
        names_drop(&herd);

        ages now = {0};
        if (!ages_put(&now, COW_STR("ann"), 41) || !ages_put(&now, COW_STR("bob"), 7)) return 1;
        ages then = ages_copy(&now);          // A version to go back to.
        cow_str bob = COW_STR("bob");
        ++*ages_mut(&now, &bob);              // Copies one leaf; `then` does not change.
        int total = 0;
        COW_MAP_EACH (ages, it, &then) total += it->value;
        printf("%d %d %d\n", total, *ages_get(&then, &bob), *ages_get(&now, &bob));   // 48 7 8
        ages_drop(&then);
        ages_drop(&now);
        return 0;
    }

HOW TO USE IT

Every file includes "cow.h"; exactly one defines COW_IMPLEMENTATION before it. COW_STATIC instead makes everything static, for
programs of one file. Needs a C11 or C++11 compiler and libc. Two shared libraries that each embed cow may live in one
process and hand each other values, if both were built with the same version and options; never unload code whose hooks
live values still use.

Name containers like things, `rows` or `prices`: a name that the header uses for a parameter (a, begin, end, from, m, out, to,
...) does not compile. cow_str_cell, and beside a list x the name x_array or x_set, are taken. The types of elements, keys and
values may have any names.

Options of an instantiation; the header undefines them again:
    COW_COPY fn       bool fn(T *to, const T *from): makes *to from *from; may fail. Needed by elements that own something.
    COW_DROP fn       void fn(T *e): gives up what *e owns.
    COW_EQUAL fn      bool fn(const T *a, const T *b). Scalars and cow values bring theirs, as they do the next two.
    COW_COMPARE fn    int fn(const T *a, const T *b): negative, 0 or positive; also stands in for COW_EQUAL.
    COW_HASH fn       uint64_t fn(const T *e, uint64_t seed).
    COW_ALIGN n       alignment of the first element of an array, a power of two up to 4096.
    COW_VALUE_COPY, COW_VALUE_DROP, COW_VALUE_EQUAL, COW_VALUE_HASH    the same for the values of a map; the others are for its
                      keys.
    COW_STORE_HASH    leaves of a map or set keep 32 bits of each hash: for keys that are slow to hash or to compare.
    COW_ALLOC p       a `const cow_alloc *` constant for all values of the type (see also x_new_in).
    COW_NONATOMIC     values of this type never cross threads: counts without locked instructions.
    COW_KEEP_ORDER    a COW_LIST_SET is iterated in the order of insertion.
    COW_FORWARD       declares the handle alone, so that T can contain it; later instantiate with COW_FORWARDED.
                      Types instantiated between the two append to a shared value by copying, as such a type itself does:
                      claiming its tail could store a value inside itself, which would never be freed.
    COW_RECURSIVE     the same for a type that leads to itself behind pointers of your own. Every type of the cycle needs it.

Options of a program, for all its files:
    COW_MALLOC(size), COW_REALLOC(p, old_size, new_size), COW_FREE(p, size)    the allocator; blocks aligned to 16 bytes
    COW_SEED n, COW_GETRANDOM(buffer, size)    fixes the hash seed; brings another random source
    COW_DEBUG    dies naming the mistake: double drop, use after drop, write through a stale pointer, two concurrent
                 writers, index out of range. Copies cost O(n) there, because shared buffers carry a checksum (of padding, too:
                 valgrind may mention it). Stale copies are found for sure with the default allocator only.
    COW_TRACE    reports every real copy with its type, size, reason and call site; lists what is alive at exit.
    COW_STATS    counts what the library does.
    COW_PANIC(message)    how COW_DEBUG dies.
    COW_PAGED    regions of memory and their snapshots. COW_PAGED_EAGER: snapshots are copies, as where writes cannot be caught.

RULES

 1. All-zero is a valid empty value of every container. No init call, no failure.
 2. `false` or NULL means nothing happened: the container is unchanged and you still own what you passed. cow_error() says why.
    On success, arguments passed by value are owned by the container; pass x_copy(&v) to keep yours. Elements given by pointer
    (from, push_n, insert_n, resize, fill) are copied by the hook.
 3. Reading takes `const x *` and never detaches. get, at, len, each, COW_EACH and COW_MAP_EACH write nothing at all, not even
    a count. Copies and iterator objects count.
 4. x_mut(&c, i) gives one writable element, x_entry(&m, key) that of a key, made if absent; x_edit(&c) makes the value unique
    once and gives the raw pointer for tight loops.
 5. Distinct variables may be used from distinct threads even when they share storage. One variable may be read by many
    threads, copying included, but a writer needs exclusive access. Only cells and lists may be read and changed by many at once.
 6. Self-aliasing is legal everywhere: appending an array to itself, inserting its own elements, uniting a map with itself.
 7. Iterator objects hold their own copy and see the value as it was when they began; `next` returning false drops it, leaving
    early calls x_iter_drop. Those of lists may turn round, and are always dropped by the caller. COW_EACH and COW_MAP_EACH borrow.
 8. Pointers from get and data die at the next change or drop of that variable (and those of a string at its move: short texts
    live in the handle); pointers from mut, entry and edit also die at its next copy (by iterators and unions, too): writing
    through them afterwards would change the copy. COW_DEBUG catches it.
 9. `b = a` between handles is an ownership bug: use x_copy or x_move. x_drop leaves the variable empty and may be repeated.
10. Hooks run while a change is under way. They may use other containers, not the one that is being changed; no longjmp or throw.
    What a drop hook drops is gone when its call returns, down to 16 levels of nesting, 8 of maps; deeper levels go before the
    outermost drop returns. An allocator instance must outlive that.

What sharing costs, so that nothing surprises: the first change in place of a shared array copies all of it (the visible part of
a slice). Elements that a dropped branch appended live until the next unshared push, or until the buffer ends. Of two branches
that append to the same tail, the second copies. Clearing a shared value gives up its storage, and its allocator instance.
A map that was changed while shared keeps replaced nodes alive until it is changed near them again: up to four in each node,
with all that is below them. If it is only read from then on, that may be as much again as it holds; x_compact lets go of it.
Keys without an order (COW_COMPARE) whose 64 hash bits are all equal are searched one by one.
x_freeze reaches containers that are elements, not those inside your structs. COW_EACH takes a pointer type by a typedef; enums
bring no hooks in C++. A slice keeps the whole buffer alive (one of a string only when it is longer than 512 bytes); x_shrink
after x_reserve, a copy of the elements, or cow_str_compact lets go of it. A count that reaches 2^31 sticks, and its buffer is
never freed.

CONTENTS

    errors     cow_error cow_error_text                             hash      cow_seed cow_seed_set cow_hash_bytes cow_hash_u64
    insight    cow_stats_get cow_trace_set cow_live_report          iterate   COW_EACH COW_MAP_EACH
    UTF-8      cow_utf8_valid_prefix cow_utf8_decode cow_utf8_encode

    Strings: cow_str. Below s_ stands for cow_str_. Where bytes are given, the plain name takes a C string, _bytes takes (p, n),
    _str another string.
    make       COW_STR COW_STR_INIT s_from(_bytes) s_from_format s_from_file s_with_capacity s_new_in s_borrow s_adopt
    share      s_copy s_drop s_move s_swap s_assign s_freeze        slice     s_slice s_prefix s_suffix s_trim(_start, _end)
    read       s_len s_is_empty s_data s_cstr s_get s_at s_capacity s_is_shared s_same s_retained_bytes COW_STR_FMT COW_STR_ARG
    storage    s_reserve s_shrink s_compact s_truncate s_clear s_resize
    append     s_append(_bytes, _str) s_append_byte s_append_format s_append_int s_append_uint s_append_double s_append_code_point
    change     s_prepend s_insert s_replace s_replace_all s_erase s_erase_range s_edit s_set s_fill s_reverse s_to_lower s_to_upper
    find       s_find s_rfind s_find_byte s_rfind_byte s_find_any s_find_not_any s_contains s_starts_with s_ends_with s_count
    compare    s_equal s_is s_equal_ignoring_case s_compare s_hash
    split      s_split_byte s_split_by s_split_any s_split_lines s_split_space s_split_next s_split_drop s_join
    numbers    s_parse_int s_parse_uint s_parse_double
    UTF-8      s_is_utf8 s_next_code_point s_prev_code_point s_count_code_points s_is_boundary s_boundary_before s_boundary_after

    Arrays: #define COW_ARRAY x, T. The handle is {T *p; size_t n; h}: read p and n freely.
    make       x_from x_borrow x_with_capacity x_new_in             share     x_copy x_drop x_move x_swap x_assign x_freeze
    read       x_len x_is_empty x_get x_at x_front x_back x_data x_capacity x_is_shared x_same x_slice
    write      x_mut x_edit x_set x_fill                            ends      x_push x_push_n x_pop x_push_front x_pop_front
    splice     x_insert x_insert_n x_erase x_erase_range x_take x_swap_remove x_concat x_retain_if x_dedup
    size       x_truncate x_clear x_resize x_reserve x_shrink       iterate   x_each x_iter_of x_iter_next x_iter_drop
    order      x_sort x_sort_stable x_is_sorted x_search x_lower_bound x_upper_bound, each also _by; x_reverse x_rotate
    compare    x_equal x_compare x_hash x_find x_contains x_count x_index_of(_from) x_last_index_of(_from)

    Maps: #define COW_MAP x, K, V. Sets: #define COW_SET x, K; they have no values, so no functions marked *.
    make       x_from x_new_in                                      share     x_copy x_drop x_move x_swap x_assign x_freeze x_clear
    read       x_len x_is_empty x_get x_get_or* x_contains x_find x_find_as x_seed x_is_shared x_same
    write      x_put x_put_if_absent x_replace* x_update* x_mut* x_entry* x_erase x_take x_update_all* x_map_values*
    filter     x_retain_if x_partition                              iterate   x_each x_fold x_iter_of x_iter_next x_iter_drop
    combine    x_union x_intersection x_difference x_symmetric_difference
    compare    x_equal x_is_subset x_hash x_diff x_diff_of x_diff_next x_diff_drop
    memory     x_bytes x_bytes_owned x_bytes_shared x_compact

    Cells: #define COW_CELL x, T. T is any container, or a type that is copied bitwise or by COW_COPY and COW_DROP. cow_str_cell comes
    along, with the first include that makes no cell and no list.
    read       x_borrow x_end x_load x_cached x_idle                keep      x_snapshot_of x_snapshot_value x_snapshot_copy
    replace    x_store x_exchange x_compare_exchange x_update                 x_snapshot_drop
    wait       x_version x_wait                                     give up   x_drop

    Lists: #define COW_LIST x, T. All that cells read, keep and wait by, for an array type x_array that comes along; and
    make       x_from x_assign x_drop                               iterate   x_iter_of x_iter_at x_iter_next x_iter_prev
    read       x_len x_is_empty x_get x_copy_to x_for_each                    x_iter_index x_iter_drop
    search     x_contains x_contains_all x_index_of(_from) x_last_index_of(_from)
    compare    x_equal x_hash x_print
    add        x_add x_add_at x_add_all x_add_all_at x_add_if_absent x_add_all_absent
    remove     x_remove x_remove_at x_pop x_remove_all x_retain_all x_remove_if x_clear
    change     x_set x_replace_all x_sort x_sort_by x_update x_store x_exchange x_compare_exchange
    Below w_ stands for x_writer_, an iterator that publishes its changes if nobody else changed the list, s_ for x_sublist_.
    write      w_of w_next w_prev w_set w_add w_remove w_commit w_drop
    part       s_of s_load s_len s_get s_set s_add s_add_at s_remove_at s_erase_range s_clear s_update s_drop

    Sets of many threads: #define COW_LIST_SET x, K. All that cells read, keep and wait by, for a set type x_set that comes along; and
    read       x_len x_is_empty x_contains x_contains_all x_copy_to x_for_each x_equal x_hash x_print
    change     x_from x_add x_add_all x_remove x_remove_all x_retain_all x_remove_if x_clear x_update x_drop
    iterate    x_iter_of x_iter_next x_iter_drop                    order     x_ordered_keys x_ordered_drop (COW_KEEP_ORDER)

    Regions: #define COW_PAGED before every include, _GNU_SOURCE in front of the file with COW_IMPLEMENTATION. Below p_ stands
    for cow_paged_. What they cannot do: catch what the kernel writes (read() into a protected page fails with EFAULT: use
    p_read and its kin, or p_will_write; nothing helps O_DIRECT, io_uring, RDMA); serve a thread that blocks SIGSEGV, or a
    forked child; stay quiet in gdb (handle SIGSEGV nostop noprint pass); be mlocked without copying all. RSS counts shared
    pages twice: look at Pss.
    make       p_new p_free p_grow p_detector_of                    read      p_data p_size p_stats_of
    freeze     p_snapshot p_snapshot_bare p_restore p_each_dirty    write     p_will_write p_read p_readv p_recv p_recvfrom p_fread
    snapshots  cow_snap_data cow_snap_size cow_snap_read cow_snap_write cow_snap_held cow_snap_ok cow_snap_copy
               cow_snap_drop
    inside     cow_heap_begin cow_heap_alloc cow_heap_resize cow_heap_free cow_heap_set_root cow_heap_root cow_heap_used
               cow_off cow_off_get cow_off_set
    arrays     #define COW_PAGED_ARRAY x, T: x_new x_free x_data x_len x_grow x_will_write x_restore
               x_snapshot_of x_snapshot_data x_snapshot_len x_snapshot_drop

LICENSE

Copyright (c) 2026 The cow authors

Permission is hereby granted, free of charge, to any person obtaining a copy of this software and associated documentation files
(the "Software"), to deal in the Software without restriction, including without limitation the rights to use, copy, modify,
merge, publish, distribute, sublicense, and/or sell copies of the Software, and to permit persons to whom the Software is
furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all copies or substantial portions of the Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF
MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR COPYRIGHT HOLDERS BE LIABLE
FOR ANY CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM, OUT OF OR IN
CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE.
*/

/* config: the compiler, the options of a build, and how functions are linked. Floor 0, built on nothing. */

/* A user's types may have any names, also those of parameters and locals here. Our own tests let the warning stand. */
#if defined(__GNUC__) && !defined(COW__WARN_SHADOW)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wshadow"
#endif

#ifndef COW__CONFIG_H
#define COW__CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define COW_VERSION_MAJOR 0
#define COW_VERSION_MINOR 1
#define COW_VERSION_PATCH 0
#define COW_VERSION "0.1.0"

/* Index that no element has: what a search returns when it finds nothing. */
#define COW_NPOS ((size_t)-1)

/* Token pasting that expands its arguments first, and the pieces of `#define COW_ARRAY name, T` and its kin. */
#define COW__CAT_(a, b) a##b
#define COW__CAT(a, b) COW__CAT_(a, b)
#define COW__CAT3_(a, b, c) a##b##c
#define COW__CAT3(a, b, c) COW__CAT3_(a, b, c)
#define COW__TEXT_(a) #a
#define COW__TEXT(a) COW__TEXT_(a)
#define COW__CALL(macro, arguments) macro(arguments)
#define COW__FIRST(a, b) a
#define COW__SECOND(a, b) b
#define COW__LIST_ARRAY(a, b) COW__CAT(a, _array), b
#define COW__LIST_SET(a, b) COW__CAT(a, _set), b
#define COW__FIRST_OF_3(a, b, c) a
#define COW__SECOND_OF_3(a, b, c) b
#define COW__THIRD_OF_3(a, b, c) c

/* The options of a whole program as 0 or 1, so that they can be pasted into the name that guards the link. */
#ifdef COW_DEBUG
#define COW__DEBUG 1
#else
#define COW__DEBUG 0
#endif
#ifdef COW_TRACE
#define COW__TRACE 1
#else
#define COW__TRACE 0
#endif
#ifdef COW_STATS
#define COW__STATS 1
#else
#define COW__STATS 0
#endif
/* Both builds that look for mistakes keep a list of the buffers that are alive. */
#define COW__LIVE (COW__DEBUG || COW__TRACE)

#if defined(__GNUC__)
#define COW__LIKELY(x) __builtin_expect(!!(x), 1)
#define COW__ASSUME(x) ((x) ? (void)0 : __builtin_unreachable())
#define COW__UNUSED __attribute__((unused))
#define COW__COLD __attribute__((cold, noinline))
#define COW__HIDDEN __attribute__((visibility("hidden")))
#define COW__ALWAYS_INLINE static inline __attribute__((always_inline))
#else
#define COW__LIKELY(x) (x)
#define COW__ASSUME(x) ((void)0)
#define COW__UNUSED
#define COW__COLD
#define COW__HIDDEN
#define COW__ALWAYS_INLINE static inline
#endif

/* Typed functions are plain inline functions. COW_TRACE forces them into their caller, so that the address of a
   real copy lies in the user's own function and not in the header. */
#if COW__TRACE
#define COW__INLINE COW__ALWAYS_INLINE
#else
#define COW__INLINE static inline
#endif

#ifdef __cplusplus
#define COW__BEGIN_C extern "C" {
#define COW__END_C }
#define COW__THREAD_LOCAL thread_local
/* What another file defines, C++ would ask at each use whether it must be constructed. */
#if defined(__GNUC__)
#define COW__THREAD_SHARED __thread
#else
#define COW__THREAD_SHARED thread_local
#endif
#define COW__ALIGNOF(T) alignof(T)
#define COW__ALIGNAS(T) alignas(T)
#define COW__STATIC_ASSERT(condition, text) static_assert(condition, text)
#else
#define COW__BEGIN_C
#define COW__END_C
#define COW__THREAD_LOCAL _Thread_local
#define COW__THREAD_SHARED _Thread_local
#define COW__ALIGNOF(T) _Alignof(T)
#define COW__ALIGNAS(T) _Alignas(T)
#define COW__STATIC_ASSERT(condition, text) _Static_assert(condition, text)
#endif

/* COW__API marks every function that stands once per program. Hidden, so that two shared libraries that each embed
   cow keep their own. COW__IMPLEMENT asks the parts for their bodies. */
#ifdef COW_STATIC
#define COW__API static COW__UNUSED
#else
#define COW__API extern COW__HIDDEN
#endif

COW__BEGIN_C
/* The name says version and layout. Every descriptor refers to it, so objects built with different options do not link. */
#define COW__ABI_NAME_(debug, trace, stats) cow__abi_0_1_debug##debug##_trace##trace##_stats##stats
#define COW__ABI_NAME(debug, trace, stats) COW__ABI_NAME_(debug, trace, stats)
#define COW__ABI COW__ABI_NAME(COW__DEBUG, COW__TRACE, COW__STATS)
/* The same for what has no descriptor: a function whose name in the object file says version and layout. */
#define COW__ABI_FUNCTION_(name, debug, trace, stats) name##_0_1_debug##debug##_trace##trace##_stats##stats
#define COW__ABI_FUNCTION_OF(name, debug, trace, stats) COW__ABI_FUNCTION_(name, debug, trace, stats)
#define COW__ABI_FUNCTION(name) COW__ABI_FUNCTION_OF(name, COW__DEBUG, COW__TRACE, COW__STATS)
#ifdef COW_STATIC
static const char COW__ABI COW__UNUSED = 1;
#else
extern COW__HIDDEN const char COW__ABI;
#endif
COW__END_C

#endif

/* Set anew at every include. COW__TAKE_SLOT: this one brings a new container. COW__IMPLEMENT: the parts give their
   bodies; a file may include the header first and define COW_IMPLEMENTATION later. */
#if defined(COW_ARRAY) + defined(COW_MAP) + defined(COW_SET) + defined(COW_CELL) + defined(COW_LIST) + \
        defined(COW_LIST_SET) + defined(COW_PAGED_ARRAY) >                                             \
    1
#error \
    "cow: one container at a time: include cow.h after each of COW_ARRAY, COW_MAP, COW_SET, COW_CELL, COW_LIST, COW_LIST_SET and COW_PAGED_ARRAY"
#endif
/* Lists bring the type of their versions. */
#ifdef COW_LIST
#define COW_ARRAY COW__CALL(COW__LIST_ARRAY, COW_LIST)
#endif
#ifdef COW_LIST_SET
#define COW_SET COW__CALL(COW__LIST_SET, COW_LIST_SET)
#endif
/* An option that would be ignored is a mistake. */
#if defined(COW_KEEP_ORDER) && !defined(COW_LIST_SET)
#error "cow: COW_KEEP_ORDER is for COW_LIST_SET"
#endif
#if defined(COW_ALIGN) && !defined(COW_ARRAY)
#error "cow: COW_ALIGN is for arrays and lists"
#endif
#if defined(COW_STORE_HASH) && !defined(COW_MAP) && !defined(COW_SET)
#error "cow: COW_STORE_HASH is for maps and sets"
#endif
#if (defined(COW_VALUE_COPY) || defined(COW_VALUE_DROP) || defined(COW_VALUE_EQUAL) || defined(COW_VALUE_HASH)) && \
    !defined(COW_MAP)
#error "cow: COW_VALUE_COPY, COW_VALUE_DROP, COW_VALUE_EQUAL and COW_VALUE_HASH are for maps"
#endif
#undef COW__IMPLEMENT
#undef COW__TAKE_SLOT
#if (defined(COW_ARRAY) || defined(COW_MAP) || defined(COW_SET)) && !defined(COW_FORWARDED)
#define COW__TAKE_SLOT
#endif
/* How many COW_FORWARD wait for their COW_FORWARDED. Types instantiated meanwhile can lie on a cycle of types. */
#ifdef COW_FORWARD
#if !defined(COW__PENDING_1)
#define COW__PENDING_1
#elif !defined(COW__PENDING_2)
#define COW__PENDING_2
#elif !defined(COW__PENDING_3)
#define COW__PENDING_3
#else
#error "cow: more than 3 types declared by COW_FORWARD wait for COW_FORWARDED"
#endif
#endif

/* Whether values of this type may contain themselves. */
#if defined(COW_FORWARDED) || defined(COW_RECURSIVE) || defined(COW__PENDING_1)
#define COW__RECURSIVE true
#else
#define COW__RECURSIVE false
#endif

#if defined(COW_IMPLEMENTATION) || defined(COW_STATIC)
#define COW__IMPLEMENT
#endif

#if defined(COW__IMPLEMENT) && !defined(COW__CONFIG_BODY)
#define COW__CONFIG_BODY
#ifndef COW_STATIC
COW__BEGIN_C
const char COW__ABI = 1;
COW__END_C
#endif
#endif

/* atomic: one interface to the atomics of C11, C++ and the explorer of the model tests. Floor 0.

   Three types (a 32-bit number, a pointer, a size), five orders, six operations, and COW__LOAD_OWNED for a load that no
   other thread's store can race with: where the backend permits it is a plain load, which compilers keep in a register. The
   orders that callers name are load-bearing: the model tests weaken each one and expect a failure. COW_ATOMICS_HEADER
   replaces the whole part. */
#ifndef COW__ATOMIC_H
#define COW__ATOMIC_H


#if defined(COW_ATOMICS_HEADER)

#include COW_ATOMICS_HEADER

#elif defined(__GNUC__) && !defined(COW_ATOMICS_C11) && !defined(COW_ATOMICS_CXX)

/* The builtins work the same in C and C++, and need no header (g++ 12 lacks a usable <stdatomic.h>). */
typedef struct cow__atomic_u32 {
    uint32_t v;
} cow__atomic_u32;
typedef struct cow__atomic_ptr {
    void *v;
} cow__atomic_ptr;
typedef struct cow__atomic_size {
    size_t v;
} cow__atomic_size;
#define COW__RELAXED __ATOMIC_RELAXED
#define COW__ACQUIRE __ATOMIC_ACQUIRE
#define COW__RELEASE __ATOMIC_RELEASE
#define COW__ACQ_REL __ATOMIC_ACQ_REL
#define COW__SEQ_CST __ATOMIC_SEQ_CST
#define COW__LOAD(a, order) __atomic_load_n(&(a)->v, (order))
/* Under ThreadSanitizer it is atomic: TSan takes a compare-and-swap that fails for a store, and would see a race. */
#if defined(__SANITIZE_THREAD__)
#define COW__TSAN 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define COW__TSAN 1
#endif
#endif
#ifndef COW__TSAN
#define COW__LOAD_OWNED(a) ((a)->v)
#endif
#define COW__STORE(a, x, order) __atomic_store_n(&(a)->v, (x), (order))
#define COW__ADD(a, x, order) __atomic_fetch_add(&(a)->v, (x), (order))
#define COW__SUB(a, x, order) __atomic_fetch_sub(&(a)->v, (x), (order))
#define COW__SWAP(a, x, order) __atomic_exchange_n(&(a)->v, (x), (order))
#define COW__CAS(a, expected, x, ok, fail) __atomic_compare_exchange_n(&(a)->v, (expected), (x), 0, (ok), (fail))

#elif defined(__cplusplus)

#include <atomic>
struct cow__atomic_u32 {
    std::atomic<uint32_t> v;
};
struct cow__atomic_ptr {
    std::atomic<void *> v;
};
struct cow__atomic_size {
    std::atomic<size_t> v;
};
#define COW__RELAXED std::memory_order_relaxed
#define COW__ACQUIRE std::memory_order_acquire
#define COW__RELEASE std::memory_order_release
#define COW__ACQ_REL std::memory_order_acq_rel
#define COW__SEQ_CST std::memory_order_seq_cst
#define COW__LOAD(a, order) (a)->v.load(order)
#define COW__STORE(a, x, order) (a)->v.store((x), (order))
#define COW__ADD(a, x, order) (a)->v.fetch_add((x), (order))
#define COW__SUB(a, x, order) (a)->v.fetch_sub((x), (order))
#define COW__SWAP(a, x, order) (a)->v.exchange((x), (order))
#define COW__CAS(a, expected, x, ok, fail) (a)->v.compare_exchange_strong(*(expected), (x), (ok), (fail))

#else

#include <stdatomic.h>
typedef struct cow__atomic_u32 {
    _Atomic(uint32_t) v;
} cow__atomic_u32;
typedef struct cow__atomic_ptr {
    _Atomic(void *) v;
} cow__atomic_ptr;
typedef struct cow__atomic_size {
    _Atomic(size_t) v;
} cow__atomic_size;
#define COW__RELAXED memory_order_relaxed
#define COW__ACQUIRE memory_order_acquire
#define COW__RELEASE memory_order_release
#define COW__ACQ_REL memory_order_acq_rel
#define COW__SEQ_CST memory_order_seq_cst
#define COW__LOAD(a, order) atomic_load_explicit(&(a)->v, (order))
#define COW__STORE(a, x, order) atomic_store_explicit(&(a)->v, (x), (order))
#define COW__ADD(a, x, order) atomic_fetch_add_explicit(&(a)->v, (x), (order))
#define COW__SUB(a, x, order) atomic_fetch_sub_explicit(&(a)->v, (x), (order))
#define COW__SWAP(a, x, order) atomic_exchange_explicit(&(a)->v, (x), (order))
#define COW__CAS(a, expected, x, ok, fail) \
    atomic_compare_exchange_strong_explicit(&(a)->v, (expected), (x), (ok), (fail))

#endif

#ifndef COW__LOAD_OWNED
#define COW__LOAD_OWNED(a) COW__LOAD((a), COW__RELAXED)
#endif

/* glibc knows whether this process has ever had a second thread. Until then counts need no locked instruction. */
#ifndef COW__SINGLE_THREADED
#if defined(__GLIBC__) && defined(__GLIBC_PREREQ)
#if __GLIBC_PREREQ(2, 32)
#include <sys/single_threaded.h>
#define COW__SINGLE_THREADED() (__libc_single_threaded != 0)
#endif
#endif
#endif
#ifndef COW__SINGLE_THREADED
#define COW__SINGLE_THREADED() 0
#endif

#endif

/* error: why the last call of this thread did nothing. Floor 1. */
#ifndef COW__ERROR_H
#define COW__ERROR_H


/* Why a call returned false or NULL. In every case nothing happened: the container is unchanged and the caller still
   owns what it passed. */
typedef enum cow_error_code {
    COW_OK = 0,          /* no call of this thread has failed yet */
    COW_ABSENT = 1,      /* there is no such element: popping or editing an empty array */
    COW_EXISTS = 2,      /* there is one already */
    COW_RANGE = 3,       /* an index or a size is out of range, or a size overflows */
    COW_NOMEM = 4,       /* the allocator returned NULL */
    COW_HOOK = 5,        /* a copy hook returned false */
    COW_CONFLICT = 6,    /* somebody else was first */
    COW_UNSUPPORTED = 7, /* this build or machine cannot do it */
    COW_IO = 8,          /* a file could not be read or written; errno says more */
    COW_INVALID = 9      /* malformed: a number, UTF-8, a format */
} cow_error_code;

COW__BEGIN_C
/* The reason of this thread's last failed call. Calls that succeed leave it as it is. Cost: one thread-local load. */
COW__API cow_error_code cow_error(void);
/* A short English phrase for `code`, in static storage. */
COW__API const char *cow_error_text(cow_error_code code);
COW__API COW__COLD void cow__set_error(cow_error_code code);
COW__END_C

/* Records the reason and returns false, so that failing paths end with `return cow__fail(...)`. */
static inline bool cow__fail(cow_error_code code) {
    cow__set_error(code);
    return false;
}

#endif

#if defined(COW__IMPLEMENT) && !defined(COW__ERROR_BODY)
#define COW__ERROR_BODY
COW__BEGIN_C

static COW__THREAD_LOCAL cow_error_code cow__last_error = COW_OK;

COW__API cow_error_code cow_error(void) { return cow__last_error; }

COW__API void cow__set_error(cow_error_code code) { cow__last_error = code; }

COW__API const char *cow_error_text(cow_error_code code) {
    switch (code) {
    case COW_OK: return "no error";
    case COW_ABSENT: return "no such element";
    case COW_EXISTS: return "already present";
    case COW_RANGE: return "index or size out of range";
    case COW_NOMEM: return "out of memory";
    case COW_HOOK: return "a copy hook failed";
    case COW_CONFLICT: return "conflict with another change";
    case COW_UNSUPPORTED: return "not supported by this build";
    case COW_IO: return "input or output failed";
    case COW_INVALID: return "malformed";
    }
    return "unknown error";
}

COW__END_C
#endif

/* memory: checked size arithmetic, the allocator hooks, big blocks, poisoning. Floor 1.

   Every block the library owns comes from here, and every size is computed here. */
#ifndef COW__MEMORY_H
#define COW__MEMORY_H


/* An allocator instance. A value that is created with one allocates from it for as long as its buffer lives, and so
   do the copies that detach from it; it must outlive them all. Blocks are aligned to 16 bytes. `resize` may be NULL. */
typedef struct cow_alloc {
    void *(*alloc)(void *ctx, size_t size);
    void *(*resize)(void *ctx, void *p, size_t old_size, size_t new_size);
    void (*release)(void *ctx, void *p, size_t size);
    void *ctx;
} cow_alloc;

/* a * b and a + b; false when the result does not fit into a pointer difference. */
static inline bool cow__mul_size(size_t a, size_t b, size_t *out) {
#if defined(__GNUC__)
    return !__builtin_mul_overflow(a, b, out) && *out <= (size_t)PTRDIFF_MAX;
#else
    if (b != 0 && a > (size_t)PTRDIFF_MAX / b) return false;
    *out = a * b;
    return true;
#endif
}

static inline bool cow__add_size(size_t a, size_t b, size_t *out) {
    if (a > (size_t)PTRDIFF_MAX || b > (size_t)PTRDIFF_MAX - a) return false;
    *out = a + b;
    return true;
}

/* Spare capacity is poisoned under AddressSanitizer, so that a write past the length is caught even when it stays
   inside the block. `shut` makes bytes untouchable, `open` makes them usable. */
#if defined(__SANITIZE_ADDRESS__)
#define COW__ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define COW__ASAN 1
#endif
#endif
#ifndef COW__ASAN
#define COW__ASAN 0
#endif
#if COW__ASAN
#include <sanitizer/asan_interface.h>
#include <sanitizer/lsan_interface.h>
#define COW__SHUT(p, bytes) __asan_poison_memory_region((p), (bytes))
#define COW__OPEN(p, bytes) __asan_unpoison_memory_region((p), (bytes))
#define COW__FORGET_LEAK(p) __lsan_ignore_object(p)
#else
#define COW__SHUT(p, bytes) ((void)(p), (void)(bytes))
#define COW__OPEN(p, bytes) ((void)(p), (void)(bytes))
#define COW__FORGET_LEAK(p) ((void)(p))
#endif

COW__BEGIN_C
/* Allocates, resizes and frees through `from`, or through COW_MALLOC and its kin when `from` is NULL. NULL on failure. */
COW__API void *cow__allocate(const cow_alloc *from, size_t size);
COW__API void *cow__resize(const cow_alloc *from, void *p, size_t old_size, size_t new_size);
COW__API void cow__release(const cow_alloc *from, void *p, size_t size);
/* Whether blocks of `from` can grow where they stand (or move cheaply). */
COW__API bool cow__can_resize(const cow_alloc *from);
/* A block of which `filled` bytes are written at once. When those are many, it is aligned to 2 MiB and asks for huge pages:
   page faults, not copying, are what a large detach costs. */
COW__API void *cow__allocate_filled(const cow_alloc *from, size_t size, size_t filled);
COW__END_C

#endif

#if defined(COW__IMPLEMENT) && !defined(COW__MEMORY_BODY)
#define COW__MEMORY_BODY

#include <stdlib.h>

#if (defined(COW_MALLOC) || defined(COW_REALLOC) || defined(COW_FREE)) && \
    !(defined(COW_MALLOC) && defined(COW_REALLOC) && defined(COW_FREE))
#error "cow: define COW_MALLOC, COW_REALLOC and COW_FREE together"
#endif
/* Override the three together, before the implementation. COW_REALLOC and COW_FREE are told the size of the block. */
#ifndef COW_MALLOC
#define COW_MALLOC(size) malloc(size)
#define COW_REALLOC(p, old_size, new_size) ((void)(old_size), realloc((p), (new_size)))
#define COW_FREE(p, size) ((void)(size), free(p))
#if defined(__linux__) && defined(__GNUC__)
#define COW__HUGE_PAGES 1
#endif
#endif
#ifndef COW__HUGE_PAGES
#define COW__HUGE_PAGES 0
#endif

#define COW__HUGE_PAGE ((size_t)2 << 20)
#define COW__HUGE_BLOCK ((size_t)4 << 20)

COW__BEGIN_C

COW__API void *cow__allocate(const cow_alloc *from, size_t size) {
    return from ? from->alloc(from->ctx, size) : COW_MALLOC(size);
}

COW__API void *cow__resize(const cow_alloc *from, void *p, size_t old_size, size_t new_size) {
    return from ? from->resize(from->ctx, p, old_size, new_size) : COW_REALLOC(p, old_size, new_size);
}

COW__API void cow__release(const cow_alloc *from, void *p, size_t size) {
    if (from)
        from->release(from->ctx, p, size);
    else
        COW_FREE(p, size);
}

COW__API bool cow__can_resize(const cow_alloc *from) { return !from || from->resize; }

#if COW__HUGE_PAGES
/* madvise under a private name: -std=c11 hides its declaration, and a second one would clash with the system's.
   14 is MADV_HUGEPAGE on every Linux architecture. A refusal is harmless: the block then has small pages. */
extern int cow__madvise(void *p, size_t size, int advice) __asm__("madvise");
#define COW__MADV_HUGEPAGE 14
#endif

COW__API void *cow__allocate_filled(const cow_alloc *from, size_t size, size_t filled) {
#if COW__HUGE_PAGES
    if (!from && filled >= COW__HUGE_BLOCK) {
        size_t rounded = (size + COW__HUGE_PAGE - 1) & ~(COW__HUGE_PAGE - 1);
        void *p = aligned_alloc(COW__HUGE_PAGE, rounded);
        /* Whole huge pages only: the last piece would waste most of one. */
        if (p) (void)cow__madvise(p, size & ~(COW__HUGE_PAGE - 1), COW__MADV_HUGEPAGE);
        return p;
    }
#endif
    (void)filled;
    return cow__allocate(from, size);
}

COW__END_C
#endif

/* hash: the seed of this process, and a seeded hash. Floor 1.

   The hash is of the multiply-and-fold family (wyhash by Wang Yi, rapidhash by Nicolas De Carli): each step multiplies two
   words into 128 bits and folds the halves together. It is fast and spreads well; it is not cryptographic. Against chosen
   keys it relies on the seed being unknown. */
#ifndef COW__HASH_H
#define COW__HASH_H


#include <string.h>

COW__BEGIN_C
/* The seed of this process: drawn from the system on first use, or fixed by cow_seed_set, by COW_SEED at compile time, or
   to a constant under FUZZING_BUILD_MODE_UNSAFE_FOR_PRODUCTION so that crashes reproduce. Lock-free, any thread. */
COW__API uint64_t cow_seed(void);
/* Fixes the seed. Call it before the first container that hashes, from one thread. */
COW__API void cow_seed_set(uint64_t seed);
/* Hash of `n` bytes. Cost: about 1 ns for 16 bytes, and some 25 bytes a nanosecond of long ones. `p` may be NULL when n is
   0. */
COW__API uint64_t cow_hash_bytes(const void *p, size_t n, uint64_t seed);
COW__END_C

#define COW__HASH_K0 0x8bb84b93962eacc9u
#define COW__HASH_K1 0x4b33a62ed433d4a3u
#define COW__HASH_K2 0x9f3ad2c4b8671e5du

/* The two halves of a * b, folded by xor. */
static inline uint64_t cow__fold(uint64_t a, uint64_t b) {
#if defined(__SIZEOF_INT128__)
    __extension__ typedef unsigned __int128 cow__u128;
    cow__u128 r = (cow__u128)a * b;
    return (uint64_t)r ^ (uint64_t)(r >> 64);
#else
    uint64_t al = a & 0xffffffffu, ah = a >> 32, bl = b & 0xffffffffu, bh = b >> 32;
    uint64_t low = al * bl, cross = ah * bl + (low >> 32), cross2 = al * bh + (cross & 0xffffffffu);
    uint64_t high = ah * bh + (cross >> 32) + (cross2 >> 32);
    return ((cross2 << 32) | (low & 0xffffffffu)) ^ high;
#endif
}

/* Reading little-endian makes hashes the same on every machine. */
static inline uint64_t cow__read_u64(const unsigned char *p) {
    uint64_t x;
    memcpy(&x, p, sizeof x);
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    x = __builtin_bswap64(x);
#endif
    return x;
}

/* Hash of one number. Cost: two multiplications. */
static inline uint64_t cow_hash_u64(uint64_t x, uint64_t seed) {
    return cow__fold(cow__fold(x ^ COW__HASH_K0, seed ^ COW__HASH_K1), COW__HASH_K2);
}

/* The same with one multiplication, for keys of maps: good in all bits as long as the seed is not known. */
static inline uint64_t cow__hash_word(uint64_t x, uint64_t seed) {
    return cow__fold(x ^ seed ^ COW__HASH_K0, COW__HASH_K1);
}

#endif

#if defined(COW__IMPLEMENT) && !defined(COW__HASH_BODY)
#define COW__HASH_BODY

#include <time.h>

/* COW_GETRANDOM(buffer, size) returns the bytes written, or -1. Override it to bring your own source. */
#ifndef COW_GETRANDOM
#if defined(__linux__) || defined(__FreeBSD__)
#include <sys/random.h>
#define COW_GETRANDOM(buffer, size) getrandom((buffer), (size), 1 /* GRND_NONBLOCK: never stall an early boot */)
#else
#define COW_GETRANDOM(buffer, size) (-1)
#endif
#endif

COW__BEGIN_C

/* The last 1 to 8 bytes as a number. */
static inline uint64_t cow__read_tail(const unsigned char *p, size_t n) {
    uint64_t x = 0;
    for (size_t i = 0; i < n; i++) x |= (uint64_t)p[i] << (8 * i);
    return x;
}

/* Folds 16 bytes into `h`. */
static inline uint64_t cow__fold_16(const unsigned char *p, uint64_t key, uint64_t h) {
    return cow__fold(cow__read_u64(p) ^ key, cow__read_u64(p + 8) ^ h);
}

/* Folds `n` bytes, a multiple of 96, in six chains: a single one would wait for each multiplication. */
static uint64_t cow__fold_many(const unsigned char *p, size_t n, uint64_t h) {
    uint64_t h1 = h ^ COW__HASH_K0, h2 = h ^ COW__HASH_K1, h3 = h ^ COW__HASH_K2, h4 = ~h1, h5 = ~h2;
    for (; n; n -= 96, p += 96) {
        h = cow__fold_16(p, COW__HASH_K1, h);
        h1 = cow__fold_16(p + 16, COW__HASH_K2, h1);
        h2 = cow__fold_16(p + 32, COW__HASH_K0, h2);
        h3 = cow__fold_16(p + 48, COW__HASH_K1, h3);
        h4 = cow__fold_16(p + 64, COW__HASH_K2, h4);
        h5 = cow__fold_16(p + 80, COW__HASH_K0, h5);
    }
    return cow__fold(h ^ COW__HASH_K0, h1) ^ cow__fold(h2 ^ COW__HASH_K1, h3) ^ cow__fold(h4 ^ COW__HASH_K2, h5);
}

COW__API uint64_t cow_hash_bytes(const void *p, size_t n, uint64_t seed) {
    const unsigned char *s = (const unsigned char *)p;
    uint64_t h = cow__fold(seed ^ COW__HASH_K0, (uint64_t)n ^ COW__HASH_K1), a = 0, b = 0;
    size_t left = n;
    if (n > 96) {
        size_t many = (n - 1) / 96 * 96;
        h = cow__fold_many(s, many, h);
        s += many;
        left -= many;
    }
    for (; left > 16; left -= 16, s += 16) h = cow__fold(cow__read_u64(s) ^ COW__HASH_K1, cow__read_u64(s + 8) ^ h);
    if (n > 16) {
        /* The last 16 bytes, which may overlap the block before: no byte-wise tail for longer input. */
        a = cow__read_u64(s + left - 16);
        b = cow__read_u64(s + left - 8);
    } else if (left > 8) {
        a = cow__read_u64(s);
        b = cow__read_u64(s + left - 8);
    } else if (left > 0) {
        a = cow__read_tail(s, left);
    }
    return cow__fold(cow__fold(a ^ COW__HASH_K1, b ^ h) ^ (uint64_t)n, COW__HASH_K2);
}

/* The seed in two words, each settled by its own compare-and-swap from 0: whoever comes first wins a word, all agree on
   both, and no lock or 64-bit atomic is needed. A settled word is never 0, because its lowest bit is set. */
static cow__atomic_size cow__seed_words[2];

#if defined(COW_SEED)
static uint64_t cow__seed_draw(void) { return (uint64_t)(COW_SEED); }
#elif defined(FUZZING_BUILD_MODE_UNSAFE_FOR_PRODUCTION)
static uint64_t cow__seed_draw(void) { return 1; }
#else

/* Without a random source: clocks and addresses differ between runs wherever addresses are randomised. */
static uint64_t cow__seed_fallback(void) {
    struct timespec now = {0, 0};
    int local = 0;
    (void)timespec_get(&now, TIME_UTC);
    uint64_t h = cow_hash_u64((uint64_t)now.tv_sec, (uint64_t)now.tv_nsec);
    h = cow_hash_u64((uint64_t)(uintptr_t)&local, h);
    h = cow_hash_u64((uint64_t)(uintptr_t)&cow__seed_words, h);
    return cow_hash_u64((uint64_t)clock(), h);
}

static uint64_t cow__seed_draw(void) {
    uint64_t seed = 0;
    if (COW_GETRANDOM(&seed, sizeof seed) == (int)sizeof seed) return seed;
    return cow__seed_fallback();
}

#endif

static size_t cow__seed_settle(size_t which, uint64_t candidate) {
    size_t mine = (size_t)candidate | 1, old = 0;
    return COW__CAS(&cow__seed_words[which], &old, mine, COW__RELAXED, COW__RELAXED) ? mine : old;
}

COW__API uint64_t cow_seed(void) {
    size_t low = COW__LOAD(&cow__seed_words[0], COW__RELAXED), high = COW__LOAD(&cow__seed_words[1], COW__RELAXED);
    if (!low || !high) {
        uint64_t drawn = cow__seed_draw();
        low = cow__seed_settle(0, cow_hash_u64(drawn, 0));
        high = cow__seed_settle(1, cow_hash_u64(drawn, 1));
    }
    return cow_hash_u64((uint64_t)low, (uint64_t)high);
}

COW__API void cow_seed_set(uint64_t seed) {
    COW__STORE(&cow__seed_words[0], (size_t)cow_hash_u64(seed, 0) | 1, COW__RELAXED);
    COW__STORE(&cow__seed_words[1], (size_t)cow_hash_u64(seed, 1) | 1, COW__RELAXED);
}

COW__END_C
#endif

/* stats: counters of the whole program, in COW_STATS builds. Floor 1.

   Off by default: counters that all threads share would ruin the scaling they are meant to show. */
#ifndef COW__STATS_H
#define COW__STATS_H


/* What the library did since the start or the last reset. Bytes are element bytes, headers not counted. */
typedef struct cow_stats {
    size_t retains;          /* copies of values: one increment each */
    size_t buffers_new;      /* buffers allocated */
    size_t buffers_freed;    /* buffers freed */
    size_t bytes_allocated;  /* bytes of storage in those buffers, growth included */
    size_t copies;           /* real copies: a shared or borrowed buffer had to be duplicated */
    size_t bytes_copied;     /* bytes those copies duplicated */
    size_t tail_claims;      /* appends to a shared buffer that copied nothing */
    size_t tail_claims_lost; /* appends that found the tail taken by another branch */
    size_t grown_in_place;   /* growth of a unique buffer by the allocator's resize */
} cow_stats;

COW__BEGIN_C
/* Reads the counters; false with COW_UNSUPPORTED unless the program is built with COW_STATS. Any thread. */
COW__API bool cow_stats_get(cow_stats *out);
/* Sets all counters to zero. */
COW__API void cow_stats_reset(void);
COW__END_C

/* One counter for each member of cow_stats, in its order. */
enum cow__counter {
    COW__COUNT_RETAINS,
    COW__COUNT_BUFFERS_NEW,
    COW__COUNT_BUFFERS_FREED,
    COW__COUNT_BYTES_ALLOCATED,
    COW__COUNT_COPIES,
    COW__COUNT_BYTES_COPIED,
    COW__COUNT_TAIL_CLAIMS,
    COW__COUNT_TAIL_CLAIMS_LOST,
    COW__COUNT_GROWN_IN_PLACE,
    COW__COUNTERS
};

#if COW__STATS
COW__BEGIN_C
COW__API void cow__count(enum cow__counter which, size_t by);
COW__END_C
#define COW__COUNT(which, by) cow__count(COW__COUNT_##which, (by))
#else
#define COW__COUNT(which, by) ((void)0)
#endif

#endif

#if defined(COW__IMPLEMENT) && !defined(COW__STATS_BODY)
#define COW__STATS_BODY
COW__BEGIN_C

#if COW__STATS
static cow__atomic_size cow__counters[COW__COUNTERS];

COW__API void cow__count(enum cow__counter which, size_t by) {
    (void)COW__ADD(&cow__counters[which], by, COW__RELAXED);
}

COW__API bool cow_stats_get(cow_stats *out) {
    size_t *to[COW__COUNTERS] = {&out->retains,         &out->buffers_new,      &out->buffers_freed,
                                 &out->bytes_allocated, &out->copies,           &out->bytes_copied,
                                 &out->tail_claims,     &out->tail_claims_lost, &out->grown_in_place};
    for (int i = 0; i < COW__COUNTERS; i++) *to[i] = COW__LOAD(&cow__counters[i], COW__RELAXED);
    return true;
}

COW__API void cow_stats_reset(void) {
    for (int i = 0; i < COW__COUNTERS; i++) COW__STORE(&cow__counters[i], (size_t)0, COW__RELAXED);
}
#else
COW__API bool cow_stats_get(cow_stats *out) {
    (void)out;
    return cow__fail(COW_UNSUPPORTED);
}

COW__API void cow_stats_reset(void) {}
#endif

COW__END_C
#endif

/* trace: every real copy seen by a hook of the user's, in COW_TRACE builds. Floor 1.

   "Where did that copy come from?" is what users of copy-on-write ask most. */
#ifndef COW__TRACE_H
#define COW__TRACE_H


/* Why a buffer was duplicated. */
typedef enum cow_reason {
    COW_REASON_SHARED,     /* a write to a buffer that others share */
    COW_REASON_TAIL_TAKEN, /* an append to a shared buffer whose tail another branch had taken */
    COW_REASON_TAIL_FULL,  /* an append to a shared buffer without room behind its end */
    COW_REASON_BORROWED,   /* a write to a literal, frozen or borrowed value */
    COW_REASON_ALIAS       /* an insertion of a value's own elements into itself */
} cow_reason;

/* One real copy. `site` lies in the function that called the library: addr2line -i names its line. */
typedef struct cow_trace_event {
    const char *type; /* the name the container was instantiated with */
    size_t bytes;     /* element bytes duplicated */
    size_t elements;  /* elements duplicated */
    cow_reason reason;
    const void *site;
} cow_trace_event;

COW__BEGIN_C
/* A short English phrase for `reason`, in static storage. */
COW__API const char *cow_reason_text(cow_reason reason);
#if COW__TRACE
/* Calls `fn` for every real copy from now on; NULL ends it. Set it before other threads use the library. `fn` runs in
   the thread that copies; it may use other containers. */
COW__API void cow_trace_set(void (*fn)(void *ctx, const cow_trace_event *event), void *ctx);
COW__API COW__COLD void cow__trace_mark(void);
COW__API const void *cow__trace_site(const void *change); /* sets the site unless NULL; returns it */
COW__API void cow__trace_copy(const char *type, size_t elements, size_t bytes, cow_reason reason);
#endif
COW__END_C

#if COW__TRACE
/* Remembers where the user's function calls the library: typed functions are inlined there in this build. */
#define COW__MARK_SITE() cow__trace_mark()
/* The same in a function that cannot be inlined. */
#if defined(__GNUC__)
#define COW__MARK_CALLER() ((void)cow__trace_site(__builtin_return_address(0)))
#else
#define COW__MARK_CALLER() ((void)0)
#endif
/* Around callbacks of the user's, which may call the library themselves. */
#define COW__KEEP_SITE(name) const void *name = cow__trace_site(NULL)
#define COW__RESTORE_SITE(name) ((void)cow__trace_site(name))
#define COW__TRACE_COPY(type, elements, bytes, reason) cow__trace_copy((type), (elements), (bytes), (reason))
#else
#define COW__MARK_SITE() ((void)0)
#define COW__MARK_CALLER() ((void)0)
#define COW__KEEP_SITE(name) ((void)0)
#define COW__RESTORE_SITE(name) ((void)0)
#define COW__TRACE_COPY(type, elements, bytes, reason) ((void)(reason))
#endif

#endif

#if defined(COW__IMPLEMENT) && !defined(COW__TRACE_BODY)
#define COW__TRACE_BODY
COW__BEGIN_C

COW__API const char *cow_reason_text(cow_reason reason) {
    switch (reason) {
    case COW_REASON_SHARED: return "write to a shared buffer";
    case COW_REASON_TAIL_TAKEN: return "append after another branch took the tail";
    case COW_REASON_TAIL_FULL: return "append to a shared buffer without room";
    case COW_REASON_BORROWED: return "write to a borrowed or frozen value";
    case COW_REASON_ALIAS: return "insertion of a value into itself";
    }
    return "unknown reason";
}

#if COW__TRACE
static void (*cow__trace_fn)(void *ctx, const cow_trace_event *event);
static void *cow__trace_ctx;
static COW__THREAD_LOCAL const void *cow__trace_last_site;

COW__API void cow_trace_set(void (*fn)(void *ctx, const cow_trace_event *event), void *ctx) {
    cow__trace_fn = fn;
    cow__trace_ctx = ctx;
}

COW__API void cow__trace_mark(void) {
#if defined(__GNUC__)
    cow__trace_last_site = __builtin_return_address(0);
#endif
}

COW__API const void *cow__trace_site(const void *change) {
    if (change) cow__trace_last_site = change;
    return cow__trace_last_site;
}

COW__API void cow__trace_copy(const char *type, size_t elements, size_t bytes, cow_reason reason) {
    if (!cow__trace_fn) return;
    cow_trace_event event;
    event.type = type;
    event.bytes = bytes;
    event.elements = elements;
    event.reason = reason;
    event.site = cow__trace_last_site;
    cow__trace_fn(cow__trace_ctx, &event);
}
#endif

COW__END_C
#endif

/* live: the buffers that are alive, listed by type, in COW_TRACE and COW_DEBUG builds. Floor 1. For leak hunting. */
#ifndef COW__LIVE_H
#define COW__LIVE_H


#include <stdio.h>

#if COW__LIVE

COW__BEGIN_C
/* Calls `fn` once for each type that has live buffers: how many, and the bytes of their storage. A buffer counts once,
   however many values share it. Frozen ones are listed under "<type> (frozen)". No buffer may be made or freed in `fn`. */
COW__API void cow_live_each(void (*fn)(void *ctx, const char *type, size_t buffers, size_t bytes), void *ctx);
/* Prints that listing. COW_TRACE builds do so at exit, to stderr, when anything but frozen buffers is left. */
COW__API void cow_live_report(FILE *to);
COW__END_C

/* A member of the list; each buffer's header holds one. */
typedef struct cow__live {
    struct cow__live *next, **link;
    const char *type;
    size_t bytes;
    bool frozen;
} cow__live;

COW__BEGIN_C
COW__API void cow__live_add(cow__live *node, const char *type, size_t bytes);
COW__API void cow__live_remove(cow__live *node);
COW__API void cow__live_freeze(cow__live *node);
COW__END_C

#endif
#endif

#if COW__LIVE && defined(COW__IMPLEMENT) && !defined(COW__LIVE_BODY)
#define COW__LIVE_BODY

#include <stdlib.h>
#include <string.h>

COW__BEGIN_C

static cow__live *cow__live_first;
static cow__atomic_u32 cow__live_lock;
#if COW__TRACE
static bool cow__live_at_exit;
#endif

/* A spin lock is enough for a build that looks for mistakes. */
static void cow__lock(cow__atomic_u32 *lock) {
    while (COW__SWAP(lock, 1u, COW__ACQUIRE)) {
    }
}

static void cow__unlock(cow__atomic_u32 *lock) { COW__STORE(lock, 0u, COW__RELEASE); }

#if COW__TRACE
static void cow__live_report_at_exit(void) {
    cow__live *n = cow__live_first;
    while (n && n->frozen) n = n->next;
    if (n) cow_live_report(stderr);
}
#endif

COW__API void cow__live_add(cow__live *node, const char *type, size_t bytes) {
    node->type = type;
    node->bytes = bytes;
    node->frozen = false;
    cow__lock(&cow__live_lock);
#if COW__TRACE
    if (!cow__live_at_exit) cow__live_at_exit = atexit(cow__live_report_at_exit) == 0;
#endif
    node->next = cow__live_first;
    node->link = &cow__live_first;
    if (node->next) node->next->link = &node->next;
    cow__live_first = node;
    cow__unlock(&cow__live_lock);
}

COW__API void cow__live_remove(cow__live *node) {
    cow__lock(&cow__live_lock);
    *node->link = node->next;
    if (node->next) node->next->link = node->link;
    cow__unlock(&cow__live_lock);
}

COW__API void cow__live_freeze(cow__live *node) {
    cow__lock(&cow__live_lock);
    node->frozen = true;
    cow__unlock(&cow__live_lock);
}

static bool cow__live_same(const cow__live *a, const cow__live *b) {
    return a->frozen == b->frozen && strcmp(a->type, b->type) == 0;
}

/* Quadratic in the number of buffers in the worst case, but needs no memory, which may be what ran out. */
COW__API void cow_live_each(void (*fn)(void *ctx, const char *type, size_t buffers, size_t bytes), void *ctx) {
    cow__lock(&cow__live_lock);
    for (cow__live *n = cow__live_first; n; n = n->next) {
        cow__live *before = cow__live_first;
        while (before != n && !cow__live_same(before, n)) before = before->next;
        if (before != n) continue;
        size_t buffers = 0, bytes = 0;
        for (cow__live *m = n; m; m = m->next) {
            if (!cow__live_same(m, n)) continue;
            buffers++;
            bytes += m->bytes;
        }
        char name[128];
        (void)snprintf(name, sizeof name, "%s%s", n->type, n->frozen ? " (frozen)" : "");
        fn(ctx, name, buffers, bytes);
    }
    cow__unlock(&cow__live_lock);
}

static void cow__live_print(void *to, const char *type, size_t buffers, size_t bytes) {
    (void)fprintf((FILE *)to, "cow: live %-32s %10lu buffers %14lu bytes\n", type, (unsigned long)buffers,
                  (unsigned long)bytes);
}

COW__API void cow_live_report(FILE *to) { cow_live_each(cow__live_print, to); }

COW__END_C
#endif

/* debug: what COW_DEBUG builds check, and how they die. Floor 1.

   Four mistakes no container can forgive: dropping a stale bitwise copy, using a value after its drop, writing through a
   pointer that a copy has made shared, and two writers on one variable. Each dies naming itself. */
#ifndef COW__DEBUG_H
#define COW__DEBUG_H


/* COW_PANIC(message) ends the program with a sentence. Override it to log elsewhere; it must not return. */
#ifndef COW_PANIC
#define COW_PANIC(message) cow__panic(message)
#endif

#if COW__DEBUG

#define COW__MAGIC_LIVE 0x0c0ffee1u
#define COW__MAGIC_DEAD 0x0dead0c0u

/* What a header carries in this build. The checksum covers [first, last) of a shared buffer. */
typedef struct cow__watch {
    uint32_t magic;
    cow__atomic_u32 lock;
    const char *first, *last;
    uint64_t sum;
} cow__watch;

COW__BEGIN_C
COW__API COW__COLD void cow__panic(const char *message);
COW__API COW__COLD void cow__die_of(const char *mistake, const char *type, const char *advice);
/* Readies the watch of a new header. */
COW__API void cow__watch_begin(cow__watch *w);
/* Dies unless the watched header is alive. */
COW__API void cow__watch_alive(const cow__watch *w, const char *type, const char *mistake);
/* Remembers what [first, last) holds, now that it is shared; checks it; forgets it, now that its owner may write. */
COW__API void cow__watch_share(cow__watch *w, const char *first, const char *last, const char *type);
COW__API void cow__watch_check(cow__watch *w, const char *type);
COW__API void cow__watch_forget(cow__watch *w, const char *type);
/* Marks `variable` as being written by this thread, and unmarks it. */
COW__API void cow__writer_enter(const void *variable, const char *type);
COW__API void cow__writer_leave(const void *variable);
/* Takes a dead block of the default allocator and frees it later, so that stale handles find a dead header. */
COW__API void cow__quarantine(void *block, size_t size);
COW__END_C

#define COW__WRITER_ENTER(variable, type) cow__writer_enter((variable), (type))
#define COW__WRITER_LEAVE(variable) cow__writer_leave(variable)
/* Inline shortcuts would pass by the checks. */
#define COW__FAST_PATHS 0

#else

#define COW__WRITER_ENTER(variable, type) ((void)0)
#define COW__WRITER_LEAVE(variable) ((void)0)
#define COW__FAST_PATHS 1

#endif
#endif

#if COW__DEBUG && defined(COW__IMPLEMENT) && !defined(COW__DEBUG_BODY)
#define COW__DEBUG_BODY

#include <stdio.h>
#include <stdlib.h>

COW__BEGIN_C

COW__API void cow__panic(const char *message) {
    (void)fprintf(stderr, "cow: %s\n", message);
    abort();
}

COW__API void cow__die_of(const char *mistake, const char *type, const char *advice) {
    char message[320];
    (void)snprintf(message, sizeof message, "%s of a value of type %s: %s", mistake, type, advice);
    COW_PANIC(message);
}

COW__API void cow__watch_begin(cow__watch *w) {
    w->magic = COW__MAGIC_LIVE;
    COW__STORE(&w->lock, 0u, COW__RELAXED);
    w->first = w->last = NULL;
    w->sum = 0;
}

COW__API void cow__watch_alive(const cow__watch *w, const char *type, const char *mistake) {
    if (w->magic == COW__MAGIC_LIVE) return;
    cow__die_of(mistake, type,
                "its buffer was freed before; the variable is a stale bitwise copy (b = a instead of copy or move), or "
                "was used again after its drop");
}

static uint64_t cow__watch_sum(const cow__watch *w) {
    return cow_hash_bytes(w->first, (size_t)(w->last - w->first), 0);
}

static void cow__watch_compare(const cow__watch *w, const char *type) {
    if (w->first && w->sum != cow__watch_sum(w))
        cow__die_of(
            "write through a stale pointer", type,
            "its elements changed while they were shared; pointers from mut, edit and data end at the next copy");
}

COW__API void cow__watch_share(cow__watch *w, const char *first, const char *last, const char *type) {
    if (first == last) return;
    cow__lock(&w->lock);
    cow__watch_compare(w, type);
    if (!w->first || first < w->first || last > w->last) {
        if (!w->first || first < w->first) w->first = first;
        if (!w->last || last > w->last) w->last = last;
        w->sum = cow__watch_sum(w);
    }
    cow__unlock(&w->lock);
}

COW__API void cow__watch_check(cow__watch *w, const char *type) {
    cow__lock(&w->lock);
    cow__watch_compare(w, type);
    cow__unlock(&w->lock);
}

COW__API void cow__watch_forget(cow__watch *w, const char *type) {
    cow__lock(&w->lock);
    cow__watch_compare(w, type);
    w->first = w->last = NULL;
    cow__unlock(&w->lock);
}

/* Variables being written right now. A slot holds the variable's address; probing stays within a few slots, and a
   full neighbourhood only means that one write goes unwatched. */
#define COW__WRITERS 1024u
#define COW__WRITER_PROBES 8u
static cow__atomic_ptr cow__writers[COW__WRITERS];

static cow__atomic_ptr *cow__writer_slot(const void *variable, unsigned probe) {
    return &cow__writers[(cow_hash_u64((uint64_t)(uintptr_t)variable, 0) + probe) % COW__WRITERS];
}

COW__API void cow__writer_enter(const void *variable, const char *type) {
    unsigned seen = 0, probe = 0;
    bool entered = false;
    for (; probe < COW__WRITER_PROBES && !entered; probe++) {
        void *expected = NULL;
        entered = COW__CAS(cow__writer_slot(variable, probe), &expected, (void *)(uintptr_t)variable, COW__SEQ_CST,
                           COW__SEQ_CST);
    }
    for (probe = 0; probe < COW__WRITER_PROBES; probe++)
        seen += COW__LOAD(cow__writer_slot(variable, probe), COW__SEQ_CST) == variable;
    if (seen > (entered ? 1u : 0u))
        cow__die_of(
            "two concurrent writers", type,
            "one variable is being changed twice at once, by two threads or by a hook that uses its own container");
}

COW__API void cow__writer_leave(const void *variable) {
    for (unsigned probe = 0; probe < COW__WRITER_PROBES; probe++) {
        void *expected = (void *)(uintptr_t)variable;
        if (COW__CAS(cow__writer_slot(variable, probe), &expected, NULL, COW__SEQ_CST, COW__SEQ_CST)) return;
    }
}

/* A ring of dead blocks, bounded in number and bytes; the oldest ones are freed when new ones come. */
#define COW__QUARANTINED 256u
#define COW__QUARANTINE_BYTES ((size_t)64 << 20)
static struct {
    void *block;
    size_t size;
} cow__dead[COW__QUARANTINED];
static unsigned cow__dead_first, cow__dead_last;
static size_t cow__dead_bytes;
static cow__atomic_u32 cow__dead_lock;

static void cow__quarantine_evict(void) {
    unsigned i = cow__dead_first++ % COW__QUARANTINED;
    cow__dead_bytes -= cow__dead[i].size;
    cow__release(NULL, cow__dead[i].block, cow__dead[i].size);
}

COW__API void cow__quarantine(void *block, size_t size) {
    cow__lock(&cow__dead_lock);
    if (cow__dead_last - cow__dead_first == COW__QUARANTINED) cow__quarantine_evict();
    unsigned i = cow__dead_last++ % COW__QUARANTINED;
    cow__dead[i].block = block;
    cow__dead[i].size = size;
    cow__dead_bytes += size;
    while (cow__dead_bytes > COW__QUARANTINE_BYTES) cow__quarantine_evict();
    cow__unlock(&cow__dead_lock);
}

COW__END_C
#endif

/* slots: numbers the containers of a translation unit. Floor 2. Generated by cow/pack.sh: do not edit.

   COW__SLOTS(what) lists `cow__tN: cow__tN_what,` for the containers declared before this one, for _Generic. */
#ifndef COW__SLOTS_H
#define COW__SLOTS_H


#define COW__SLOTS_0(what)
#define COW__SLOTS_1(what) COW__SLOTS_0(what) cow__t0 : cow__t0_##what,
#define COW__SLOTS_2(what) COW__SLOTS_1(what) cow__t1 : cow__t1_##what,
#define COW__SLOTS_3(what) COW__SLOTS_2(what) cow__t2 : cow__t2_##what,
#define COW__SLOTS_4(what) COW__SLOTS_3(what) cow__t3 : cow__t3_##what,
#define COW__SLOTS_5(what) COW__SLOTS_4(what) cow__t4 : cow__t4_##what,
#define COW__SLOTS_6(what) COW__SLOTS_5(what) cow__t5 : cow__t5_##what,
#define COW__SLOTS_7(what) COW__SLOTS_6(what) cow__t6 : cow__t6_##what,
#define COW__SLOTS_8(what) COW__SLOTS_7(what) cow__t7 : cow__t7_##what,
#define COW__SLOTS_9(what) COW__SLOTS_8(what) cow__t8 : cow__t8_##what,
#define COW__SLOTS_10(what) COW__SLOTS_9(what) cow__t9 : cow__t9_##what,
#define COW__SLOTS_11(what) COW__SLOTS_10(what) cow__t10 : cow__t10_##what,
#define COW__SLOTS_12(what) COW__SLOTS_11(what) cow__t11 : cow__t11_##what,
#define COW__SLOTS_13(what) COW__SLOTS_12(what) cow__t12 : cow__t12_##what,
#define COW__SLOTS_14(what) COW__SLOTS_13(what) cow__t13 : cow__t13_##what,
#define COW__SLOTS_15(what) COW__SLOTS_14(what) cow__t14 : cow__t14_##what,
#define COW__SLOTS_16(what) COW__SLOTS_15(what) cow__t15 : cow__t15_##what,
#define COW__SLOTS_17(what) COW__SLOTS_16(what) cow__t16 : cow__t16_##what,
#define COW__SLOTS_18(what) COW__SLOTS_17(what) cow__t17 : cow__t17_##what,
#define COW__SLOTS_19(what) COW__SLOTS_18(what) cow__t18 : cow__t18_##what,
#define COW__SLOTS_20(what) COW__SLOTS_19(what) cow__t19 : cow__t19_##what,
#define COW__SLOTS_21(what) COW__SLOTS_20(what) cow__t20 : cow__t20_##what,
#define COW__SLOTS_22(what) COW__SLOTS_21(what) cow__t21 : cow__t21_##what,
#define COW__SLOTS_23(what) COW__SLOTS_22(what) cow__t22 : cow__t22_##what,
#define COW__SLOTS_24(what) COW__SLOTS_23(what) cow__t23 : cow__t23_##what,
#define COW__SLOTS_25(what) COW__SLOTS_24(what) cow__t24 : cow__t24_##what,
#define COW__SLOTS_26(what) COW__SLOTS_25(what) cow__t25 : cow__t25_##what,
#define COW__SLOTS_27(what) COW__SLOTS_26(what) cow__t26 : cow__t26_##what,
#define COW__SLOTS_28(what) COW__SLOTS_27(what) cow__t27 : cow__t27_##what,
#define COW__SLOTS_29(what) COW__SLOTS_28(what) cow__t28 : cow__t28_##what,
#define COW__SLOTS_30(what) COW__SLOTS_29(what) cow__t29 : cow__t29_##what,
#define COW__SLOTS_31(what) COW__SLOTS_30(what) cow__t30 : cow__t30_##what,
#define COW__SLOTS_32(what) COW__SLOTS_31(what) cow__t31 : cow__t31_##what,
#define COW__SLOTS_33(what) COW__SLOTS_32(what) cow__t32 : cow__t32_##what,
#define COW__SLOTS_34(what) COW__SLOTS_33(what) cow__t33 : cow__t33_##what,
#define COW__SLOTS_35(what) COW__SLOTS_34(what) cow__t34 : cow__t34_##what,
#define COW__SLOTS_36(what) COW__SLOTS_35(what) cow__t35 : cow__t35_##what,
#define COW__SLOTS_37(what) COW__SLOTS_36(what) cow__t36 : cow__t36_##what,
#define COW__SLOTS_38(what) COW__SLOTS_37(what) cow__t37 : cow__t37_##what,
#define COW__SLOTS_39(what) COW__SLOTS_38(what) cow__t38 : cow__t38_##what,
#define COW__SLOTS_40(what) COW__SLOTS_39(what) cow__t39 : cow__t39_##what,
#define COW__SLOTS_41(what) COW__SLOTS_40(what) cow__t40 : cow__t40_##what,
#define COW__SLOTS_42(what) COW__SLOTS_41(what) cow__t41 : cow__t41_##what,
#define COW__SLOTS_43(what) COW__SLOTS_42(what) cow__t42 : cow__t42_##what,
#define COW__SLOTS_44(what) COW__SLOTS_43(what) cow__t43 : cow__t43_##what,
#define COW__SLOTS_45(what) COW__SLOTS_44(what) cow__t44 : cow__t44_##what,
#define COW__SLOTS_46(what) COW__SLOTS_45(what) cow__t45 : cow__t45_##what,
#define COW__SLOTS_47(what) COW__SLOTS_46(what) cow__t46 : cow__t46_##what,
#define COW__SLOTS_48(what) COW__SLOTS_47(what) cow__t47 : cow__t47_##what,
#define COW__SLOTS_49(what) COW__SLOTS_48(what) cow__t48 : cow__t48_##what,
#define COW__SLOTS_50(what) COW__SLOTS_49(what) cow__t49 : cow__t49_##what,
#define COW__SLOTS_51(what) COW__SLOTS_50(what) cow__t50 : cow__t50_##what,
#define COW__SLOTS_52(what) COW__SLOTS_51(what) cow__t51 : cow__t51_##what,
#define COW__SLOTS_53(what) COW__SLOTS_52(what) cow__t52 : cow__t52_##what,
#define COW__SLOTS_54(what) COW__SLOTS_53(what) cow__t53 : cow__t53_##what,
#define COW__SLOTS_55(what) COW__SLOTS_54(what) cow__t54 : cow__t54_##what,
#define COW__SLOTS_56(what) COW__SLOTS_55(what) cow__t55 : cow__t55_##what,
#define COW__SLOTS_57(what) COW__SLOTS_56(what) cow__t56 : cow__t56_##what,
#define COW__SLOTS_58(what) COW__SLOTS_57(what) cow__t57 : cow__t57_##what,
#define COW__SLOTS_59(what) COW__SLOTS_58(what) cow__t58 : cow__t58_##what,
#define COW__SLOTS_60(what) COW__SLOTS_59(what) cow__t59 : cow__t59_##what,
#define COW__SLOTS_61(what) COW__SLOTS_60(what) cow__t60 : cow__t60_##what,
#define COW__SLOTS_62(what) COW__SLOTS_61(what) cow__t61 : cow__t61_##what,
#define COW__SLOTS_63(what) COW__SLOTS_62(what) cow__t62 : cow__t62_##what,
#define COW__SLOTS_64(what) COW__SLOTS_63(what) cow__t63 : cow__t63_##what,
#define COW__SLOTS_65(what) COW__SLOTS_64(what) cow__t64 : cow__t64_##what,
#define COW__SLOTS_WITH_0(what) COW__SLOTS_1(what)
#define COW__SLOTS_WITH_1(what) COW__SLOTS_2(what)
#define COW__SLOTS_WITH_2(what) COW__SLOTS_3(what)
#define COW__SLOTS_WITH_3(what) COW__SLOTS_4(what)
#define COW__SLOTS_WITH_4(what) COW__SLOTS_5(what)
#define COW__SLOTS_WITH_5(what) COW__SLOTS_6(what)
#define COW__SLOTS_WITH_6(what) COW__SLOTS_7(what)
#define COW__SLOTS_WITH_7(what) COW__SLOTS_8(what)
#define COW__SLOTS_WITH_8(what) COW__SLOTS_9(what)
#define COW__SLOTS_WITH_9(what) COW__SLOTS_10(what)
#define COW__SLOTS_WITH_10(what) COW__SLOTS_11(what)
#define COW__SLOTS_WITH_11(what) COW__SLOTS_12(what)
#define COW__SLOTS_WITH_12(what) COW__SLOTS_13(what)
#define COW__SLOTS_WITH_13(what) COW__SLOTS_14(what)
#define COW__SLOTS_WITH_14(what) COW__SLOTS_15(what)
#define COW__SLOTS_WITH_15(what) COW__SLOTS_16(what)
#define COW__SLOTS_WITH_16(what) COW__SLOTS_17(what)
#define COW__SLOTS_WITH_17(what) COW__SLOTS_18(what)
#define COW__SLOTS_WITH_18(what) COW__SLOTS_19(what)
#define COW__SLOTS_WITH_19(what) COW__SLOTS_20(what)
#define COW__SLOTS_WITH_20(what) COW__SLOTS_21(what)
#define COW__SLOTS_WITH_21(what) COW__SLOTS_22(what)
#define COW__SLOTS_WITH_22(what) COW__SLOTS_23(what)
#define COW__SLOTS_WITH_23(what) COW__SLOTS_24(what)
#define COW__SLOTS_WITH_24(what) COW__SLOTS_25(what)
#define COW__SLOTS_WITH_25(what) COW__SLOTS_26(what)
#define COW__SLOTS_WITH_26(what) COW__SLOTS_27(what)
#define COW__SLOTS_WITH_27(what) COW__SLOTS_28(what)
#define COW__SLOTS_WITH_28(what) COW__SLOTS_29(what)
#define COW__SLOTS_WITH_29(what) COW__SLOTS_30(what)
#define COW__SLOTS_WITH_30(what) COW__SLOTS_31(what)
#define COW__SLOTS_WITH_31(what) COW__SLOTS_32(what)
#define COW__SLOTS_WITH_32(what) COW__SLOTS_33(what)
#define COW__SLOTS_WITH_33(what) COW__SLOTS_34(what)
#define COW__SLOTS_WITH_34(what) COW__SLOTS_35(what)
#define COW__SLOTS_WITH_35(what) COW__SLOTS_36(what)
#define COW__SLOTS_WITH_36(what) COW__SLOTS_37(what)
#define COW__SLOTS_WITH_37(what) COW__SLOTS_38(what)
#define COW__SLOTS_WITH_38(what) COW__SLOTS_39(what)
#define COW__SLOTS_WITH_39(what) COW__SLOTS_40(what)
#define COW__SLOTS_WITH_40(what) COW__SLOTS_41(what)
#define COW__SLOTS_WITH_41(what) COW__SLOTS_42(what)
#define COW__SLOTS_WITH_42(what) COW__SLOTS_43(what)
#define COW__SLOTS_WITH_43(what) COW__SLOTS_44(what)
#define COW__SLOTS_WITH_44(what) COW__SLOTS_45(what)
#define COW__SLOTS_WITH_45(what) COW__SLOTS_46(what)
#define COW__SLOTS_WITH_46(what) COW__SLOTS_47(what)
#define COW__SLOTS_WITH_47(what) COW__SLOTS_48(what)
#define COW__SLOTS_WITH_48(what) COW__SLOTS_49(what)
#define COW__SLOTS_WITH_49(what) COW__SLOTS_50(what)
#define COW__SLOTS_WITH_50(what) COW__SLOTS_51(what)
#define COW__SLOTS_WITH_51(what) COW__SLOTS_52(what)
#define COW__SLOTS_WITH_52(what) COW__SLOTS_53(what)
#define COW__SLOTS_WITH_53(what) COW__SLOTS_54(what)
#define COW__SLOTS_WITH_54(what) COW__SLOTS_55(what)
#define COW__SLOTS_WITH_55(what) COW__SLOTS_56(what)
#define COW__SLOTS_WITH_56(what) COW__SLOTS_57(what)
#define COW__SLOTS_WITH_57(what) COW__SLOTS_58(what)
#define COW__SLOTS_WITH_58(what) COW__SLOTS_59(what)
#define COW__SLOTS_WITH_59(what) COW__SLOTS_60(what)
#define COW__SLOTS_WITH_60(what) COW__SLOTS_61(what)
#define COW__SLOTS_WITH_61(what) COW__SLOTS_62(what)
#define COW__SLOTS_WITH_62(what) COW__SLOTS_63(what)
#define COW__SLOTS_WITH_63(what) COW__SLOTS_64(what)
#define COW__SLOTS_WITH_64(what) COW__SLOTS_65(what)

/* Strings hold slot 0: see str_hooks. */
#define COW__SLOT_0_TAKEN
#define COW__SLOT 0

#endif

/* Each new container takes the next number. One declared by COW_FORWARD has its number already when it is completed. */
#undef COW__SLOTS
#ifndef COW__TAKE_SLOT
#define COW__SLOTS(what) COW__CAT(COW__SLOTS_WITH_, COW__SLOT)(what)
#else
#define COW__SLOTS(what) COW__CAT(COW__SLOTS_, COW__SLOT)(what)
#undef COW__SLOT
#if !defined(COW__SLOT_1_TAKEN)
#define COW__SLOT_1_TAKEN
#define COW__SLOT 1
#elif !defined(COW__SLOT_2_TAKEN)
#define COW__SLOT_2_TAKEN
#define COW__SLOT 2
#elif !defined(COW__SLOT_3_TAKEN)
#define COW__SLOT_3_TAKEN
#define COW__SLOT 3
#elif !defined(COW__SLOT_4_TAKEN)
#define COW__SLOT_4_TAKEN
#define COW__SLOT 4
#elif !defined(COW__SLOT_5_TAKEN)
#define COW__SLOT_5_TAKEN
#define COW__SLOT 5
#elif !defined(COW__SLOT_6_TAKEN)
#define COW__SLOT_6_TAKEN
#define COW__SLOT 6
#elif !defined(COW__SLOT_7_TAKEN)
#define COW__SLOT_7_TAKEN
#define COW__SLOT 7
#elif !defined(COW__SLOT_8_TAKEN)
#define COW__SLOT_8_TAKEN
#define COW__SLOT 8
#elif !defined(COW__SLOT_9_TAKEN)
#define COW__SLOT_9_TAKEN
#define COW__SLOT 9
#elif !defined(COW__SLOT_10_TAKEN)
#define COW__SLOT_10_TAKEN
#define COW__SLOT 10
#elif !defined(COW__SLOT_11_TAKEN)
#define COW__SLOT_11_TAKEN
#define COW__SLOT 11
#elif !defined(COW__SLOT_12_TAKEN)
#define COW__SLOT_12_TAKEN
#define COW__SLOT 12
#elif !defined(COW__SLOT_13_TAKEN)
#define COW__SLOT_13_TAKEN
#define COW__SLOT 13
#elif !defined(COW__SLOT_14_TAKEN)
#define COW__SLOT_14_TAKEN
#define COW__SLOT 14
#elif !defined(COW__SLOT_15_TAKEN)
#define COW__SLOT_15_TAKEN
#define COW__SLOT 15
#elif !defined(COW__SLOT_16_TAKEN)
#define COW__SLOT_16_TAKEN
#define COW__SLOT 16
#elif !defined(COW__SLOT_17_TAKEN)
#define COW__SLOT_17_TAKEN
#define COW__SLOT 17
#elif !defined(COW__SLOT_18_TAKEN)
#define COW__SLOT_18_TAKEN
#define COW__SLOT 18
#elif !defined(COW__SLOT_19_TAKEN)
#define COW__SLOT_19_TAKEN
#define COW__SLOT 19
#elif !defined(COW__SLOT_20_TAKEN)
#define COW__SLOT_20_TAKEN
#define COW__SLOT 20
#elif !defined(COW__SLOT_21_TAKEN)
#define COW__SLOT_21_TAKEN
#define COW__SLOT 21
#elif !defined(COW__SLOT_22_TAKEN)
#define COW__SLOT_22_TAKEN
#define COW__SLOT 22
#elif !defined(COW__SLOT_23_TAKEN)
#define COW__SLOT_23_TAKEN
#define COW__SLOT 23
#elif !defined(COW__SLOT_24_TAKEN)
#define COW__SLOT_24_TAKEN
#define COW__SLOT 24
#elif !defined(COW__SLOT_25_TAKEN)
#define COW__SLOT_25_TAKEN
#define COW__SLOT 25
#elif !defined(COW__SLOT_26_TAKEN)
#define COW__SLOT_26_TAKEN
#define COW__SLOT 26
#elif !defined(COW__SLOT_27_TAKEN)
#define COW__SLOT_27_TAKEN
#define COW__SLOT 27
#elif !defined(COW__SLOT_28_TAKEN)
#define COW__SLOT_28_TAKEN
#define COW__SLOT 28
#elif !defined(COW__SLOT_29_TAKEN)
#define COW__SLOT_29_TAKEN
#define COW__SLOT 29
#elif !defined(COW__SLOT_30_TAKEN)
#define COW__SLOT_30_TAKEN
#define COW__SLOT 30
#elif !defined(COW__SLOT_31_TAKEN)
#define COW__SLOT_31_TAKEN
#define COW__SLOT 31
#elif !defined(COW__SLOT_32_TAKEN)
#define COW__SLOT_32_TAKEN
#define COW__SLOT 32
#elif !defined(COW__SLOT_33_TAKEN)
#define COW__SLOT_33_TAKEN
#define COW__SLOT 33
#elif !defined(COW__SLOT_34_TAKEN)
#define COW__SLOT_34_TAKEN
#define COW__SLOT 34
#elif !defined(COW__SLOT_35_TAKEN)
#define COW__SLOT_35_TAKEN
#define COW__SLOT 35
#elif !defined(COW__SLOT_36_TAKEN)
#define COW__SLOT_36_TAKEN
#define COW__SLOT 36
#elif !defined(COW__SLOT_37_TAKEN)
#define COW__SLOT_37_TAKEN
#define COW__SLOT 37
#elif !defined(COW__SLOT_38_TAKEN)
#define COW__SLOT_38_TAKEN
#define COW__SLOT 38
#elif !defined(COW__SLOT_39_TAKEN)
#define COW__SLOT_39_TAKEN
#define COW__SLOT 39
#elif !defined(COW__SLOT_40_TAKEN)
#define COW__SLOT_40_TAKEN
#define COW__SLOT 40
#elif !defined(COW__SLOT_41_TAKEN)
#define COW__SLOT_41_TAKEN
#define COW__SLOT 41
#elif !defined(COW__SLOT_42_TAKEN)
#define COW__SLOT_42_TAKEN
#define COW__SLOT 42
#elif !defined(COW__SLOT_43_TAKEN)
#define COW__SLOT_43_TAKEN
#define COW__SLOT 43
#elif !defined(COW__SLOT_44_TAKEN)
#define COW__SLOT_44_TAKEN
#define COW__SLOT 44
#elif !defined(COW__SLOT_45_TAKEN)
#define COW__SLOT_45_TAKEN
#define COW__SLOT 45
#elif !defined(COW__SLOT_46_TAKEN)
#define COW__SLOT_46_TAKEN
#define COW__SLOT 46
#elif !defined(COW__SLOT_47_TAKEN)
#define COW__SLOT_47_TAKEN
#define COW__SLOT 47
#elif !defined(COW__SLOT_48_TAKEN)
#define COW__SLOT_48_TAKEN
#define COW__SLOT 48
#elif !defined(COW__SLOT_49_TAKEN)
#define COW__SLOT_49_TAKEN
#define COW__SLOT 49
#elif !defined(COW__SLOT_50_TAKEN)
#define COW__SLOT_50_TAKEN
#define COW__SLOT 50
#elif !defined(COW__SLOT_51_TAKEN)
#define COW__SLOT_51_TAKEN
#define COW__SLOT 51
#elif !defined(COW__SLOT_52_TAKEN)
#define COW__SLOT_52_TAKEN
#define COW__SLOT 52
#elif !defined(COW__SLOT_53_TAKEN)
#define COW__SLOT_53_TAKEN
#define COW__SLOT 53
#elif !defined(COW__SLOT_54_TAKEN)
#define COW__SLOT_54_TAKEN
#define COW__SLOT 54
#elif !defined(COW__SLOT_55_TAKEN)
#define COW__SLOT_55_TAKEN
#define COW__SLOT 55
#elif !defined(COW__SLOT_56_TAKEN)
#define COW__SLOT_56_TAKEN
#define COW__SLOT 56
#elif !defined(COW__SLOT_57_TAKEN)
#define COW__SLOT_57_TAKEN
#define COW__SLOT 57
#elif !defined(COW__SLOT_58_TAKEN)
#define COW__SLOT_58_TAKEN
#define COW__SLOT 58
#elif !defined(COW__SLOT_59_TAKEN)
#define COW__SLOT_59_TAKEN
#define COW__SLOT 59
#elif !defined(COW__SLOT_60_TAKEN)
#define COW__SLOT_60_TAKEN
#define COW__SLOT 60
#elif !defined(COW__SLOT_61_TAKEN)
#define COW__SLOT_61_TAKEN
#define COW__SLOT 61
#elif !defined(COW__SLOT_62_TAKEN)
#define COW__SLOT_62_TAKEN
#define COW__SLOT 62
#elif !defined(COW__SLOT_63_TAKEN)
#define COW__SLOT_63_TAKEN
#define COW__SLOT 63
#elif !defined(COW__SLOT_64_TAKEN)
#define COW__SLOT_64_TAKEN
#define COW__SLOT 64
#else
#error "cow: more than 64 typed containers in one file; instantiate some of them in another"
#endif
#endif

/* refcount: how many values share a buffer. Floor 2.

   Increments are relaxed: whoever copies holds a count already. The last owner must see everything the others did, so
   decrements are acquire-release and the shortcut "it is 1 already" is an acquire load. A count past half its range
   sticks: the buffer is immortal from then on (the idea of Linux's refcount_t), because a wrapped count would free
   memory that is in use. Non-atomic counting (a single thread, or a type that is never shared) uses relaxed loads and
   stores; it is not safe in signal handlers. */
#ifndef COW__REFCOUNT_H
#define COW__REFCOUNT_H


#define COW__RC_STUCK 0x80000000u /* counts from here on stick */
#define COW__RC_IMMORTAL 0xc0000000u

/* One more owner. `local`: the type is never shared between threads. */
static inline void cow__rc_retain(cow__atomic_u32 *rc, bool local) {
    if (COW__LIKELY(local || COW__SINGLE_THREADED())) {
        uint32_t n = COW__LOAD(rc, COW__RELAXED);
        if (COW__LIKELY(n < COW__RC_STUCK)) COW__STORE(rc, n + 1, COW__RELAXED);
        return;
    }
    uint32_t before = COW__ADD(rc, 1u, COW__RELAXED);
    if (!COW__LIKELY(before < COW__RC_STUCK)) COW__STORE(rc, COW__RC_IMMORTAL, COW__RELAXED);
}

/* One owner less; true when it was the last, who now owns the buffer alone and must destroy it. */
static inline bool cow__rc_release(cow__atomic_u32 *rc, bool local) {
    if (COW__LIKELY(local || COW__SINGLE_THREADED())) {
        uint32_t n = COW__LOAD(rc, COW__RELAXED);
        if (!COW__LIKELY(n - 2 < COW__RC_STUCK - 2)) return n == 1; /* the last one, or stuck */
        COW__STORE(rc, n - 1, COW__RELAXED);
        return false;
    }
    if (COW__LOAD(rc, COW__ACQUIRE) == 1) return true;
    uint32_t before = COW__SUB(rc, 1u, COW__ACQ_REL);
    if (!COW__LIKELY(before < COW__RC_STUCK)) COW__STORE(rc, COW__RC_IMMORTAL, COW__RELAXED);
    return before == 1;
}

/* Whether the caller is the only owner, and sees all that former owners did. */
static inline bool cow__rc_unique(cow__atomic_u32 *rc) { return COW__LOAD(rc, COW__ACQUIRE) == 1; }

/* Makes the count stick: the buffer is never unique again and never freed. */
static inline void cow__rc_saturate(cow__atomic_u32 *rc) { COW__STORE(rc, COW__RC_IMMORTAL, COW__RELAXED); }

#endif

/* type: what the library knows about an element type, and how it finds out. Floor 2.

   Cold code is shared by all instantiations and works from a descriptor. Hot code is typed and finds its hooks at compile
   time: in C by _Generic over the scalars and the containers instantiated so far (slots.h numbers them), in C++ by
   overloads. Copy and drop default to bitwise and nothing. Equal, compare and hash have no default: a type that lacks
   one fails to compile where it is needed, and the message names the type. */
#ifndef COW__TYPE_H
#define COW__TYPE_H


typedef bool (*cow_copy_fn)(void *to, const void *from); /* makes *to from *from; false: nothing was made */
typedef void (*cow_drop_fn)(void *e);                    /* gives up what *element owns */
typedef bool (*cow_equal_fn)(const void *a, const void *b);
typedef int (*cow_compare_fn)(const void *a, const void *b); /* negative, 0 or positive */
typedef uint64_t (*cow_hash_fn)(const void *e, uint64_t seed);

/* The descriptor of an instantiation: its name, and its elements' size, alignment and hooks. */
typedef struct cow_type {
    const char *name;
    size_t size, align;
    cow_copy_fn copy;       /* NULL: elements are copied bitwise */
    cow_drop_fn drop;       /* NULL: elements own nothing */
    cow_drop_fn freeze;     /* NULL: elements hold no containers */
    const cow_alloc *alloc; /* NULL: COW_MALLOC */
    const char *abi;        /* makes objects with other options fail to link */
    bool local;             /* COW_NONATOMIC: values never cross threads */
    bool recursive;         /* COW_FORWARDED or COW_RECURSIVE: elements may hold values of this very type */
} cow_type;

/* The scalars: a name to paste, and the type. Pointers are left out on purpose: whether their targets or their
   addresses should be compared is the user's to say. */
/* clang-format off */
#define COW__INTEGERS(X)                                                                                  \
    X(bool, bool) X(char, char) X(schar, signed char) X(uchar, unsigned char) X(short, short)             \
    X(ushort, unsigned short) X(int, int) X(uint, unsigned) X(long, long) X(ulong, unsigned long)         \
    X(llong, long long) X(ullong, unsigned long long)
/* clang-format on */
#define COW__FLOATS(X) X(float, float) X(double, double)
#define COW__SCALARS(X) COW__INTEGERS(X) COW__FLOATS(X)

/* Equality and order of scalars. Floating point is ordered totally: -0 equals 0, NaN equals itself and comes last, so
   that sorting and searching stay consistent. */
#define COW__DEFINE_INTEGER(name, T)                                                                              \
    static inline int cow__compare_##name(const void *a, const void *b) {                                         \
        T x = *(const T *)a, y = *(const T *)b;                                                                   \
        return (x > y) - (x < y);                                                                                 \
    }                                                                                                             \
    static inline bool cow__equal_##name(const void *a, const void *b) { return *(const T *)a == *(const T *)b; } \
    static inline uint64_t cow__hash_##name(const void *e, uint64_t seed) {                                       \
        return cow__hash_word((uint64_t) * (const T *)e, seed);                                                   \
    }
#define COW__DEFINE_FLOAT(name, T)                                                                                \
    static inline int cow__compare_##name(const void *a, const void *b) {                                         \
        T x = *(const T *)a, y = *(const T *)b;                                                                   \
        bool x_nan = !(x <= x), y_nan = !(y <= y);                                                                \
        return x_nan || y_nan ? x_nan - y_nan : (x > y) - (x < y);                                                \
    }                                                                                                             \
    static inline bool cow__equal_##name(const void *a, const void *b) { return cow__compare_##name(a, b) == 0; } \
    static inline uint64_t cow__hash_##name(const void *e, uint64_t seed) {                                       \
        double x = (double)*(const T *)e;                                                                         \
        uint64_t bits = 0x7ff8000000000000u;                                                                      \
        if (x <= x) {                                                                                             \
            x += 0.0; /* -0 becomes 0 */                                                                          \
            memcpy(&bits, &x, sizeof bits);                                                                       \
        }                                                                                                         \
        return cow_hash_u64(bits, seed);                                                                          \
    }
COW__INTEGERS(COW__DEFINE_INTEGER)
COW__FLOATS(COW__DEFINE_FLOAT)

/* Stand-ins for a type without the hook; never called, because COW__NEED fails to compile before. */
static inline bool cow__equal_none(const void *a, const void *b) { return a == b; }
static inline int cow__compare_none(const void *a, const void *b) { return (a > b) - (a < b); }
static inline uint64_t cow__hash_none(const void *e, uint64_t seed) { return e ? seed : 0; }

#ifndef __cplusplus

/* COW__EQUAL_OF(T) and its kin are a function; COW__HAS_EQUAL(T) and its kin are 0 or 1. */
/* clang-format off */
#define COW__PICK_EQUAL(name, T) T : cow__equal_##name,
#define COW__PICK_COMPARE(name, T) T : cow__compare_##name,
#define COW__PICK_HASH(name, T) T : cow__hash_##name,
#define COW__PICK_ONE(name, T) T : 1,
/* clang-format on */
#define COW__EQUAL_OF(T) _Generic(*(T *)0, COW__SCALARS(COW__PICK_EQUAL) COW__SLOTS(equal) default : cow__equal_none)
#define COW__COMPARE_OF(T) \
    _Generic(*(T *)0, COW__SCALARS(COW__PICK_COMPARE) COW__SLOTS(compare) default : cow__compare_none)
#define COW__HASH_OF(T) _Generic(*(T *)0, COW__SCALARS(COW__PICK_HASH) COW__SLOTS(hash) default : cow__hash_none)
#define COW__HAS_EQUAL(T) _Generic(*(T *)0, COW__SCALARS(COW__PICK_ONE) COW__SLOTS(has_equal) default : 0)
#define COW__HAS_COMPARE(T) _Generic(*(T *)0, COW__SCALARS(COW__PICK_ONE) COW__SLOTS(has_compare) default : 0)
#define COW__HAS_HASH(T) _Generic(*(T *)0, COW__SCALARS(COW__PICK_ONE) COW__SLOTS(has_hash) default : 0)
#define COW__HAS_COPY(T) _Generic(*(T *)0, COW__SLOTS(has_copy) default : 0)
#define COW__IS_LOCAL(T) _Generic(*(T *)0, COW__SLOTS(is_local) default : 0)
#define COW__COPY_OF(T) _Generic(*(T *)0, COW__SLOTS(copy) default : (cow_copy_fn)0)
#define COW__DROP_OF(T) _Generic(*(T *)0, COW__SLOTS(drop) default : (cow_drop_fn)0)
#define COW__FREEZE_OF(T) _Generic(*(T *)0, COW__SLOTS(freeze) default : (cow_drop_fn)0)

#else

#define COW__OVERLOAD(name, T)                                                          \
    constexpr cow_equal_fn cow__equal_of(const T *) { return cow__equal_##name; }       \
    constexpr cow_compare_fn cow__compare_of(const T *) { return cow__compare_##name; } \
    constexpr cow_hash_fn cow__hash_of(const T *) { return cow__hash_##name; }          \
    constexpr bool cow__has_equal(const T *) { return true; }                           \
    constexpr bool cow__has_compare(const T *) { return true; }                         \
    constexpr bool cow__has_hash(const T *) { return true; }
COW__SCALARS(COW__OVERLOAD)
template <class T> constexpr cow_equal_fn cow__equal_of(const T *) { return cow__equal_none; }
template <class T> constexpr cow_compare_fn cow__compare_of(const T *) { return cow__compare_none; }
template <class T> constexpr cow_hash_fn cow__hash_of(const T *) { return cow__hash_none; }
template <class T> constexpr bool cow__has_copy(const T *) { return false; }
template <class T> constexpr bool cow__is_local(const T *) { return false; }
template <class T> constexpr bool cow__has_equal(const T *) { return false; }
template <class T> constexpr bool cow__has_compare(const T *) { return false; }
template <class T> constexpr bool cow__has_hash(const T *) { return false; }
template <class T> constexpr cow_copy_fn cow__copy_of(const T *) { return nullptr; }
template <class T> constexpr cow_drop_fn cow__drop_of(const T *) { return nullptr; }
template <class T> constexpr cow_drop_fn cow__freeze_of(const T *) { return nullptr; }
/* Compilers fold a call in a template argument even without optimisation, so that COW__NEED's dead branch goes away. */
template <bool Has> struct cow__constant { static const bool value = Has; };
#define COW__EQUAL_OF(T) cow__equal_of((const T *)nullptr)
#define COW__COMPARE_OF(T) cow__compare_of((const T *)nullptr)
#define COW__HASH_OF(T) cow__hash_of((const T *)nullptr)
#define COW__HAS_EQUAL(T) cow__constant<cow__has_equal((const T *)nullptr)>::value
#define COW__HAS_COMPARE(T) cow__constant<cow__has_compare((const T *)nullptr)>::value
#define COW__HAS_HASH(T) cow__constant<cow__has_hash((const T *)nullptr)>::value
#define COW__HAS_COPY(T) cow__constant<cow__has_copy((const T *)nullptr)>::value
#define COW__IS_LOCAL(T) cow__constant<cow__is_local((const T *)nullptr)>::value
#define COW__COPY_OF(T) cow__copy_of((const T *)nullptr)
#define COW__DROP_OF(T) cow__drop_of((const T *)nullptr)
#define COW__FREEZE_OF(T) cow__freeze_of((const T *)nullptr)

#endif

/* Fails to compile with `text` where the call survives; compilers without the attribute fail to link instead. */
#if defined(__has_attribute)
#if __has_attribute(error)
#define COW__COMPILE_ERROR(text) __attribute__((error(text)))
#endif
#endif
#ifndef COW__COMPILE_ERROR
#define COW__COMPILE_ERROR(text)
#endif

COW__BEGIN_C
/* Makes *to from *from by the copy hook, or bitwise. */
COW__API bool cow__element_copy(const cow_type *type, void *to, const void *from);
/* Makes `n` elements at `to` from those at `from`. When a hook fails, those made are dropped and COW_HOOK is set. */
COW__API bool cow__elements_copy(const cow_type *type, void *to, const void *from, size_t n);
/* Makes `n` copies of *from, or zero bytes when `from` is NULL, with the same promise. */
COW__API bool cow__elements_fill(const cow_type *type, void *to, const void *from, size_t n);
/* Exchanges two elements of `size` bytes. */
COW__API void cow__elements_swap(char *x, char *y, size_t size);
/* Drops the elements in [first, last). */
COW__API void cow__elements_drop(const cow_type *type, void *first, void *last);
COW__END_C

#endif

#if defined(COW__IMPLEMENT) && !defined(COW__TYPE_BODY)
#define COW__TYPE_BODY


COW__BEGIN_C

COW__API bool cow__element_copy(const cow_type *type, void *to, const void *from) {
    if (!type->copy)
        memcpy(to, from, type->size);
    else if (!type->copy(to, from))
        return cow__fail(COW_HOOK);
    return true;
}

COW__API void cow__elements_drop(const cow_type *type, void *first, void *last) {
    if (!type->drop) return;
    for (char *p = (char *)first; p < (char *)last; p += type->size) type->drop(p);
}

/* Copies element by element; `step` is the distance between sources, 0 to repeat one. */
static bool cow__elements_make(const cow_type *type, char *to, const char *from, size_t n, size_t step) {
    char *p = to;
    for (size_t i = 0; i < n; i++, p += type->size, from += step) {
        if (cow__element_copy(type, p, from)) continue;
        cow__elements_drop(type, to, p);
        return cow__fail(COW_HOOK);
    }
    return true;
}

COW__API bool cow__elements_copy(const cow_type *type, void *to, const void *from, size_t n) {
    if (type->copy) return cow__elements_make(type, (char *)to, (const char *)from, n, type->size);
    if (n) memcpy(to, from, n * type->size);
    return true;
}

COW__API bool cow__elements_fill(const cow_type *type, void *to, const void *from, size_t n) {
    size_t bytes = n * type->size, done = type->size;
    if (from && type->copy) return cow__elements_make(type, (char *)to, (const char *)from, n, 0);
    if (!n) return true;
    if (!from) {
        memset(to, 0, bytes);
        return true;
    }
    /* The first one may be the source itself; what is filled then doubles. */
    memmove(to, from, type->size);
    for (; done < bytes; done *= 2) memcpy((char *)to + done, to, done < bytes - done ? done : bytes - done);
    return true;
}

/* Swaps two elements through a small buffer. */
COW__API void cow__elements_swap(char *x, char *y, size_t size) {
    char piece[64];
    for (size_t left = size; left;) {
        size_t k = left < sizeof piece ? left : sizeof piece;
        memcpy(piece, x, k);
        memcpy(x, y, k);
        memcpy(y, piece, k);
        x += k;
        y += k;
        left -= k;
    }
}

COW__END_C
#endif

/* buffer: a header with contiguous storage behind it, shared by values that each see a part. Floor 3.

       block     header   base      begin     p        p+n     used      end
         |---pad---|--------|-- room --|--------|========|-------|--room--|
                                       constructed elements ..............

   A value is {p, n, header}: any run of constructed elements. Many values share one header.

   The tail claim. `used` remembers how far storage was ever handed out. A value whose end equals `used` may claim free
   storage behind it by compare-and-swap, even while others share the buffer, because nobody else can see beyond
   their own n. So appending to a shared array copies nothing.

   Keeping `used` exact on every push would cost a store each, so it is raised late: by the copy that makes a value
   shared (from the end of its *source*: a slice's own end may lie below elements its source still owns). That copy also
   clears `limit`, which is otherwise the end of the storage. So `limit` is armed (not NULL) only while nothing was
   shared since the sole owner last settled: then no leftovers of dropped branches lie behind it, `used` is `base`, and
   p + n < limit alone tells a push that it may write. Once cleared, the slow path must find the count at 1 to settle
   and arm it again.

   Rules. `used` falls only while unique, or when a claimer undoes its own failed claim. While shared, `used` is at or
   beyond every value's end. Claim before constructing. `begin` and `end` change only while unique. Death destroys
   [begin, max(used, p + n)). */
#ifndef COW__BUFFER_H
#define COW__BUFFER_H


typedef struct cow__header {
    cow__atomic_u32 rc;
    cow__atomic_ptr limit; /* `end` while armed, NULL once shared */
    cow__atomic_ptr used;  /* end of the storage known to be handed out */
    char *begin;           /* first constructed element */
    char *end;             /* end of the storage */
    char *block;           /* what the allocator gave */
    const cow_type *type;
    const cow_alloc *alloc;
#if COW__DEBUG
    cow__watch watch;
#endif
#if COW__LIVE
    cow__live live;
#endif
} cow__header;

/* The fields of a typed value, as the shared code takes and returns them. A typed handle is never cast to this. */
typedef struct cow__raw {
    char *p;
    size_t n;
    cow__header *h;
} cow__raw;

/* Storage starts behind the header, whose size keeps an alignment of 16. What plain allocation promises may be less (8 on
   32-bit ARM): stricter types pad. */
#define COW__PLAIN_ALIGN (COW__ALIGNOF(max_align_t) < 16 ? COW__ALIGNOF(max_align_t) : (size_t)16)
#define COW__HEADER_SIZE ((sizeof(cow__header) + 15) & ~(size_t)15)

static inline char *cow__base(cow__header *h) { return (char *)h + COW__HEADER_SIZE; }

static inline char *cow__used(cow__header *h) { return (char *)COW__LOAD(&h->used, COW__RELAXED); }

COW__BEGIN_C
/* A buffer with room for `capacity` elements, of which `n` will be made at once, the first of them `front` elements behind
   the base. rc is 1. NULL with COW_NOMEM or COW_RANGE. */
COW__API cow__header *cow__buffer_new(const cow_type *type, const cow_alloc *alloc, size_t front, size_t capacity,
                                      size_t n);
/* Destroys all constructed elements and frees the buffer; `value_end` is where the last owner's elements end. */
COW__API COW__COLD void cow__buffer_destroy(cow__header *h, void *value_end);
/* Works off what waits to be destroyed; see node. */
COW__API void cow__destroy_waiting(void);
/* Frees the memory alone. */
COW__API void cow__buffer_free(cow__header *h);
/* Resizes the storage of a unique, settled buffer. The value's pointer moves along. */
COW__API bool cow__buffer_resize(cow__raw *a, size_t capacity);
/* Readies an armed buffer for sharing: raises `used` to `value_end` and clears `limit`. Several threads may do so at once. */
COW__API void cow__buffer_expose(cow__header *h, void *value_end);
/* Unique owners only: destroys the leftovers behind the value, or on both sides, and arms the limit. */
COW__API void cow__buffer_settle_tail(cow__raw *a);
COW__API void cow__buffer_settle(cow__raw *a);
/* Takes `bytes` of free tail behind `value_end` of a shared buffer. False: another branch has it, or there is none. */
COW__API bool cow__buffer_claim(cow__header *h, char *value_end, size_t bytes);
/* Gives a claim back; what was constructed in it has been destroyed. */
COW__API void cow__buffer_unclaim(cow__header *h, char *value_end, size_t bytes);
/* Makes the buffer immortal. Elements of a unique one become uncounted too. */
COW__API void cow__buffer_freeze(cow__raw *a);
COW__END_C

#if COW__DEBUG
#define COW__ALIVE(h, mistake) cow__watch_alive(&(h)->watch, (h)->type->name, mistake)
#define COW__WATCH_SHARE(h, first, last) cow__watch_share(&(h)->watch, (first), (last), (h)->type->name)
#define COW__WATCH_CHECK(h) cow__watch_check(&(h)->watch, (h)->type->name)
#define COW__WATCH_FORGET(h) cow__watch_forget(&(h)->watch, (h)->type->name)
#else
#define COW__ALIVE(h, mistake) ((void)0)
#define COW__WATCH_SHARE(h, first, last) ((void)0)
#define COW__WATCH_CHECK(h) ((void)0)
#define COW__WATCH_FORGET(h) ((void)0)
#endif

/* Whether nothing was shared since the sole owner last settled: it may then write at both ends without looking further. No
   store races with this load: `limit` is only cleared by a copier of a sole owner's variable. That comes before the owner's
   next change, by the rules of use, and before the changes of other copiers' values, because they acquired it. */
static inline bool cow__buffer_armed(cow__header *h) { return COW__LOAD_OWNED(&h->limit) != NULL; }

/* One more value shares the buffer; [p, value_end) are the elements of the value it is taken from. Acquire: whoever finds
   the limit cleared by another copier must also find `used` raised, or its own claim could start below live elements. */
static inline void cow__buffer_retain(cow__header *h, void *p, void *value_end, bool local) {
    COW__ALIVE(h, "use after drop");
    (void)p;
    if (COW__LOAD(&h->limit, COW__ACQUIRE)) cow__buffer_expose(h, value_end);
    cow__rc_retain(&h->rc, local);
    COW__WATCH_SHARE(h, (const char *)p, (const char *)value_end);
    COW__COUNT(RETAINS, 1);
}

/* One value less; the last one destroys the buffer. */
static inline void cow__buffer_release(cow__header *h, void *value_end, bool local) {
    COW__ALIVE(h, "double drop");
    COW__WATCH_CHECK(h);
    if (cow__rc_release(&h->rc, local)) cow__buffer_destroy(h, value_end);
}

/* Whether a value with this header may write in place. NULL means empty, borrowed or frozen: nothing of its own. */
static inline bool cow__buffer_unique(cow__header *h) {
    if (!h) return false;
    COW__ALIVE(h, "use after drop");
    return cow__rc_unique(&h->rc);
}

#endif

#if defined(COW__IMPLEMENT) && !defined(COW__BUFFER_BODY)
#define COW__BUFFER_BODY
COW__BEGIN_C

/* Bytes of the whole block: padding for strict alignment, header, storage. */
static bool cow__block_size(const cow_type *type, size_t capacity, size_t *out) {
    size_t storage;
    size_t extra = COW__HEADER_SIZE + (type->align > COW__PLAIN_ALIGN ? type->align : 0);
    return cow__mul_size(capacity, type->size, &storage) && cow__add_size(storage, extra, out);
}

/* Places the header in a block so that the storage behind it is aligned. */
static cow__header *cow__place_header(const cow_type *type, char *block) {
    size_t base = (size_t)((uintptr_t)block + COW__HEADER_SIZE), align = type->align;
    size_t pad = align > COW__PLAIN_ALIGN ? (size_t)(-base & (align - 1)) : 0;
    return (cow__header *)(void *)(block + pad);
}

static size_t cow__buffer_block_size(const cow__header *h) {
    size_t size = (size_t)(h->end - h->block);
    if (h->type->align <= COW__PLAIN_ALIGN) return size;
    /* The padding that was not needed in front is behind the storage. */
    return size + h->type->align - (size_t)((const char *)h - h->block);
}

COW__API cow__header *cow__buffer_new(const cow_type *type, const cow_alloc *alloc, size_t front, size_t capacity,
                                      size_t n) {
    size_t size = 0;
    if (!cow__block_size(type, capacity, &size)) return (void)cow__fail(COW_RANGE), (cow__header *)NULL;
    char *block = (char *)cow__allocate_filled(alloc, size, n * type->size);
    if (!block) return (void)cow__fail(COW_NOMEM), (cow__header *)NULL;
    cow__header *h = cow__place_header(type, block);
    h->block = block;
    h->begin = cow__base(h) + front * type->size;
    h->end = cow__base(h) + capacity * type->size;
    h->type = type;
    h->alloc = alloc;
    COW__STORE(&h->rc, 1u, COW__RELAXED);
    COW__STORE(&h->limit, h->end, COW__RELAXED);
    COW__STORE(&h->used, cow__base(h), COW__RELAXED);
    COW__SHUT(cow__base(h), (size_t)(h->end - cow__base(h)));
#if COW__DEBUG
    cow__watch_begin(&h->watch);
#endif
#if COW__LIVE
    cow__live_add(&h->live, type->name, capacity * type->size);
#endif
    COW__COUNT(BUFFERS_NEW, 1);
    COW__COUNT(BYTES_ALLOCATED, capacity * type->size);
    return h;
}

COW__API void cow__buffer_free(cow__header *h) {
    size_t size = cow__buffer_block_size(h);
    char *block = h->block;
    const cow_alloc *alloc = h->alloc;
    COW__OPEN(cow__base(h), (size_t)(h->end - cow__base(h)));
    COW__COUNT(BUFFERS_FREED, 1);
#if COW__LIVE
    cow__live_remove(&h->live);
#endif
#if COW__DEBUG
    h->watch.magic = COW__MAGIC_DEAD;
    if (!alloc) {
        cow__quarantine(block, size);
        return;
    }
#endif
    cow__release(alloc, block, size);
}

/* Dropping an element may drop the last owner of another buffer, and so on ten million deep. A few levels are destroyed at
   once, so that a drop hook finds what it dropped gone; deeper ones queue here, linked through `limit`, and the outermost
   call works them off, with the nodes of maps that queue likewise. */
#define COW__EAGER_LEVELS 16
static COW__THREAD_LOCAL cow__header *cow__doomed;
static COW__THREAD_LOCAL unsigned cow__destroy_level;

static void cow__destroy_one(cow__header *h) {
    cow__elements_drop(h->type, h->begin, cow__used(h));
    cow__buffer_free(h);
}

COW__API void cow__buffer_destroy(cow__header *h, void *value_end) {
    if (!h->type->drop) {
        cow__buffer_free(h);
        return;
    }
    if (cow__used(h) < (char *)value_end) COW__STORE(&h->used, value_end, COW__RELAXED);
    if (cow__destroy_level == COW__EAGER_LEVELS) {
        COW__STORE(&h->limit, cow__doomed, COW__RELAXED);
        cow__doomed = h;
        return;
    }
    cow__destroy_level++;
    cow__destroy_one(h);
    if (cow__destroy_level == 1) cow__destroy_waiting();
    cow__destroy_level--;
}

/* For a unique owner without leftovers. */
static void cow__buffer_arm(cow__header *h) {
    COW__STORE(&h->used, cow__base(h), COW__RELAXED);
    COW__STORE(&h->limit, h->end, COW__RELAXED);
}

COW__API bool cow__buffer_resize(cow__raw *a, size_t capacity) {
    cow__header *h = a->h;
    const cow_type *type = h->type;
    size_t old_size = cow__buffer_block_size(h), size = 0, offset = (size_t)(a->p - cow__base(h));
    if (!cow__block_size(type, capacity, &size)) return cow__fail(COW_RANGE);
    COW__OPEN(cow__base(h), (size_t)(h->end - cow__base(h)));
#if COW__LIVE
    cow__live_remove(&h->live);
#endif
    char *block = (char *)cow__resize(h->alloc, h->block, old_size, size);
    if (block) {
        h = (cow__header *)(void *)block;
        h->block = block;
        h->begin = a->p = cow__base(h) + offset;
        h->end = cow__base(h) + capacity * type->size;
        cow__buffer_arm(h);
        a->h = h;
        COW__COUNT(GROWN_IN_PLACE, 1);
        COW__COUNT(BYTES_ALLOCATED, size > old_size ? size - old_size : 0);
    }
#if COW__LIVE
    cow__live_add(&h->live, type->name, (size_t)(h->end - cow__base(h)));
#endif
    COW__SHUT(cow__base(h), offset);
    COW__SHUT(a->p + a->n * type->size, (size_t)(h->end - (a->p + a->n * type->size)));
    return block ? true : cow__fail(COW_NOMEM);
}

/* One try to raise is enough: while the limit is armed, all who share copy one variable, and raise to the same end.
   One copier alone clears the limit. The others fail to, and that failure acquires: so their own later plain loads of it
   come after the one store (a store by each would race with them). */
COW__API void cow__buffer_expose(cow__header *h, void *value_end) {
    void *u = COW__LOAD(&h->used, COW__RELAXED), *armed = h->end;
    if ((char *)u < (char *)value_end) (void)COW__CAS(&h->used, &u, value_end, COW__RELAXED, COW__RELAXED);
    (void)COW__CAS(&h->limit, &armed, NULL, COW__RELEASE, COW__ACQUIRE);
}

COW__API void cow__buffer_settle_tail(cow__raw *a) {
    cow__header *h = a->h;
    char *end = a->p + a->n * h->type->size, *used = cow__used(h);
    COW__WATCH_FORGET(h);
    cow__buffer_arm(h);
    if (used <= end) return;
    cow__elements_drop(h->type, end, used);
    COW__SHUT(end, (size_t)(used - end));
}

COW__API void cow__buffer_settle(cow__raw *a) {
    cow__header *h = a->h;
    char *begin = h->begin;
    cow__buffer_settle_tail(a);
    h->begin = a->p;
    if (begin == a->p) return;
    cow__elements_drop(h->type, begin, a->p);
    COW__SHUT(begin, (size_t)(a->p - begin));
}

/* Acquire: what a former claimer destroyed when it undid its claim must be over before this one constructs there. */
COW__API bool cow__buffer_claim(cow__header *h, char *value_end, size_t bytes) {
    void *expected = value_end;
    if ((size_t)(h->end - value_end) < bytes) return false;
    if (!COW__CAS(&h->used, &expected, value_end + bytes, COW__ACQUIRE, COW__RELAXED)) return false;
    COW__OPEN(value_end, bytes);
    COW__COUNT(TAIL_CLAIMS, 1);
    return true;
}

COW__API void cow__buffer_unclaim(cow__header *h, char *value_end, size_t bytes) {
    (void)bytes;
    COW__SHUT(value_end, bytes);
    COW__STORE(&h->used, value_end, COW__RELEASE);
}

COW__API void cow__buffer_freeze(cow__raw *a) {
    cow__header *h = a->h;
    size_t size = h->type->size;
    if (cow__rc_unique(&h->rc)) {
        cow__buffer_settle(a);
        if (h->type->freeze)
            for (size_t i = 0; i < a->n; i++) h->type->freeze(a->p + i * size);
    }
    cow__buffer_expose(h, a->p + a->n * size);
    cow__rc_saturate(&h->rc);
#if COW__LIVE
    cow__live_freeze(&h->live);
#endif
    COW__FORGET_LEAK(h->block);
    a->h = NULL;
}

COW__END_C
#endif

/* find: searching raw bytes. Floor 1, built on config.

   A needle's first and last byte are looked for together, 16 places at a time where the machine has SSE2; what passes is
   compared. Texts that make most places pass (long runs, made on purpose or not) would cost n * m so: when the comparing
   exceeds a budget, the rest is searched by the two-way algorithm of Crochemore and Perrin (1991), which is linear for
   every text and needs no memory. */
#ifndef COW__FIND_H
#define COW__FIND_H


COW__BEGIN_C
/* Where the `m` bytes at `needle` lie first, or last, in the `n` bytes at `hay`; COW_NPOS when nowhere. An empty needle
   lies at 0, or at n. O(n + m). */
COW__API size_t cow__find(const char *hay, size_t n, const char *needle, size_t m);
COW__API size_t cow__rfind(const char *hay, size_t n, const char *needle, size_t m);
COW__END_C

/* A set of bytes. */
typedef struct cow__byte_set {
    uint32_t bits[8];
} cow__byte_set;

static inline bool cow__in_set(const cow__byte_set *set, char c) {
    unsigned byte = (unsigned char)c;
    return (set->bits[byte / 32] >> (byte % 32) & 1) != 0;
}

static inline void cow__add_to_set(cow__byte_set *set, char c) {
    unsigned byte = (unsigned char)c;
    set->bits[byte / 32] |= (uint32_t)1 << (byte % 32);
}

/* The number of the lowest bit that is set; `x` is not 0. */
static inline unsigned cow__lowest_bit(uint64_t x) {
#if defined(__GNUC__)
    return (unsigned)__builtin_ctzll(x);
#else
    unsigned bit = 0;
    while (!(x >> bit & 1)) bit++;
    return bit;
#endif
}

#endif

#if defined(COW__IMPLEMENT) && !defined(COW__FIND_BODY)
#define COW__FIND_BODY

#include <string.h>
#if defined(__SSE2__) && defined(__GNUC__)
#include <emmintrin.h>
#define COW__SSE2 1
#else
#define COW__SSE2 0
#endif

COW__BEGIN_C

/* Bytes seen from one end: step 1 from the first one on, step -1 from the last one back. */
typedef struct cow__bytes {
    const char *p;
    size_t n;
    ptrdiff_t step;
} cow__bytes;

static inline unsigned char cow__byte(const cow__bytes *b, size_t i) {
    return (unsigned char)b->p[(ptrdiff_t)i * b->step];
}

/* Where the maximal suffix begins, in the order of bytes or its reverse, and the period of that suffix. */
static size_t cow__maximal_suffix(const cow__bytes *x, bool reversed, size_t *period) {
    size_t begin = 0, rival = 1, same = 0, p = 1;
    while (rival + same < x->n) {
        unsigned char a = cow__byte(x, rival + same), b = cow__byte(x, begin + same);
        if (a == b) {
            if (++same == p) {
                rival += p;
                same = 0;
            }
        } else if (reversed ? a > b : a < b) {
            rival += same + 1;
            same = 0;
            p = rival - begin;
        } else {
            begin = rival++;
            same = 0;
            p = 1;
        }
    }
    *period = p;
    return begin;
}

static bool cow__is_periodic(const cow__bytes *x, size_t cut, size_t period) {
    for (size_t i = 0; i < cut; i++)
        if (cow__byte(x, i) != cow__byte(x, i + period)) return false;
    return true;
}

/* The place where the needle lies first, seen from the end that both are read from. The needle is cut in two so that every
   mismatch in its right half allows a long shift; `known` bytes need no second look when the needle is periodic. */
static size_t cow__two_way(const cow__bytes *y, const cow__bytes *x) {
    size_t period, other, cut = cow__maximal_suffix(x, false, &period), cut2 = cow__maximal_suffix(x, true, &other);
    if (cut2 > cut) cut = cut2, period = other;
    bool periodic = cut + period <= x->n && cow__is_periodic(x, cut, period);
    if (!periodic) period = (cut > x->n - cut ? cut : x->n - cut) + 1;
    size_t at = 0, known = 0;
    while (at + x->n <= y->n) {
        size_t i = known > cut ? known : cut;
        while (i < x->n && cow__byte(x, i) == cow__byte(y, at + i)) i++;
        if (i < x->n) {
            at += i - cut + 1;
            known = 0;
            continue;
        }
        for (i = cut; i > known && cow__byte(x, i - 1) == cow__byte(y, at + i - 1);) i--;
        if (i <= known) return at;
        at += period;
        known = periodic ? x->n - period : 0;
    }
    return COW_NPOS;
}

/* How many of the `n` bytes at a and b are equal before the first difference. */
static size_t cow__equal_bytes(const char *a, const char *b, size_t n) {
    size_t i = 0;
    while (i < n && a[i] == b[i]) i++;
    return i;
}

/* What comparing may cost by the time `n` places were looked at. */
#define COW__FIND_BUDGET(n) (4 * (n) + 1024)

#if COW__SSE2
/* At which of the 16 places from `p` on the needle's first and last byte both fit. */
static inline __m128i cow__fits(const char *p, size_t m, __m128i first, __m128i last) {
    __m128i a = _mm_cmpeq_epi8(_mm_loadu_si128((const __m128i *)(const void *)p), first);
    __m128i b = _mm_cmpeq_epi8(_mm_loadu_si128((const __m128i *)(const void *)(p + m - 1)), last);
    return _mm_and_si128(a, b);
}

static inline unsigned cow__candidates(const char *p, size_t m, __m128i first, __m128i last) {
    return (unsigned)_mm_movemask_epi8(cow__fits(p, m, first, last));
}

/* Whether there is any among 64 places. */
static inline bool cow__any_candidate(const char *p, size_t m, __m128i first, __m128i last) {
    __m128i a = _mm_or_si128(cow__fits(p, m, first, last), cow__fits(p + 16, m, first, last));
    __m128i b = _mm_or_si128(cow__fits(p + 32, m, first, last), cow__fits(p + 48, m, first, last));
    return _mm_movemask_epi8(_mm_or_si128(a, b)) != 0;
}
#endif

COW__API size_t cow__find(const char *hay, size_t n, const char *needle, size_t m) {
    if (m > n) return COW_NPOS;
    if (m < 2) {
        const void *found = m ? memchr(hay, needle[0], n) : hay;
        return found ? (size_t)((const char *)found - hay) : COW_NPOS;
    }
    size_t at = 0, spent = 0, places = n - m + 1;
#if COW__SSE2
    __m128i first = _mm_set1_epi8(needle[0]), last = _mm_set1_epi8(needle[m - 1]);
    for (; at + 16 <= places && spent <= COW__FIND_BUDGET(at); at += 16) {
        while (at + 80 <= places && !cow__any_candidate(hay + at, m, first, last)) at += 64;
        for (unsigned mask = cow__candidates(hay + at, m, first, last); mask; mask &= mask - 1) {
            size_t place = at + cow__lowest_bit(mask), same;
            same = cow__equal_bytes(hay + place + 1, needle + 1, m - 2);
            if (same == m - 2) return place;
            spent += same + 1;
        }
    }
#endif
    for (; at < places && spent <= COW__FIND_BUDGET(at); at++) {
        const char *found = (const char *)memchr(hay + at, needle[0], places - at);
        if (!found) return COW_NPOS;
        at = (size_t)(found - hay);
        if (hay[at + m - 1] != needle[m - 1]) continue;
        size_t same = cow__equal_bytes(found + 1, needle + 1, m - 2);
        if (same == m - 2) return at;
        spent += same + 1;
    }
    if (at >= places) return COW_NPOS;
    cow__bytes y = {hay + at, n - at, 1}, x = {needle, m, 1};
    size_t found = cow__two_way(&y, &x);
    return found == COW_NPOS ? COW_NPOS : at + found;
}

COW__API size_t cow__rfind(const char *hay, size_t n, const char *needle, size_t m) {
    if (m > n) return COW_NPOS;
    if (!m) return n;
    size_t left = n - m + 1, spent = 0;
    for (; left && spent <= COW__FIND_BUDGET(n - left); left--) {
        const char *p = hay + left - 1;
        if (p[0] != needle[0] || p[m - 1] != needle[m - 1]) continue;
        size_t same = cow__equal_bytes(p, needle, m);
        if (same == m) return left - 1;
        spent += same;
    }
    if (!left) return COW_NPOS;
    cow__bytes y = {hay + left + m - 2, left + m - 1, -1}, x = {needle + m - 1, m, -1};
    size_t found = cow__two_way(&y, &x);
    return found == COW_NPOS ? COW_NPOS : left - 1 - found;
}

COW__END_C
#endif

/* utf8: UTF-8 in raw bytes, as the Unicode standard has it (table 3-7). Floor 1, built on error and find.

   Overlong forms, surrogates and numbers above 0x10ffff are malformed. Malformed bytes are read as U+FFFD, one for each
   maximal subpart: the longest start of a well-formed sequence, or a single byte.
   So do browsers, and so the standard advises. */
#ifndef COW__UTF8_H
#define COW__UTF8_H


#define COW__MALFORMED ((uint32_t)0xffffffffu)

COW__BEGIN_C
/* Length of the longest start of the bytes that is well-formed: n when all are. O(n), 8 ASCII bytes at a time.
   Example: assert(cow_utf8_valid_prefix("caf\xc3\xa9\xff", 6) == 5); */
COW__API size_t cow_utf8_valid_prefix(const void *p, size_t n);

/* Reads the code point at `p` into *c and returns its length, 1 to 4; 0 when n is 0. What is malformed reads as U+FFFD.
   Example: uint32_t c;
            assert(cow_utf8_decode("\xe2\x82\xac", 3, &c) == 3 && c == 0x20ac); */
COW__API size_t cow_utf8_decode(const void *p, size_t n, uint32_t *c);

/* Writes a code point to `out` and returns its length, 1 to 4;
   0 with COW_RANGE for what is none (surrogates, and beyond 0x10ffff).
   Example: char out[4];
            assert(cow_utf8_encode(0x20ac, out) == 3 && memcmp(out, "\xe2\x82\xac", 3) == 0); */
COW__API size_t cow_utf8_encode(uint32_t c, char out[4]);

/* As cow_utf8_decode, but COW__MALFORMED for what is malformed; n is not 0. */
COW__API size_t cow__utf8_step(const unsigned char *p, size_t n, uint32_t *c);
/* Length of a start of the bytes that is ASCII; not always the longest. */
COW__API size_t cow__utf8_ascii(const unsigned char *p, size_t n);
COW__END_C

static inline bool cow__utf8_continues(char c) { return ((unsigned char)c & 0xc0) == 0x80; }

#endif

#if defined(COW__IMPLEMENT) && !defined(COW__UTF8_BODY)
#define COW__UTF8_BODY

#include <string.h>

COW__BEGIN_C

COW__API size_t cow__utf8_step(const unsigned char *p, size_t n, uint32_t *c) {
    unsigned lead = p[0];
    *c = lead;
    if (lead < 0x80) return 1;
    *c = COW__MALFORMED;
    if (lead < 0xc2 || lead > 0xf4) return 1;
    size_t length = lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
    /* The second byte is what rules out overlong forms, surrogates, and numbers that are too large. */
    unsigned low = lead == 0xe0   ? 0xa0
                   : lead == 0xf0 ? 0x90
                                  : 0x80,
             high = lead == 0xed   ? 0x9f
                    : lead == 0xf4 ? 0x8f
                                   : 0xbf;
    uint32_t value = lead & (0x7fu >> length);
    for (size_t i = 1; i < length; i++, low = 0x80, high = 0xbf) {
        if (i == n || p[i] < low || p[i] > high) return i;
        value = value << 6 | (p[i] & 0x3fu);
    }
    *c = value;
    return length;
}

/* Of 8 bytes with some high bits set: how many come before the first of those, or 0 where that takes a loop. */
static inline size_t cow__utf8_first(uint64_t high) {
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    return cow__lowest_bit(high) / 8;
#else
    (void)high;
    return 0;
#endif
}

COW__API size_t cow__utf8_ascii(const unsigned char *p, size_t n) {
    size_t i = 0;
    for (; n - i >= 8; i += 8) {
        uint64_t word;
        memcpy(&word, p + i, sizeof word);
        word &= 0x8080808080808080u;
        if (word) return i + cow__utf8_first(word);
    }
    return i;
}

/* Length of a code point of two or three bytes that no special rule touches, as most letters are; else 0. */
static inline size_t cow__utf8_plain(const unsigned char *p, size_t n) {
    unsigned lead = p[0];
    if (n < 3 || !cow__utf8_continues((char)p[1])) return 0;
    if (lead >= 0xc2 && lead < 0xe0) return 2;
    return lead > 0xe0 && lead < 0xf0 && lead != 0xed && cow__utf8_continues((char)p[2]) ? 3 : 0;
}

COW__API size_t cow_utf8_valid_prefix(const void *p, size_t n) {
    const unsigned char *bytes = (const unsigned char *)p;
    size_t i = 0;
    while (i < n) {
        uint32_t c;
        if (bytes[i] < 0x80) {
            size_t ascii = cow__utf8_ascii(bytes + i, n - i);
            i += ascii ? ascii : 1;
            continue;
        }
        size_t length = cow__utf8_plain(bytes + i, n - i);
        if (!length) {
            length = cow__utf8_step(bytes + i, n - i, &c);
            if (c == COW__MALFORMED) break;
        }
        i += length;
    }
    return i;
}

COW__API size_t cow_utf8_decode(const void *p, size_t n, uint32_t *c) {
    if (!n) return 0;
    size_t length = cow__utf8_step((const unsigned char *)p, n, c);
    if (*c == COW__MALFORMED) *c = 0xfffd;
    return length;
}

COW__API size_t cow_utf8_encode(uint32_t c, char out[4]) {
    if (c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff)) return (void)cow__fail(COW_RANGE), (size_t)0;
    size_t length = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    static const unsigned char leads[] = {0, 0x00, 0xc0, 0xe0, 0xf0};
    for (size_t i = length - 1; i; i--, c >>= 6) out[i] = (char)(0x80 | (c & 0x3f));
    out[0] = (char)(leads[length] | c);
    return length;
}

COW__END_C
#endif

/* text: what strings are made of: the 24-byte handle and the counted buffer of bytes. Floor 3.

       inline   text and its NUL in bytes 0 to 22 of the handle ...... byte 23: the length, at most 22
       far      header | pointer | length ............................ byte 23: COW__STR_FAR and more flags

   All-zero is the inline empty text. A far handle without a header (a literal, a borrowed or a frozen text) counts
   nothing and is never changed in place. A buffer always ends its text with a NUL; a slice that ends earlier has none,
   and cow_str_cstr looks. So strings never claim a shared tail as arrays do: the byte behind a shared text is its NUL.

   `limit` is the end of the storage while nothing was shared, hashed or edited since the sole owner last settled, else
   NULL: an append needs to look at nothing else. `hashed` says what `hash` is the hash of. It is written once, by
   whoever takes it from none to busy; only a sole owner that is about to change the text takes it back. */
#ifndef COW__TEXT_H
#define COW__TEXT_H


typedef struct cow__text {
    cow__atomic_u32 rc;
    cow__atomic_ptr limit;
    char *end;               /* where the NUL of a full buffer stands; NULL when the bytes are adopted */
    cow__atomic_size hashed; /* COW__HASHED_NONE and its kin, or COW__HASHED(n): of the first n bytes, */
    uint64_t hash, seed;     /* by this seed: libraries that each embed cow have their own, and share texts */
    const cow_alloc *alloc;
#if COW__DEBUG
    cow__watch watch;
#endif
#if COW__LIVE
    cow__live live;
#endif
} cow__text;

#define COW__HASHED_NONE ((size_t)0)
#define COW__HASHED_BUSY ((size_t)1)   /* somebody is storing `hash` */
#define COW__HASHED_EDITED ((size_t)2) /* bytes may change unseen, through a pointer from cow_str_edit */
#define COW__HASHED(n) ((n) + 3)

/* A string: 24 bytes, all-zero is "". Private: use the functions. Copying the handle bitwise moves the string. */
typedef struct cow_str {
    cow__text *cow__h;
    const char *cow__p;
    size_t cow__n;
#if UINTPTR_MAX <= 0xffffffffu
    unsigned char cow__rest[24 - 2 * sizeof(void *) - sizeof(size_t)];
#endif
} cow_str;

#define COW__STR_INLINE ((size_t)22)
#define COW__STR_FAR 0x80u
#define COW__STR_OPEN 0x40u /* the byte behind the text may not be read: it is somebody else's */

/* The length and the flags share the last word, so that the flags come to lie in byte 23. */
#if UINTPTR_MAX <= 0xffffffffu
#define COW__STR_LAST(n, tag) \
    (n), { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, (tag) }
#define COW__STR_UNPACK(word) (word)
#define COW__STR_UNIT ((size_t)1) /* what a byte of length adds to the word */
#define COW__STR_MOST ((size_t)PTRDIFF_MAX - 4096)
#elif defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
#define COW__STR_PACK(n, tag) ((size_t)(n) << 8 | (size_t)(tag))
#define COW__STR_UNPACK(word) ((word) >> 8)
#define COW__STR_UNIT ((size_t)256)
#else
#define COW__STR_PACK(n, tag) ((size_t)(n) | (size_t)(tag) << 56)
#define COW__STR_UNPACK(word) ((word) & (SIZE_MAX >> 8))
#define COW__STR_UNIT ((size_t)1)
#endif
#ifdef COW__STR_PACK
#define COW__STR_LAST(n, tag) COW__STR_PACK((n), (tag))
#define COW__STR_MOST ((SIZE_MAX >> 8) - 4096)
#endif

COW__STATIC_ASSERT(sizeof(cow_str) == 24, "cow: a string handle is 24 bytes");
#if UINTPTR_MAX <= 0xffffffffu
COW__STATIC_ASSERT(sizeof(void *) == 4 && offsetof(cow_str, cow__rest) == 12, "cow: flags lie in byte 23");
#else
COW__STATIC_ASSERT(sizeof(size_t) == 8 && offsetof(cow_str, cow__n) == 16, "cow: flags lie in byte 23");
#endif
COW__STATIC_ASSERT(sizeof(cow__text) % COW__ALIGNOF(uint64_t) == 0, "cow: headers can lie side by side");

static inline cow_str cow__str_empty(void) {
    cow_str s;
    memset(&s, 0, sizeof s);
    return s;
}

static inline unsigned cow__str_tag(const cow_str *s) { return ((const unsigned char *)s)[23]; }

static inline bool cow__str_is_far(const cow_str *s) { return (cow__str_tag(s) & COW__STR_FAR) != 0; }

/* The header of a counted text, else NULL. */
static inline cow__text *cow__str_header(const cow_str *s) { return cow__str_is_far(s) ? s->cow__h : NULL; }

static inline void cow__str_set_far(cow_str *s, cow__text *h, const char *p, size_t n, unsigned flags) {
    s->cow__h = h;
    s->cow__p = p;
#ifdef COW__STR_PACK
    s->cow__n = COW__STR_PACK(n, COW__STR_FAR | flags);
#else
    s->cow__n = n;
    s->cow__rest[11] = (unsigned char)(COW__STR_FAR | flags);
#endif
}

/* Ends the text of a handle that holds `n` bytes. */
static inline void cow__str_end_inline(cow_str *s, size_t n) {
    ((char *)s)[n] = '\0';
    ((unsigned char *)s)[23] = (unsigned char)n;
}

static inline char *cow__text_base(cow__text *h) { return (char *)(h + 1); }

/* The bytes of a sole owner's far text, to be written. */
static inline char *cow__str_writable(const cow_str *s) { return (char *)(uintptr_t)s->cow__p; }

/* The bytes of a text that nobody else sees, in the handle or in storage, to be written. */
static inline char *cow__str_owned(cow_str *s) { return cow__str_is_far(s) ? cow__str_writable(s) : (char *)s; }

/* Strings have no descriptor that names the layout. Whoever drops or changes one calls one of these. */
#define cow__text_free COW__ABI_FUNCTION(cow__text_free)
#define cow__str_splice COW__ABI_FUNCTION(cow__str_splice)
#define cow__str_append COW__ABI_FUNCTION(cow__str_append)

COW__BEGIN_C
/* A buffer with room for `capacity` bytes and a NUL, of which `filled` are written at once; rc is 1.
   NULL with COW_NOMEM. */
COW__API cow__text *cow__text_new(size_t capacity, size_t filled, const cow_alloc *alloc);
/* A counted header for bytes that `release` gives back. NULL with COW_NOMEM. */
COW__API cow__text *cow__text_adopt(const void *p, size_t n, void (*release)(void *ctx, const void *p, size_t n),
                                    void *ctx);
/* Resizes the storage of a sole owner, whose first `kept` bytes stay. NULL with COW_NOMEM: nothing happened. */
COW__API cow__text *cow__text_resize(cow__text *h, size_t capacity, size_t kept);
/* Frees the buffer, or gives adopted bytes back. */
COW__API void cow__text_free(cow__text *h);
/* Bytes of memory that the buffer takes. */
COW__API size_t cow__text_bytes(const cow__text *h);
/* Hash of [p, p + n) by `seed`, from the cache where it holds that. */
COW__API uint64_t cow__text_hash(cow__text *h, const char *p, size_t n, uint64_t seed);
COW__END_C

#if COW__DEBUG
#define COW__TEXT_ALIVE(h, mistake) cow__watch_alive(&(h)->watch, "cow_str", mistake)
#define COW__TEXT_SHARE(h, first, last) cow__watch_share(&(h)->watch, (first), (last), "cow_str")
#define COW__TEXT_CHECK(h) cow__watch_check(&(h)->watch, "cow_str")
#define COW__TEXT_FORGET(h) cow__watch_forget(&(h)->watch, "cow_str")
#else
#define COW__TEXT_ALIVE(h, mistake) ((void)0)
#define COW__TEXT_SHARE(h, first, last) ((void)0)
#define COW__TEXT_CHECK(h) ((void)0)
#define COW__TEXT_FORGET(h) ((void)0)
#endif

/* One more value shares the buffer, from now on unwritable. Relaxed: the limit publishes nothing. Whoever loads it next
   as the owner of a variable either made or was handed that variable after this store. */
static inline void cow__text_retain(cow__text *h, const char *first, const char *last) {
    COW__TEXT_ALIVE(h, "use after drop");
    (void)first, (void)last;
    if (COW__LOAD(&h->limit, COW__RELAXED)) COW__STORE(&h->limit, NULL, COW__RELAXED);
    cow__rc_retain(&h->rc, false);
    COW__TEXT_SHARE(h, first, last);
    COW__COUNT(RETAINS, 1);
}

/* One value less; the last one frees the buffer. */
static inline void cow__text_release(cow__text *h) {
    COW__TEXT_ALIVE(h, "double drop");
    COW__TEXT_CHECK(h);
    if (cow__rc_release(&h->rc, false)) cow__text_free(h);
}

/* Whether a text with this header may be written in place. */
static inline bool cow__text_unique(cow__text *h) {
    if (!h) return false;
    COW__TEXT_ALIVE(h, "use after drop");
    return h->end && cow__rc_unique(&h->rc);
}

/* A sole owner is about to change its text: the hash is forgotten, appends may take the short way again. */
static inline void cow__text_settle(cow__text *h) {
    COW__TEXT_FORGET(h);
    COW__STORE(&h->hashed, COW__HASHED_NONE, COW__RELAXED);
    COW__STORE(&h->limit, h->end, COW__RELAXED);
}

#endif

#if defined(COW__IMPLEMENT) && !defined(COW__TEXT_BODY)
#define COW__TEXT_BODY
COW__BEGIN_C

/* Bytes that somebody else owns, counted. */
typedef struct cow__adopted {
    cow__text text;
    void (*release)(void *ctx, const void *p, size_t n);
    void *ctx;
    const void *p;
    size_t n;
} cow__adopted;

static void cow__text_begin(cow__text *h, char *end, const cow_alloc *alloc) {
    h->end = end;
    h->hash = h->seed = 0;
    h->alloc = alloc;
    COW__STORE(&h->rc, 1u, COW__RELAXED);
    COW__STORE(&h->limit, end, COW__RELAXED);
    COW__STORE(&h->hashed, COW__HASHED_NONE, COW__RELAXED);
#if COW__DEBUG
    cow__watch_begin(&h->watch);
#endif
#if COW__LIVE
    cow__live_add(&h->live, "cow_str", cow__text_bytes(h) - sizeof *h);
#endif
}

/* The block for `capacity` bytes and a NUL, rounded to what common allocators give anyway:
   8 behind a multiple of 16. */
static size_t cow__text_block(size_t capacity) {
    return ((sizeof(cow__text) + capacity + 1 + 8 + 15) & ~(size_t)15) - 8;
}

COW__API cow__text *cow__text_new(size_t capacity, size_t filled, const cow_alloc *alloc) {
    if (capacity > COW__STR_MOST) return (void)cow__fail(COW_RANGE), (cow__text *)NULL;
    size_t size = cow__text_block(capacity);
    cow__text *h = (cow__text *)cow__allocate_filled(alloc, size, filled);
    if (!h) return (void)cow__fail(COW_NOMEM), (cow__text *)NULL;
    cow__text_begin(h, (char *)h + size - 1, alloc);
    COW__SHUT(cow__text_base(h), size - sizeof *h);
    COW__COUNT(BUFFERS_NEW, 1);
    COW__COUNT(BYTES_ALLOCATED, size - sizeof *h);
    return h;
}

COW__API cow__text *cow__text_adopt(const void *p, size_t n, void (*release)(void *ctx, const void *p, size_t n),
                                    void *ctx) {
    cow__adopted *a = (cow__adopted *)cow__allocate(NULL, sizeof *a);
    if (!a) return (void)cow__fail(COW_NOMEM), (cow__text *)NULL;
    a->release = release;
    a->ctx = ctx;
    a->p = p;
    a->n = n;
    cow__text_begin(&a->text, NULL, NULL);
    COW__COUNT(BUFFERS_NEW, 1);
    return &a->text;
}

COW__API size_t cow__text_bytes(const cow__text *h) {
    if (!h->end) return sizeof(cow__adopted) + ((const cow__adopted *)(const void *)h)->n;
    return (size_t)(h->end + 1 - (const char *)h);
}

COW__API cow__text *cow__text_resize(cow__text *h, size_t capacity, size_t kept) {
    const cow_alloc *alloc = h->alloc;
    size_t old_size = cow__text_bytes(h), size = cow__text_block(capacity);
    COW__OPEN(cow__text_base(h), old_size - sizeof *h);
    cow__text *to = NULL;
#if COW__LIVE
    cow__live_remove(&h->live);
#endif
    if (capacity <= COW__STR_MOST) to = (cow__text *)cow__resize(alloc, h, old_size, size);
    if (!to) {
        (void)cow__fail(capacity <= COW__STR_MOST ? COW_NOMEM : COW_RANGE);
        size = old_size;
    }
    cow__text *now = to ? to : h;
    now->end = (char *)now + size - 1;
    COW__STORE(&now->limit, now->end, COW__RELAXED);
    COW__SHUT(cow__text_base(now) + kept, size - sizeof *now - kept);
#if COW__LIVE
    cow__live_add(&now->live, "cow_str", size - sizeof *now);
#endif
    if (to && size > old_size) {
        COW__COUNT(GROWN_IN_PLACE, 1);
        COW__COUNT(BYTES_ALLOCATED, size - old_size);
    }
    return to;
}

COW__API void cow__text_free(cow__text *h) {
    COW__COUNT(BUFFERS_FREED, 1);
#if COW__LIVE
    cow__live_remove(&h->live);
#endif
    size_t size = cow__text_bytes(h);
    if (!h->end) {
        cow__adopted *a = (cow__adopted *)(void *)h;
        size = sizeof *a;
        a->release(a->ctx, a->p, a->n);
    } else {
        COW__OPEN(cow__text_base(h), size - sizeof *h);
    }
#if COW__DEBUG
    h->watch.magic = COW__MAGIC_DEAD;
    if (!h->alloc) {
        cow__quarantine(h, size);
        return;
    }
#endif
    cow__release(h->alloc, h, size);
}

/* A text that begins at the base of its buffer may be cached, by the seed that containers use. Acquire and release
   carry `hash` and `seed` from who stored them. */
COW__API uint64_t cow__text_hash(cow__text *h, const char *p, size_t n, uint64_t seed) {
    bool first = p == (h->end ? cow__text_base(h) : (const char *)((const cow__adopted *)(const void *)h)->p);
    size_t seen = COW__LOAD(&h->hashed, COW__ACQUIRE);
    if (first && seen == COW__HASHED(n) && h->seed == seed) return h->hash;
    uint64_t hash = cow_hash_bytes(p, n, seed);
    if (!first || seen != COW__HASHED_NONE || seed != cow_seed()) return hash;
    if (!COW__CAS(&h->hashed, &seen, COW__HASHED_BUSY, COW__RELAXED, COW__RELAXED)) return hash;
    h->hash = hash;
    h->seed = seed;
    if (h->end) COW__STORE(&h->limit, NULL, COW__RELAXED);
    COW__STORE(&h->hashed, COW__HASHED(n), COW__RELEASE);
    return hash;
}

COW__END_C
#endif

/* str: strings with value semantics: making, sharing, reading and slicing them. Floor 4, built on text.

   Up to 22 bytes live in the handle; longer texts in a counted buffer, shared by copies and slices until one of them
   changes. Unless a function says otherwise: it is O(1); a change of a shared, literal or borrowed text first copies
   it, which is O(n); false or NULL means that nothing happened, and cow_error() says why (COW_NOMEM, COW_RANGE); any
   pointer given to a function may point into the string itself; an embedded NUL is data; one variable may be read by
   many threads at once, and changed by one thread alone. Lengths and positions count bytes.

   The plain name takes a C string, _bytes takes (p, n) where p may be NULL if n is 0, _str takes another string. */
#ifndef COW__STR_H
#define COW__STR_H


#include <stdarg.h>

/* Checks formats as the compiler checks those of printf. */
#if defined(__GNUC__)
#define COW__FORMAT(text, first) __attribute__((__format__(__printf__, text, first)))
#else
#define COW__FORMAT(text, first)
#endif

/* ---- Making strings ---- */

/* The string of a literal. Nothing is copied or counted, and nothing needs to be dropped.
   COW_STR_INIT is the same as an initialiser, for static tables.
   Example: static const cow_str days[] = {COW_STR_INIT("Mon"), COW_STR_INIT("Tue")};
            s = COW_STR("Tuesday");
            assert(cow_str_starts_with_str(&s, &days[1])); */
#define COW_STR_INIT(literal) \
    { NULL, "" literal, COW__STR_LAST(sizeof(literal) - 1, COW__STR_FAR) }
#ifdef __cplusplus
#define COW_STR(literal) cow__str_literal("" literal, sizeof(literal) - 1)
static inline cow_str cow__str_literal(const char *p, size_t n) {
    cow_str s;
    cow__str_set_far(&s, NULL, p, n, 0);
    return s;
}
#else
#define COW_STR(literal) ((cow_str)COW_STR_INIT(literal))
#endif

/* For printf, which takes at most INT_MAX bytes and stops at a NUL: the format of a string, and its two arguments.
   Example: char line[32];
            s = COW_STR("cow");
            snprintf(line, sizeof line, "<" COW_STR_FMT ">", COW_STR_ARG(&s));
            assert(strcmp(line, "<cow>") == 0); */
#define COW_STR_FMT "%.*s"
#define COW_STR_ARG(s) (int)cow_str_len(s), cow_str_data(s)

COW__BEGIN_C
/* Makes *out a string of a copy of the bytes. O(n). *out is not read and need not be empty; so with all makers below.
   Example: assert(cow_str_from_bytes(&s, "a\0b", 3) && cow_str_len(&s) == 3); */
COW__API bool cow_str_from_bytes(cow_str *out, const void *p, size_t n);

/* Makes *out what printf would print. COW_INVALID when the arguments cannot be printed (a wide character without a form
   in this locale). O(n).
   Example: assert(cow_str_from_format(&s, "%d of %s", 3, "ten") && cow_str_is(&s, "3 of ten")); */
COW__API bool cow_str_from_format(cow_str *out, const char *format, ...) COW__FORMAT(2, 3);
COW__API bool cow_str_from_vformat(cow_str *out, const char *format, va_list args) COW__FORMAT(2, 0);

/* Makes *out an empty string with room for `capacity` bytes, from `alloc` (NULL: COW_MALLOC). The buffer and those that
   detach from it stay with that allocator, which must outlive them.
   A short text may move into the handle, and leaves it then.
   Example: assert(cow_str_new_in(&s, 100, NULL) && cow_str_capacity(&s) >= 100); */
COW__API bool cow_str_new_in(cow_str *out, size_t capacity, const cow_alloc *alloc);

/* Makes *out a string over bytes of the user's, which never change. When the last copy or slice goes, `release` is
   called with them; up to 22 bytes are copied, and released at once. On failure they stay the caller's.
   A change copies.
   Example: static const char page[] = "thirty bytes of somebody else.";
            assert(cow_str_adopt(&s, page, 30, example_release, NULL) && cow_str_data(&s) == page); */
COW__API bool cow_str_adopt(cow_str *out, const void *p, size_t n, void (*release)(void *ctx, const void *p, size_t n),
                            void *ctx);
COW__END_C

/* Makes *out a copy of a C string. O(n).
   Example: assert(cow_str_from(&s, "hello") && cow_str_len(&s) == 5); */
COW__INLINE bool cow_str_from(cow_str *out, const char *text) { return cow_str_from_bytes(out, text, strlen(text)); }

/* Makes *out an empty string with room for `capacity` bytes.
   Example: assert(cow_str_with_capacity(&s, 1000) && cow_str_is_empty(&s)); */
COW__INLINE bool cow_str_with_capacity(cow_str *out, size_t capacity) {
    if (capacity > COW__STR_INLINE) return cow_str_new_in(out, capacity, NULL);
    *out = cow__str_empty();
    return true;
}

/* A string over bytes that belong to somebody else, never change, and outlive every copy: a constant, a mapped file.
   They need no NUL behind them. Nothing is counted; a change copies.
   Example: s = cow_str_borrow("read only", 4);
            assert(cow_str_is(&s, "read")); */
COW__INLINE cow_str cow_str_borrow(const void *p, size_t n) {
    cow_str s = cow__str_empty();
    if (n) cow__str_set_far(&s, NULL, (const char *)p, n, COW__STR_OPEN);
    return s;
}

/* ---- Reading: nothing is written, not even a count ---- */

/* Bytes of the text.
   Example: s = COW_STR("four");
            assert(cow_str_len(&s) == 4 && !cow_str_is_empty(&s)); */
COW__INLINE size_t cow_str_len(const cow_str *s) {
    if (cow__str_is_far(s)) return COW__STR_UNPACK(s->cow__n);
    COW__ASSUME(cow__str_tag(s) <= COW__STR_INLINE); /* or gcc warns of reading beyond the handle */
    return cow__str_tag(s);
}
COW__INLINE bool cow_str_is_empty(const cow_str *s) { return cow_str_len(s) == 0; }

/* Dies in COW_DEBUG builds when the string was dropped before. */
static inline void cow__str_check(const cow_str *s) {
    (void)s;
#if COW__DEBUG
    if (cow__str_header(s)) COW__TEXT_ALIVE(s->cow__h, "use after drop");
#endif
}

/* Borrows the bytes, until the next change, move, drop or cow_str_cstr of this variable. Never NULL. A slice need not
   have a NUL behind it: cow_str_cstr does.
   Example: s = COW_STR("abc");
            assert(memcmp(cow_str_data(&s), "abc", 3) == 0); */
COW__INLINE const char *cow_str_data(const cow_str *s) {
    cow__str_check(s);
    return cow__str_is_far(s) ? s->cow__p : (const char *)s;
}

/* Borrows byte `i`, until the next change, move, drop or cow_str_cstr of this variable;
   NULL with COW_RANGE when there is none.
   Example: s = COW_STR("abc");
            assert(*cow_str_get(&s, 2) == 'c' && !cow_str_get(&s, 3)); */
COW__INLINE const char *cow_str_get(const cow_str *s, size_t i) {
    if (COW__LIKELY(i < cow_str_len(s))) return cow_str_data(s) + i;
    (void)cow__fail(COW_RANGE);
    return NULL;
}

/* Byte `i` itself, which must exist: COW_DEBUG builds die when it does not.
   Example: s = COW_STR("abc");
            assert(cow_str_at(&s, 0) == 'a'); */
COW__INLINE char cow_str_at(const cow_str *s, size_t i) {
#if COW__DEBUG
    if (i >= cow_str_len(s)) cow__die_of("index out of range", "cow_str", "at() needs an index below the length");
#endif
    return cow_str_data(s)[i];
}

/* Bytes that fit before the storage must grow: 22 in the handle; 0 for a text that is not in storage of its own
   (literal, borrowed, adopted, frozen). Whether they can be used without a copy depends on who shares the buffer.
   Example: assert(cow_str_capacity(&s) == 22); */
COW__INLINE size_t cow_str_capacity(const cow_str *s) {
    cow__str_check(s);
    if (!cow__str_is_far(s)) return COW__STR_INLINE;
    return s->cow__h && s->cow__h->end ? (size_t)(s->cow__h->end - s->cow__p) : 0;
}

/* Whether a change would copy the text, because it is shared, literal, borrowed, adopted or frozen.
   Example: s = COW_STR("constant");
            assert(cow_str_is_shared(&s)); */
COW__INLINE bool cow_str_is_shared(const cow_str *s) {
    return cow__str_is_far(s) && cow_str_len(s) && !cow__text_unique(s->cow__h);
}

/* Bytes of memory outside the handle that this value keeps alive, alone or with others: the whole buffer of a slice,
   the adopted bytes. 0 when none are counted.
   Example: s = COW_STR("free");
            assert(cow_str_retained_bytes(&s) == 0); */
COW__INLINE size_t cow_str_retained_bytes(const cow_str *s) {
    cow__str_check(s);
    return cow__str_header(s) ? cow__text_bytes(s->cow__h) : 0;
}

/* Whether two values are the same bytes in the same place. Short texts never are: they live in their handles.
   Example: s = COW_STR("here");
            t = cow_str_copy(&s);
            assert(cow_str_same(&s, &t)); */
COW__INLINE bool cow_str_same(const cow_str *a, const cow_str *b) {
    return cow_str_data(a) == cow_str_data(b) && cow_str_len(a) == cow_str_len(b);
}

/* ---- Sharing and giving up ---- */

/* Another value of the same text: 24 bytes are copied, and one count raised if it is longer than 22 bytes. Never fails.
   Example: cow_str_from(&s, "kept");
            t = cow_str_copy(&s);
            cow_str_append(&s, " not");
            assert(cow_str_is(&t, "kept")); */
COW__INLINE cow_str cow_str_copy(const cow_str *s) {
    if (cow__str_header(s)) cow__text_retain(s->cow__h, s->cow__p, s->cow__p + COW__STR_UNPACK(s->cow__n));
    return *s;
}

/* Gives up the value and leaves "" behind; may be repeated. The last value to share a buffer frees it.
   Example: cow_str_from(&s, "gone");
            cow_str_drop(&s);
            assert(cow_str_is_empty(&s)); */
COW__INLINE void cow_str_drop(cow_str *s) {
    cow__text *h = cow__str_header(s);
    COW__WRITER_ENTER(s, "cow_str");
    *s = cow__str_empty();
    if (h) cow__text_release(h);
    COW__WRITER_LEAVE(s);
}

/* Takes the value out of the variable and leaves "" there. No count changes.
   Example: cow_str_from(&s, "moved");
            t = cow_str_move(&s);
            assert(cow_str_is_empty(&s) && cow_str_is(&t, "moved")); */
COW__INLINE cow_str cow_str_move(cow_str *s) {
    cow_str out = *s;
    *s = cow__str_empty();
    return out;
}

/* Exchanges two values.
   Example: cow_str_from(&s, "a");
            cow_str_swap(&s, &t);
            assert(cow_str_is(&t, "a")); */
COW__INLINE void cow_str_swap(cow_str *a, cow_str *b) {
    cow_str t = *a;
    *a = *b;
    *b = t;
}

/* Makes *to another value of *from and gives up what it was. The two may be the same variable.
   Example: s = COW_STR("new");
            cow_str_from(&t, "old");
            cow_str_assign(&t, &s);
            assert(cow_str_equal(&s, &t)); */
COW__INLINE void cow_str_assign(cow_str *to, const cow_str *from) {
    cow_str shared = cow_str_copy(from);
    cow_str_drop(to);
    *to = shared;
}

COW__BEGIN_C
/* Makes the text immortal: reading and copying it writes nothing from now on, so that forked workers keep its pages
   shared. A change copies. The memory is never freed.
   Example: cow_str_from(&s, "short texts live in the handle: nothing to freeze");
            cow_str_freeze(&s);
            assert(cow_str_is_shared(&s) && cow_str_retained_bytes(&s) == 0); */
COW__API void cow_str_freeze(cow_str *s);
COW__END_C

/* ---- Slices: values of a part of the text ---- */

/* Slices longer than this share the buffer, and keep all of it alive; shorter ones are copied, which costs no more than
   counting, so that a small slice never pins a large buffer. */
#ifndef COW__STR_SLICE_COPIED
#define COW__STR_SLICE_COPIED ((size_t)512)
#endif
/* A buffer larger than this is not kept alive by a short text, not even by one that is all there is in it. */
#define COW__STR_LARGE (4 * COW__STR_SLICE_COPIED)

COW__BEGIN_C
/* The bytes [begin, end). An end beyond the length, or before begin, gives "" and COW_RANGE. Slices of literals,
   borrowed and frozen texts count and copy nothing. Others share the buffer when longer than 512 bytes (or all of the
   text in a buffer that is not large), else they copy; never fails: where a copy finds no memory, it shares after all.
   cow_str_compact lets go of a buffer.
   Example: s = COW_STR("key=value");
            t = cow_str_slice(&s, 4, 9);
            assert(cow_str_is(&t, "value")); */
COW__API cow_str cow_str_slice(const cow_str *s, size_t begin, size_t end);

/* The text without ASCII white space (space, \t, \n, \v, \f, \r) at both ends, at its start, at its end.
   O(white space).
   Example: s = COW_STR(" a b\n");
            t = cow_str_trim(&s);
            assert(cow_str_is(&t, "a b")); */
COW__API cow_str cow_str_trim(const cow_str *s);
COW__API cow_str cow_str_trim_start(const cow_str *s);
COW__API cow_str cow_str_trim_end(const cow_str *s);
COW__END_C

/* The first `n` bytes, the last `n` bytes, or the whole text when it has fewer; as cow_str_slice.
   Example: s = COW_STR("file.tar.gz");
            t = cow_str_suffix(&s, 3);
            u = cow_str_prefix(&s, 4);
            assert(cow_str_is(&t, ".gz") && cow_str_is(&u, "file")); */
COW__INLINE cow_str cow_str_prefix(const cow_str *s, size_t n) {
    size_t len = cow_str_len(s);
    return cow_str_slice(s, 0, n < len ? n : len);
}
COW__INLINE cow_str cow_str_suffix(const cow_str *s, size_t n) {
    size_t len = cow_str_len(s);
    return cow_str_slice(s, n < len ? len - n : 0, len);
}

#endif

#if defined(COW__IMPLEMENT) && !defined(COW__STR_BODY)
#define COW__STR_BODY

#include <stdio.h>
#include <string.h>

COW__BEGIN_C

/* Writes where a text of a sole owner or of a handle ends: its length and its NUL. */
static void cow__str_end(cow_str *s, size_t n) {
    if (cow__str_is_far(s)) {
        COW__OPEN(s->cow__p + n, 1);
        cow__str_writable(s)[n] = '\0';
        cow__str_set_far(s, s->cow__h, s->cow__p, n, 0);
    } else {
        cow__str_end_inline(s, n);
    }
}

/* Makes *s an inline text; [p, p + n) may lie in the handle itself. */
static void cow__str_set_inline(cow_str *s, const char *p, size_t n) {
    cow_str out = cow__str_empty();
    if (n) memcpy(&out, p, n);
    ((unsigned char *)&out)[23] = (unsigned char)n;
    *s = out;
}

/* Makes *s a new buffer's text of `n` bytes, which the caller writes next: storage for `capacity`. */
static bool cow__str_set_new(cow_str *s, size_t n, size_t capacity, const cow_alloc *alloc) {
    cow__text *h = cow__text_new(capacity, n, alloc);
    if (!h) return false;
    char *base = cow__text_base(h);
    COW__OPEN(base, n + 1);
    base[n] = '\0';
    cow__str_set_far(s, h, base, n, 0);
    return true;
}

/* Begins a text of `n` bytes in *s: in the handle when it is short, else in storage for `capacity`. Returns where the
   caller writes them, before cow__str_end; NULL when there is no memory. */
static char *cow__str_begin(cow_str *s, size_t n, size_t capacity, const cow_alloc *alloc) {
    *s = cow__str_empty();
    if (n > COW__STR_INLINE && !cow__str_set_new(s, n, capacity, alloc)) return NULL;
    return cow__str_owned(s);
}

static const cow_alloc *cow__str_alloc(const cow_str *s) {
    const cow__text *h = cow__str_header(s);
    return h ? h->alloc : NULL;
}

/* Makes *out an unshared text of a copy of the bytes, without spare room. */
static bool cow__str_make(cow_str *out, const char *p, size_t n, const cow_alloc *alloc) {
    if (n <= COW__STR_INLINE) {
        cow__str_set_inline(out, p, n);
        return true;
    }
    if (!cow__str_set_new(out, n, n, alloc)) return false;
    memcpy(cow__str_writable(out), p, n);
    return true;
}

COW__API bool cow_str_from_bytes(cow_str *out, const void *p, size_t n) {
    return cow__str_make(out, (const char *)p, n, NULL);
}

COW__API bool cow_str_from_format(cow_str *out, const char *format, ...) {
    va_list args;
    va_start(args, format);
    bool ok = cow_str_from_vformat(out, format, args);
    va_end(args);
    return ok;
}

/* Prints `n` bytes. *out stays as it is until then: an argument may point into it. */
static bool cow__str_print(cow_str *out, size_t n, const char *format, va_list args) COW__FORMAT(3, 0);
static bool cow__str_print(cow_str *out, size_t n, const char *format, va_list args) {
    cow_str made;
    if (!cow__str_set_new(&made, n, n, NULL)) return false;
    int printed = vsnprintf(cow__str_writable(&made), n + 1, format, args);
    if (printed < 0 || (size_t)printed != n) return cow_str_drop(&made), cow__fail(COW_INVALID);
    *out = made;
    return true;
}

COW__API bool cow_str_from_vformat(cow_str *out, const char *format, va_list args) {
    char line[256];
    va_list again;
    va_copy(again, args);
    int n = vsnprintf(line, sizeof line, format, args);
    bool ok = n >= 0;
    if (!ok)
        (void)cow__fail(COW_INVALID);
    else if ((size_t)n < sizeof line)
        ok = cow_str_from_bytes(out, line, (size_t)n);
    else
        ok = cow__str_print(out, (size_t)n, format, again);
    va_end(again);
    return ok;
}

COW__API bool cow_str_new_in(cow_str *out, size_t capacity, const cow_alloc *alloc) {
    return cow__str_set_new(out, 0, capacity, alloc);
}

COW__API bool cow_str_adopt(cow_str *out, const void *p, size_t n, void (*release)(void *ctx, const void *p, size_t n),
                            void *ctx) {
    if (n <= COW__STR_INLINE) {
        cow__str_set_inline(out, (const char *)p, n);
        release(ctx, p, n);
        return true;
    }
    if (n > COW__STR_MOST) return cow__fail(COW_RANGE);
    cow__text *h = cow__text_adopt(p, n, release, ctx);
    if (!h) return false;
    cow__str_set_far(out, h, (const char *)p, n, COW__STR_OPEN);
    return true;
}

COW__API void cow_str_freeze(cow_str *s) {
    cow__text *h = cow__str_header(s);
    if (!h) return;
    COW__TEXT_ALIVE(h, "use after drop");
    COW__WRITER_ENTER(s, "cow_str");
    cow__rc_saturate(&h->rc);
#if COW__LIVE
    cow__live_freeze(&h->live);
#endif
    COW__FORGET_LEAK(h);
    s->cow__h = NULL;
    COW__WRITER_LEAVE(s);
}

COW__API cow_str cow_str_slice(const cow_str *s, size_t begin, size_t end) {
    cow_str out = cow__str_empty();
    size_t len = cow_str_len(s), n = end - begin;
    if (begin > end || end > len) return (void)cow__fail(COW_RANGE), out;
    if (!n) return out;
    const char *p = cow_str_data(s) + begin;
    cow__text *h = cow__str_header(s);
    if (n == len && !(h && n <= COW__STR_SLICE_COPIED && cow__text_bytes(h) > COW__STR_LARGE)) return cow_str_copy(s);
    bool counted = h || !cow__str_is_far(s);
    if (counted && n <= COW__STR_INLINE) {
        cow__str_set_inline(&out, p, n);
        return out;
    }
    if (h && n <= COW__STR_SLICE_COPIED) {
        cow_error_code before = cow_error();
        if (cow__str_make(&out, p, n, h->alloc)) return out;
        cow__set_error(before); /* sharing does as well */
    }
    if (h) cow__text_retain(h, s->cow__p, s->cow__p + len);
    cow__str_set_far(&out, h, p, n, end == len ? cow__str_tag(s) & COW__STR_OPEN : 0);
    return out;
}

static bool cow__is_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

static cow_str cow__str_trim(const cow_str *s, bool start, bool at_end) {
    const char *p = cow_str_data(s);
    size_t begin = 0, end = cow_str_len(s);
    while (start && begin < end && cow__is_space(p[begin])) begin++;
    while (at_end && begin < end && cow__is_space(p[end - 1])) end--;
    return cow_str_slice(s, begin, end);
}

COW__API cow_str cow_str_trim(const cow_str *s) { return cow__str_trim(s, true, true); }
COW__API cow_str cow_str_trim_start(const cow_str *s) { return cow__str_trim(s, true, false); }
COW__API cow_str cow_str_trim_end(const cow_str *s) { return cow__str_trim(s, false, true); }

COW__END_C
#endif

/* str_storage: who owns the bytes of a string, how much room they have, and raw access to them.
   Floor 4, built on str. */
#ifndef COW__STR_STORAGE_H
#define COW__STR_STORAGE_H


COW__BEGIN_C
COW__API bool cow__str_reserve(cow_str *s, size_t capacity);
COW__API bool cow__str_shrink(cow_str *s);
COW__API bool cow__str_compact(cow_str *s);
COW__API bool cow__str_own(cow_str *s);
COW__API void cow__str_shorten(cow_str *s, size_t n);
COW__API const char *cow__str_terminate(cow_str *s);
COW__END_C

/* A change by shared code: notes the caller for COW_TRACE, and the writer for COW_DEBUG. */
#define COW__STR_CHANGE(s, call)           \
    do {                                   \
        COW__MARK_SITE();                  \
        COW__WRITER_ENTER((s), "cow_str"); \
        bool cow__changed = (call);        \
        COW__WRITER_LEAVE(s);              \
        return cow__changed;               \
    } while (0)

/* Makes the value unshared, with room for `capacity` bytes in all.
   Example: assert(cow_str_reserve(&s, 1000) && cow_str_capacity(&s) >= 1000); */
COW__INLINE bool cow_str_reserve(cow_str *s, size_t capacity) { COW__STR_CHANGE(s, cow__str_reserve(s, capacity)); }

/* Gives spare room back to the allocator; a short text moves into the handle. Shared storage is left as it is. O(n).
   Example: cow_str_reserve(&s, 1000);
            assert(cow_str_shrink(&s) && cow_str_capacity(&s) == 22); */
COW__INLINE bool cow_str_shrink(cow_str *s) { COW__STR_CHANGE(s, cow__str_shrink(s)); }

/* Keeps no more memory alive than the text needs: a slice that retains a larger buffer is copied out of it, spare room
   is given back. What is counted nowhere (literal, borrowed, frozen) stays. O(n).
   Example: cow_str_from_format(&s, "%01000d", 0);
            t = cow_str_slice(&s, 0, 600);
            assert(cow_str_retained_bytes(&t) > 1000);
            assert(cow_str_compact(&t) && cow_str_retained_bytes(&t) < 700); */
COW__INLINE bool cow_str_compact(cow_str *s) { COW__STR_CHANGE(s, cow__str_compact(s)); }

/* Shortens to `n` bytes; COW_RANGE when there are fewer. Keeps the storage unless it is shared; a shared one is sliced.
   Example: cow_str_from(&s, "abcdef");
            assert(cow_str_truncate(&s, 3) && cow_str_is(&s, "abc")); */
COW__INLINE bool cow_str_truncate(cow_str *s, size_t n) {
    if (n > cow_str_len(s)) return cow__fail(COW_RANGE);
    COW__WRITER_ENTER(s, "cow_str");
    cow__str_shorten(s, n);
    COW__WRITER_LEAVE(s);
    return true;
}

/* Removes all bytes; keeps the storage unless it is shared.
   Example: cow_str_from(&s, "abc");
            cow_str_clear(&s);
            assert(cow_str_is_empty(&s)); */
COW__INLINE void cow_str_clear(cow_str *s) { (void)cow_str_truncate(s, 0); }

/* Borrows the bytes for writing, until the next change, copy, move or drop: makes the value unshared once, for tight
   loops. NULL with COW_ABSENT when it is empty. The hash of an edited text is not cached until the next change.
   Example: cow_str_from(&s, "cat");
            cow_str_edit(&s)[0] = 'h';
            assert(cow_str_is(&s, "hat")); */
COW__INLINE char *cow_str_edit(cow_str *s) {
    if (cow_str_is_empty(s)) return (void)cow__fail(COW_ABSENT), (char *)NULL;
    COW__MARK_SITE();
    COW__WRITER_ENTER(s, "cow_str");
    bool ok = cow__str_own(s);
    COW__WRITER_LEAVE(s);
    if (!ok) return NULL;
    if (!cow__str_is_far(s)) return (char *)s;
    char *p = cow__str_writable(s);
    COW__OPEN(p + cow_str_len(s), 1);
    p[cow_str_len(s)] = '\0'; /* so that cow_str_cstr need not change what is being edited */
    COW__STORE(&s->cow__h->limit, NULL, COW__RELAXED);
    COW__STORE(&s->cow__h->hashed, COW__HASHED_EDITED, COW__RELAXED);
    return p;
}

/* Borrows the text with a NUL behind it, until the next change, move or drop. A slice gets its NUL in place when nobody
   else sees the buffer; else it is copied, which ends other pointers into it: NULL when that fails. All other texts
   have their NUL already. A text with embedded NULs looks shorter to C.
   Example: s = COW_STR("half-open");
            t = cow_str_slice(&s, 0, 4);
            assert(strcmp(cow_str_cstr(&t), "half") == 0); */
COW__INLINE const char *cow_str_cstr(cow_str *s) {
    cow__str_check(s);
    if (!cow__str_is_far(s)) return (const char *)s;
    if (!(cow__str_tag(s) & COW__STR_OPEN) && s->cow__p[COW__STR_UNPACK(s->cow__n)] == '\0') return s->cow__p;
    COW__MARK_SITE();
    return cow__str_terminate(s);
}

#endif

#if defined(COW__IMPLEMENT) && !defined(COW__STR_STORAGE_BODY)
#define COW__STR_STORAGE_BODY
COW__BEGIN_C

/* Poisons the spare room of a sole owner. */
static void cow__str_shut_tail(const cow_str *s) {
    const char *end = cow_str_data(s) + cow_str_len(s);
    if (cow__str_is_far(s)) COW__SHUT(end + 1, (size_t)(s->cow__h->end - end));
    (void)end;
}

/* The bytes to be changed in place, and how many fit there; NULL when others see them too. */
static char *cow__str_in_place(cow_str *s, size_t *room) {
    if (!cow__str_is_far(s)) {
        *room = COW__STR_INLINE;
        return (char *)s;
    }
    *room = 0;
    if (!cow__text_unique(s->cow__h)) return NULL;
    cow__text_settle(s->cow__h);
    *room = (size_t)(s->cow__h->end - s->cow__p);
    return cow__str_writable(s);
}

/* Gives up what *s was and makes it *made. */
static void cow__str_become(cow_str *s, const cow_str *made) {
    cow__text *h = cow__str_header(s);
    *s = *made;
    if (h) cow__text_release(h);
}

/* The same for a copy that sharing forced (or the text's own bytes, given as an argument):
   COW_TRACE and COW_STATS hear of it. */
static void cow__str_detach_to(cow_str *s, const cow_str *made, size_t copied) {
    cow__text *h = cow__str_header(s);
    if (cow__str_is_far(s) && copied) {
        cow_reason unshared = h && h->end && cow__rc_unique(&h->rc) ? COW_REASON_ALIAS : COW_REASON_SHARED;
        COW__TRACE_COPY("cow_str", copied, copied, h && h->end ? unshared : COW_REASON_BORROWED);
        COW__COUNT(COPIES, 1);
        COW__COUNT(BYTES_COPIED, copied);
        (void)unshared;
    }
    cow__str_become(s, made);
}

/* Makes the storage of a sole owner's text at its base larger or smaller; on failure nothing happened. */
static bool cow__str_resize(cow_str *s, size_t capacity) {
    size_t n = cow_str_len(s);
    cow__text *h = cow__text_resize(s->cow__h, capacity, n + 1);
    if (h) cow__str_set_far(s, h, cow__text_base(h), n, 0);
    return h != NULL;
}

/* Whether the allocator may move the text of a sole owner. Not in COW_DEBUG builds:
   a stale handle must find a dead header. */
static bool cow__str_can_resize(const cow_str *s) {
    cow__text *h = cow__str_header(s);
    return COW__FAST_PATHS && h && s->cow__p == cow__text_base(h) && cow__can_resize(h->alloc);
}

COW__API bool cow__str_reserve(cow_str *s, size_t capacity) {
    size_t room, n = cow_str_len(s);
    cow_str made;
    char *p = cow__str_in_place(s, &room);
    if (p && capacity <= room) return true;
    /* Once owned it stays so; but it may have become ours just now, as it was, and without the room. */
    if (!p && (capacity <= COW__STR_INLINE || capacity < n)) return cow__str_own(s) && cow__str_reserve(s, capacity);
    if (p && cow__str_can_resize(s)) return cow__str_resize(s, capacity);
    if (!cow__str_set_new(&made, n, capacity, cow__str_alloc(s))) return false;
    if (n) memcpy(cow__str_writable(&made), cow_str_data(s), n);
    if (p)
        cow__str_become(s, &made);
    else
        cow__str_detach_to(s, &made, n);
    return true;
}

COW__API bool cow__str_own(cow_str *s) {
    size_t room, n = cow_str_len(s);
    if (cow__str_in_place(s, &room)) return true;
    cow_str made;
    if (!cow__str_make(&made, cow_str_data(s), n, cow__str_alloc(s))) return false;
    cow__str_detach_to(s, &made, n);
    return true;
}

/* Moves the text to storage that is not larger than it needs. */
static bool cow__str_tighten(cow_str *s) {
    cow_str made;
    size_t n = cow_str_len(s);
    if (n > COW__STR_INLINE && cow__text_unique(s->cow__h) && cow__str_can_resize(s)) {
        cow__text_settle(s->cow__h);
        return cow__str_resize(s, n);
    }
    if (!cow__str_make(&made, cow_str_data(s), n, cow__str_alloc(s))) return false;
    cow__str_become(s, &made);
    return true;
}

/* Whether the text keeps more memory alive than a copy of it would. */
static bool cow__str_is_loose(const cow_str *s) {
    const cow__text *h = cow__str_header(s);
    size_t n = cow_str_len(s);
    if (!h) return false;
    if (!h->end) return cow__text_bytes(h) - sizeof(cow__adopted) > n;
    return cow__text_bytes(h) > (n <= COW__STR_INLINE ? 0 : cow__text_block(n));
}

COW__API bool cow__str_shrink(cow_str *s) {
    return !cow__str_is_loose(s) || !cow__text_unique(s->cow__h) || cow__str_tighten(s);
}

COW__API bool cow__str_compact(cow_str *s) { return !cow__str_is_loose(s) || cow__str_tighten(s); }

COW__API void cow__str_shorten(cow_str *s, size_t n) {
    size_t room, len = cow_str_len(s);
    if (n == len) return;
    char *p = cow__str_in_place(s, &room);
    if (!p) {
        cow_str made = cow_str_slice(s, 0, n);
        cow__str_become(s, &made);
        return;
    }
    if (!n && cow__str_is_far(s)) s->cow__p = cow__text_base(s->cow__h);
    cow__str_end(s, n);
    cow__str_shut_tail(s);
}

/* A slice that runs to a readable NUL has it; one that is the sole owner's can put its own. */
COW__API const char *cow__str_terminate(cow_str *s) {
    COW__WRITER_ENTER(s, "cow_str");
    bool ok = cow__str_own(s);
    if (ok) cow__str_end(s, cow_str_len(s));
    COW__WRITER_LEAVE(s);
    return ok ? cow_str_data(s) : NULL;
}

COW__END_C
#endif

/* str_write: appending, inserting, replacing and removing. Floor 4, built on str_storage.

   Every change of length is one splice: some bytes of the text are replaced by others. */
#ifndef COW__STR_WRITE_H
#define COW__STR_WRITE_H


COW__BEGIN_C
/* Replaces [begin, end) by the `n` bytes at `p`, in place where there is room and nobody else sees it. */
COW__API bool cow__str_splice(cow_str *s, size_t begin, size_t end, const void *p, size_t n);
COW__API bool cow__str_append(cow_str *s, const void *p, size_t n);
COW__API bool cow__str_append_byte(cow_str *s, char c);
COW__API bool cow__str_append_vformat(cow_str *s, const char *format, va_list args) COW__FORMAT(2, 0);
COW__API bool cow__str_resize_filled(cow_str *s, size_t n, char fill);
COW__API bool cow__str_fill(cow_str *s, char c);
COW__API bool cow__str_reverse(cow_str *s);
COW__API bool cow__str_replace_all(cow_str *s, const void *what, size_t what_n, const void *by, size_t by_n);
/* Moves the letters from `first` to its 25th follower to the other case. */
COW__API bool cow__str_flip_case(cow_str *s, char first);
COW__END_C

/* ---- Appending: amortised O(bytes added) while unshared ---- */

/* Append bytes: all of them or none.
   Example: cow_str_append(&s, "key");
            cow_str_append_byte(&s, '=');
            cow_str_append_bytes(&s, "value...", 5);
            cow_str_append_str(&s, &s);
            assert(cow_str_is(&s, "key=valuekey=value")); */
COW__INLINE bool cow_str_append_bytes(cow_str *s, const void *p, size_t n) {
    if (COW__FAST_PATHS && COW__LIKELY(cow__str_is_far(s))) {
        cow__text *h = s->cow__h;
        char *end = cow__str_writable(s) + COW__STR_UNPACK(s->cow__n);
        uintptr_t limit = h ? (uintptr_t)COW__LOAD(&h->limit, COW__RELAXED) : 0;
        if (COW__LIKELY(limit > (uintptr_t)end && n <= limit - (uintptr_t)end)) {
            COW__OPEN(end, n + 1);
            if (n) memmove(end, p, n);
            end[n] = '\0';
            s->cow__n += COW__STR_UNIT * n;
            return true;
        }
    }
    COW__STR_CHANGE(s, cow__str_append(s, p, n));
}
COW__INLINE bool cow_str_append(cow_str *s, const char *text) { return cow_str_append_bytes(s, text, strlen(text)); }
COW__INLINE bool cow_str_append_str(cow_str *s, const cow_str *t) {
    return cow_str_append_bytes(s, cow_str_data(t), cow_str_len(t));
}
COW__INLINE bool cow_str_append_byte(cow_str *s, char c) {
    if (COW__FAST_PATHS && COW__LIKELY(cow__str_is_far(s))) {
        cow__text *h = s->cow__h;
        char *end = cow__str_writable(s) + COW__STR_UNPACK(s->cow__n);
        if (COW__LIKELY(h && end < (char *)COW__LOAD(&h->limit, COW__RELAXED))) {
            COW__OPEN(end, 2);
            end[0] = c;
            end[1] = '\0';
            s->cow__n += COW__STR_UNIT;
            return true;
        }
    }
    COW__STR_CHANGE(s, cow__str_append_byte(s, c));
}

/* Append what printf would print; the arguments may point into the string. COW_INVALID when they cannot be printed.
   Example: cow_str_append_format(&s, "%d+%d", 1, 2);
            cow_str_append_format(&s, "=%d (%s)", 3, cow_str_cstr(&s));
            assert(cow_str_is(&s, "1+2=3 (1+2)")); */
COW__INLINE bool cow_str_append_vformat(cow_str *s, const char *format, va_list args) COW__FORMAT(2, 0);
COW__INLINE bool cow_str_append_vformat(cow_str *s, const char *format, va_list args) {
    COW__STR_CHANGE(s, cow__str_append_vformat(s, format, args));
}
COW__BEGIN_C
COW__API bool cow_str_append_format(cow_str *s, const char *format, ...) COW__FORMAT(2, 3);
COW__END_C

/* ---- Changing anywhere: O(n) ---- */

/* Replace the bytes [begin, end) by others; COW_RANGE when there are no such bytes.
   Example: cow_str_from(&s, "2026-11-21");
            assert(cow_str_replace(&s, 5, 7, "November") && cow_str_is(&s, "2026-November-21")); */
COW__INLINE bool cow_str_replace_bytes(cow_str *s, size_t begin, size_t end, const void *p, size_t n) {
    COW__STR_CHANGE(s, cow__str_splice(s, begin, end, p, n));
}
COW__INLINE bool cow_str_replace(cow_str *s, size_t begin, size_t end, const char *text) {
    return cow_str_replace_bytes(s, begin, end, text, strlen(text));
}
COW__INLINE bool cow_str_replace_str(cow_str *s, size_t begin, size_t end, const cow_str *t) {
    return cow_str_replace_bytes(s, begin, end, cow_str_data(t), cow_str_len(t));
}

/* Insert bytes before byte `i`, which may be the length.
   Example: cow_str_from(&s, "ac");
            assert(cow_str_insert(&s, 1, "b") && cow_str_is(&s, "abc")); */
COW__INLINE bool cow_str_insert_bytes(cow_str *s, size_t i, const void *p, size_t n) {
    return cow_str_replace_bytes(s, i, i, p, n);
}
COW__INLINE bool cow_str_insert(cow_str *s, size_t i, const char *text) {
    return cow_str_insert_bytes(s, i, text, strlen(text));
}
COW__INLINE bool cow_str_insert_str(cow_str *s, size_t i, const cow_str *t) {
    return cow_str_insert_bytes(s, i, cow_str_data(t), cow_str_len(t));
}

/* Insert bytes before the first one.
   Example: cow_str_from(&s, "world");
            assert(cow_str_prepend(&s, "hello ") && cow_str_is(&s, "hello world")); */
COW__INLINE bool cow_str_prepend_bytes(cow_str *s, const void *p, size_t n) { return cow_str_insert_bytes(s, 0, p, n); }
COW__INLINE bool cow_str_prepend(cow_str *s, const char *text) { return cow_str_insert(s, 0, text); }
COW__INLINE bool cow_str_prepend_str(cow_str *s, const cow_str *t) { return cow_str_insert_str(s, 0, t); }

/* Remove the bytes [begin, end), or byte `i`; COW_RANGE when there are none such. Removing at either end copies
   nothing, except what is left of a shared text when that is short.
   Example: cow_str_from(&s, "abcdef");
            cow_str_erase_range(&s, 1, 3);
            cow_str_erase(&s, 0);
            assert(cow_str_is(&s, "def")); */
COW__INLINE bool cow_str_erase_range(cow_str *s, size_t begin, size_t end) {
    return cow_str_replace_bytes(s, begin, end, NULL, 0);
}
COW__INLINE bool cow_str_erase(cow_str *s, size_t i) {
    return i < cow_str_len(s) ? cow_str_erase_range(s, i, i + 1) : cow__fail(COW_RANGE);
}

/* Replace every occurrence of `what` by `by`, from left to right without overlaps, in one pass. COW_RANGE when `what`
   is empty. When there is none, nothing is copied.
   Example: cow_str_from(&s, "a, b, c");
            assert(cow_str_replace_all(&s, ", ", ";") && cow_str_is(&s, "a;b;c")); */
COW__INLINE bool cow_str_replace_all_bytes(cow_str *s, const void *what, size_t what_n, const void *by, size_t by_n) {
    COW__STR_CHANGE(s, cow__str_replace_all(s, what, what_n, by, by_n));
}
COW__INLINE bool cow_str_replace_all(cow_str *s, const char *what, const char *by) {
    return cow_str_replace_all_bytes(s, what, strlen(what), by, strlen(by));
}
COW__INLINE bool cow_str_replace_all_str(cow_str *s, const cow_str *what, const cow_str *by) {
    return cow_str_replace_all_bytes(s, cow_str_data(what), cow_str_len(what), cow_str_data(by), cow_str_len(by));
}

/* Makes the length `n`: cuts, or appends copies of `fill`.
   Example: cow_str_resize(&s, 3, '-');
            assert(cow_str_is(&s, "---")); */
COW__INLINE bool cow_str_resize(cow_str *s, size_t n, char fill) {
    if (n <= cow_str_len(s)) return cow_str_truncate(s, n);
    COW__STR_CHANGE(s, cow__str_resize_filled(s, n, fill));
}

/* Replaces byte `i`; COW_RANGE when there is none.
   Example: cow_str_from(&s, "cat");
            assert(cow_str_set(&s, 0, 'b') && cow_str_is(&s, "bat")); */
COW__INLINE bool cow_str_set(cow_str *s, size_t i, char c) {
    if (i >= cow_str_len(s)) return cow__fail(COW_RANGE);
    if (!COW__FAST_PATHS || (cow__str_is_far(s) && !cow__text_unique(s->cow__h)))
        return cow_str_replace_bytes(s, i, i + 1, &c, 1);
    if (cow__str_is_far(s)) cow__text_settle(s->cow__h);
    cow__str_owned(s)[i] = c;
    return true;
}

/* Makes every byte `c`.
   Example: cow_str_from(&s, "secret");
            assert(cow_str_fill(&s, '*') && cow_str_is(&s, "******")); */
COW__INLINE bool cow_str_fill(cow_str *s, char c) { COW__STR_CHANGE(s, cow__str_fill(s, c)); }

/* Reverses the order of the bytes (not of code points).
   Example: cow_str_from(&s, "abc");
            assert(cow_str_reverse(&s) && cow_str_is(&s, "cba")); */
COW__INLINE bool cow_str_reverse(cow_str *s) { COW__STR_CHANGE(s, cow__str_reverse(s)); }

/* Move the ASCII letters to one case; all other bytes stay, and so does UTF-8.
   When there is nothing to move, nothing is copied.
   Example: cow_str_from(&s, "Straße 7");
            assert(cow_str_to_upper(&s) && cow_str_is(&s, "STRAßE 7")); */
COW__INLINE bool cow_str_to_lower(cow_str *s) { COW__STR_CHANGE(s, cow__str_flip_case(s, 'A')); }
COW__INLINE bool cow_str_to_upper(cow_str *s) { COW__STR_CHANGE(s, cow__str_flip_case(s, 'a')); }

#endif

#if defined(COW__IMPLEMENT) && !defined(COW__STR_WRITE_BODY)
#define COW__STR_WRITE_BODY


COW__BEGIN_C

/* The capacity for a text of `n` bytes that outgrew `room`, so that appending costs O(1) on average:
   the block doubles, header and all. */
static size_t cow__str_growth(size_t n, size_t room) {
    size_t doubled = room < COW__STR_MOST / 4 ? 2 * room + sizeof(cow__text) : n;
    return n < doubled ? doubled : n;
}

/* Whether `p` points into the text, its NUL, or its storage. */
static bool cow__str_holds(const cow_str *s, const void *p) {
    uintptr_t at = (uintptr_t)p, from = (uintptr_t)cow_str_data(s), to = from + cow_str_len(s);
    if (!cow__str_is_far(s)) from = (uintptr_t)s, to = (uintptr_t)(s + 1);
    return from <= at && at <= to;
}

/* The same bytes as a text of `total`, in storage of its own. */
static bool cow__str_splice_new(cow_str *s, size_t begin, size_t end, const void *p, size_t n, size_t total) {
    size_t len = cow_str_len(s), capacity = total;
    const char *text = cow_str_data(s);
    bool unshared = !cow__str_is_far(s) || cow__text_unique(s->cow__h);
    /* An unshared text that outgrew its storage goes on growing. */
    if (unshared && n > end - begin && total > COW__STR_INLINE) capacity = cow__str_growth(total, len);
    cow_str made;
    char *to = cow__str_begin(&made, total, capacity, cow__str_alloc(s));
    if (!to) return false;
    if (begin) memcpy(to, text, begin);
    if (n) memcpy(to + begin, p, n);
    if (len - end) memcpy(to + begin + n, text + end, len - end);
    cow__str_end(&made, total);
    if (unshared && !cow__str_holds(s, p))
        cow__str_become(s, &made);
    else
        cow__str_detach_to(s, &made, len - (end - begin));
    return true;
}

/* Replaces the first `end` bytes and leaves the rest where it is: the start of a sole owner's text moves (`text` is its
   bytes), and a shared text (NULL) that only loses bytes is sliced. False when neither will do. */
static bool cow__str_splice_front(cow_str *s, const char *text, size_t end, const void *p, size_t n) {
    size_t len = cow_str_len(s);
    if (!cow__str_is_far(s) || (!text && n)) return false;
    if (!text) {
        cow_str made = cow_str_slice(s, end, len);
        return cow__str_become(s, &made), true;
    }
    if (n == end || n > end + (size_t)(text - cow__text_base(s->cow__h))) return false;
    cow__str_set_far(s, s->cow__h, text + end - n, len - end + n, 0);
    if (n) memcpy(cow__str_writable(s), p, n);
    return true;
}

/* Replaces [begin, end) of a text at `text` that nobody else sees and that has the room. */
static void cow__str_splice_there(cow_str *s, char *text, size_t begin, size_t end, const void *p, size_t n) {
    size_t rest = cow_str_len(s) - end, total = begin + n + rest;
    if (cow__str_is_far(s)) COW__OPEN(text, total + 1);
    if (rest) memmove(text + begin + n, text + end, rest);
    if (n) memmove(text + begin, p, n);
    cow__str_end(s, total);
    cow__str_shut_tail(s);
}

COW__API bool cow__str_splice(cow_str *s, size_t begin, size_t end, const void *p, size_t n) {
    size_t room, len = cow_str_len(s);
    if (begin > end || end > len) return cow__fail(COW_RANGE);
    size_t rest = len - end, total = begin + rest;
    if (n > COW__STR_MOST - total) return cow__fail(COW_RANGE);
    total += n;
    if (begin == end && !n) return true;
    if (!n && !rest) return cow__str_shorten(s, begin), true;
    char *text = cow__str_in_place(s, &room);
    bool inside = n && cow__str_holds(s, p);
    size_t offset = inside ? (size_t)((uintptr_t)p - (uintptr_t)text) : 0;
    if (inside && rest) text = NULL; /* what is inserted would move away under our hands */
    if (!begin && rest && cow__str_splice_front(s, text, end, p, n)) return true;
    if (text && total > room && cow__str_can_resize(s)) {
        if (!cow__str_resize(s, cow__str_growth(total, room))) return false;
        text = cow__str_writable(s);
        if (inside) p = text + offset;
        room = total;
    }
    if (!text || total > room) return cow__str_splice_new(s, begin, end, p, n, total);
    cow__str_splice_there(s, text, begin, end, p, n);
    return true;
}

COW__API bool cow__str_append(cow_str *s, const void *p, size_t n) {
    size_t len = cow_str_len(s);
    if (cow__str_is_far(s) || n > COW__STR_INLINE - len) return cow__str_splice(s, len, len, p, n);
    if (n) memmove((char *)s + len, p, n);
    cow__str_end(s, len + n);
    return true;
}

/* Apart from cow__str_append, so that the short way needs no address of `c`. */
COW__API bool cow__str_append_byte(cow_str *s, char c) { return cow__str_append(s, &c, 1); }

/* Through a string of its own: arguments may point into *s, which must not change while they are printed. */
COW__API bool cow__str_append_vformat(cow_str *s, const char *format, va_list args) {
    cow_str printed;
    if (!cow_str_from_vformat(&printed, format, args)) return false;
    bool ok = cow__str_append(s, cow_str_data(&printed), cow_str_len(&printed));
    cow_str_drop(&printed);
    return ok;
}

COW__API bool cow_str_append_format(cow_str *s, const char *format, ...) {
    va_list args;
    va_start(args, format);
    COW__MARK_CALLER();
    COW__WRITER_ENTER(s, "cow_str");
    bool ok = cow__str_append_vformat(s, format, args);
    COW__WRITER_LEAVE(s);
    va_end(args);
    return ok;
}

COW__API bool cow__str_resize_filled(cow_str *s, size_t n, char fill) {
    size_t room, len = cow_str_len(s);
    char *text = cow__str_in_place(s, &room);
    if (!text || n > room) {
        if (!cow__str_reserve(s, text ? cow__str_growth(n, room) : n)) return false;
        text = cow__str_owned(s);
    }
    if (cow__str_is_far(s)) COW__OPEN(text, n + 1);
    memset(text + len, fill, n - len);
    cow__str_end(s, n);
    return true;
}

COW__API bool cow__str_fill(cow_str *s, char c) {
    if (!cow_str_is_empty(s) && !cow__str_own(s)) return false;
    memset(cow__str_owned(s), c, cow_str_len(s));
    return true;
}

COW__API bool cow__str_reverse(cow_str *s) {
    size_t n = cow_str_len(s);
    if (n < 2) return true;
    if (!cow__str_own(s)) return false;
    char *p = cow__str_owned(s);
    for (size_t i = 0; i < n / 2; i++) {
        char c = p[i];
        p[i] = p[n - 1 - i];
        p[n - 1 - i] = c;
    }
    return true;
}

static bool cow__is_letter(char c, char first) { return (unsigned char)(c - first) < 26; }

/* Flips the letters among 8 bytes: an ASCII byte is one if adding what lies between it and 128 carries for its first,
   and does not for the one behind its last. */
static void cow__flip_8(char *p, char first) {
    const uint64_t each = 0x0101010101010101u, high = 0x80 * each;
    uint64_t word, low;
    memcpy(&word, p, sizeof word);
    low = word & ~high;
    uint64_t reached = low + each * (uint64_t)(0x80 - first), passed = low + each * (uint64_t)(0x80 - first - 26);
    word ^= (reached & ~passed & ~word & high) >> 2;
    memcpy(p, &word, sizeof word);
}

COW__API bool cow__str_flip_case(cow_str *s, char first) {
    size_t n = cow_str_len(s), i = 0;
    const char *text = cow_str_data(s);
    while (i < n && !cow__is_letter(text[i], first)) i++;
    if (i == n) return true;
    if (!cow__str_own(s)) return false;
    char *p = cow__str_owned(s);
    for (; n - i >= 8; i += 8) cow__flip_8(p + i, first);
    for (; i < n; i++) p[i] = (char)(p[i] ^ (cow__is_letter(p[i], first) ? 0x20 : 0));
    return true;
}

/* The text with each occurrence replaced, written to `to`; how many bytes that takes when `to` is NULL.
   COW_NPOS: too many. */
static size_t cow__str_replaced(const cow_str *s, const char *what, size_t what_n, const char *by, size_t by_n,
                                char *to) {
    const char *text = cow_str_data(s);
    size_t len = cow_str_len(s), at = 0, size = 0;
    for (;;) {
        size_t found = cow__find(text + at, len - at, what, what_n), kept = found == COW_NPOS ? len - at : found;
        if (to && kept) memcpy(to + size, text + at, kept);
        size += kept;
        if (found == COW_NPOS) return size;
        if (by_n > COW__STR_MOST - len || size > COW__STR_MOST - len - by_n) return COW_NPOS;
        if (to && by_n) memcpy(to + size, by, by_n);
        size += by_n;
        at += found + what_n;
    }
}

COW__API bool cow__str_replace_all(cow_str *s, const void *what, size_t what_n, const void *by, size_t by_n) {
    if (!what_n) return cow__fail(COW_RANGE);
    const char *old = (const char *)what, *now = (const char *)by;
    if (cow__find(cow_str_data(s), cow_str_len(s), old, what_n) == COW_NPOS) return true;
    size_t total = cow__str_replaced(s, old, what_n, now, by_n, NULL);
    if (total == COW_NPOS) return cow__fail(COW_RANGE);
    cow_str made;
    char *to = cow__str_begin(&made, total, total, cow__str_alloc(s));
    if (!to) return false;
    (void)cow__str_replaced(s, old, what_n, now, by_n, to);
    cow__str_end(&made, total);
    if (cow__str_is_far(s) && cow__text_unique(s->cow__h))
        cow__str_become(s, &made);
    else
        cow__str_detach_to(s, &made, cow_str_len(s));
    return true;
}

COW__END_C
#endif

/* str_search: finding, comparing and hashing strings. Floor 4, built on str.
   Nothing here writes, except the cached hash. */
#ifndef COW__STR_SEARCH_H
#define COW__STR_SEARCH_H


/* ---- Finding: positions, or COW_NPOS (which sets no error). O(n), for every text and needle ---- */

/* The first occurrence that begins at `from` or later. An empty needle is found at `from` itself.
   Example: s = COW_STR("one two one");
            assert(cow_str_find(&s, "one", 1) == 8 && cow_str_find(&s, "six", 0) == COW_NPOS); */
COW__INLINE size_t cow_str_find_bytes(const cow_str *s, const void *p, size_t n, size_t from) {
    size_t len = cow_str_len(s);
    if (from > len) return COW_NPOS;
    size_t found = cow__find(cow_str_data(s) + from, len - from, (const char *)p, n);
    return found == COW_NPOS ? COW_NPOS : from + found;
}
COW__INLINE size_t cow_str_find(const cow_str *s, const char *needle, size_t from) {
    return cow_str_find_bytes(s, needle, strlen(needle), from);
}
COW__INLINE size_t cow_str_find_str(const cow_str *s, const cow_str *needle, size_t from) {
    return cow_str_find_bytes(s, cow_str_data(needle), cow_str_len(needle), from);
}

/* The last occurrence that begins at `from` or earlier; COW_NPOS searches all.
   An empty needle is found at `from`, or at the end.
   Example: s = COW_STR("one two one");
            assert(cow_str_rfind(&s, "one", COW_NPOS) == 8 && cow_str_rfind(&s, "one", 7) == 0); */
COW__INLINE size_t cow_str_rfind_bytes(const cow_str *s, const void *p, size_t n, size_t from) {
    size_t len = cow_str_len(s);
    if (n > len) return COW_NPOS;
    return cow__rfind(cow_str_data(s), from < len - n ? from + n : len, (const char *)p, n);
}
COW__INLINE size_t cow_str_rfind(const cow_str *s, const char *needle, size_t from) {
    return cow_str_rfind_bytes(s, needle, strlen(needle), from);
}
COW__INLINE size_t cow_str_rfind_str(const cow_str *s, const cow_str *needle, size_t from) {
    return cow_str_rfind_bytes(s, cow_str_data(needle), cow_str_len(needle), from);
}

/* The same for a single byte.
   Example: s = COW_STR("/usr/bin/cc");
            assert(cow_str_find_byte(&s, '/', 1) == 4 && cow_str_rfind_byte(&s, '/', COW_NPOS) == 8); */
COW__INLINE size_t cow_str_find_byte(const cow_str *s, char c, size_t from) {
    return cow_str_find_bytes(s, &c, 1, from);
}
COW__INLINE size_t cow_str_rfind_byte(const cow_str *s, char c, size_t from) {
    return cow_str_rfind_bytes(s, &c, 1, from);
}

COW__BEGIN_C
/* The first byte at `from` or later that is one of the C string `set`, or is none of them.
   Example: s = COW_STR("key : value");
            assert(cow_str_find_any(&s, ":= ", 0) == 3 && cow_str_find_not_any(&s, ":= ", 3) == 6); */
COW__API size_t cow_str_find_any(const cow_str *s, const char *set, size_t from);
COW__API size_t cow_str_find_not_any(const cow_str *s, const char *set, size_t from);

/* How many occurrences there are, from left to right without overlaps; 0 for an empty needle.
   Example: s = COW_STR("banana");
            assert(cow_str_count(&s, "ana") == 1 && cow_str_count(&s, "a") == 3); */
COW__API size_t cow_str_count_bytes(const cow_str *s, const void *p, size_t n);
COW__END_C
COW__INLINE size_t cow_str_count(const cow_str *s, const char *needle) {
    return cow_str_count_bytes(s, needle, strlen(needle));
}
COW__INLINE size_t cow_str_count_str(const cow_str *s, const cow_str *needle) {
    return cow_str_count_bytes(s, cow_str_data(needle), cow_str_len(needle));
}

/* Whether the bytes occur anywhere.
   Example: s = COW_STR("haystack");
            assert(cow_str_contains(&s, "stack")); */
COW__INLINE bool cow_str_contains_bytes(const cow_str *s, const void *p, size_t n) {
    return cow_str_find_bytes(s, p, n, 0) != COW_NPOS;
}
COW__INLINE bool cow_str_contains(const cow_str *s, const char *needle) {
    return cow_str_contains_bytes(s, needle, strlen(needle));
}
COW__INLINE bool cow_str_contains_str(const cow_str *s, const cow_str *needle) {
    return cow_str_contains_bytes(s, cow_str_data(needle), cow_str_len(needle));
}

/* Whether the text starts, or ends, with the bytes.
   Example: s = COW_STR("cow.h");
            assert(cow_str_starts_with(&s, "cow") && cow_str_ends_with(&s, ".h")); */
COW__INLINE bool cow_str_starts_with_bytes(const cow_str *s, const void *p, size_t n) {
    return n <= cow_str_len(s) && (!n || memcmp(cow_str_data(s), p, n) == 0);
}
COW__INLINE bool cow_str_starts_with(const cow_str *s, const char *text) {
    return cow_str_starts_with_bytes(s, text, strlen(text));
}
COW__INLINE bool cow_str_starts_with_str(const cow_str *s, const cow_str *t) {
    return cow_str_starts_with_bytes(s, cow_str_data(t), cow_str_len(t));
}
COW__INLINE bool cow_str_ends_with_bytes(const cow_str *s, const void *p, size_t n) {
    size_t len = cow_str_len(s);
    return n <= len && (!n || memcmp(cow_str_data(s) + len - n, p, n) == 0);
}
COW__INLINE bool cow_str_ends_with(const cow_str *s, const char *text) {
    return cow_str_ends_with_bytes(s, text, strlen(text));
}
COW__INLINE bool cow_str_ends_with_str(const cow_str *s, const cow_str *t) {
    return cow_str_ends_with_bytes(s, cow_str_data(t), cow_str_len(t));
}

/* ---- Comparing and hashing ---- */

/* Whether the text is these bytes; for C strings and bytes, cow_str_equal for two strings. O(n).
   Example: s = COW_STR("yes");
            assert(cow_str_is(&s, "yes") && !cow_str_is(&s, "yes!")); */
COW__INLINE bool cow_str_is_bytes(const cow_str *s, const void *p, size_t n) {
    return cow_str_len(s) == n && (!n || memcmp(cow_str_data(s), p, n) == 0);
}
COW__INLINE bool cow_str_is(const cow_str *s, const char *text) { return cow_str_is_bytes(s, text, strlen(text)); }

/* Whether two strings hold the same bytes; those that share a buffer are not looked at. O(n).
   Example: s = COW_STR("same");
            cow_str_from(&t, "same");
            assert(cow_str_equal(&s, &t)); */
COW__INLINE bool cow_str_equal(const cow_str *a, const cow_str *b) {
    size_t n = cow_str_len(a);
    if (n != cow_str_len(b)) return false;
    const char *p = cow_str_data(a), *q = cow_str_data(b);
    return p == q || memcmp(p, q, n) == 0;
}

COW__BEGIN_C
/* The same, with ASCII letters equal in either case.
   Example: s = COW_STR("Content-Type");
            t = COW_STR("content-type");
            assert(cow_str_equal_ignoring_case(&s, &t)); */
COW__API bool cow_str_equal_ignoring_case(const cow_str *a, const cow_str *b);

/* Order of the bytes as unsigned numbers, then of the lengths: negative, 0 or positive.
   Orders UTF-8 by code points. O(n).
   Example: s = COW_STR("apple");
            t = COW_STR("apples");
            assert(cow_str_compare(&s, &t) < 0); */
COW__API int cow_str_compare(const cow_str *a, const cow_str *b);

/* Hash of the bytes, the same as cow_hash_bytes gives. O(n). By cow_seed(), that of a counted text is kept in its
   buffer: asking again is O(1) until the text changes. One hash is kept for all who share, of the length that was asked
   for first, and only for texts that begin where the buffer does; none for literal, borrowed and frozen ones.
   Example: s = COW_STR("key");
            assert(cow_str_hash(&s, 7) == cow_hash_bytes("key", 3, 7)); */
COW__API uint64_t cow_str_hash(const cow_str *s, uint64_t seed);
COW__END_C

#endif

#if defined(COW__IMPLEMENT) && !defined(COW__STR_SEARCH_BODY)
#define COW__STR_SEARCH_BODY
COW__BEGIN_C

static cow__byte_set cow__set_of(const char *bytes) {
    cow__byte_set set = {{0, 0, 0, 0, 0, 0, 0, 0}};
    for (; *bytes; bytes++) cow__add_to_set(&set, *bytes);
    return set;
}

static size_t cow__str_find_in(const cow_str *s, const char *bytes, size_t from, bool wanted) {
    cow__byte_set set = cow__set_of(bytes);
    const char *p = cow_str_data(s);
    for (size_t i = from, n = cow_str_len(s); i < n; i++)
        if (cow__in_set(&set, p[i]) == wanted) return i;
    return COW_NPOS;
}

COW__API size_t cow_str_find_any(const cow_str *s, const char *set, size_t from) {
    return cow__str_find_in(s, set, from, true);
}

COW__API size_t cow_str_find_not_any(const cow_str *s, const char *set, size_t from) {
    return cow__str_find_in(s, set, from, false);
}

COW__API size_t cow_str_count_bytes(const cow_str *s, const void *p, size_t n) {
    size_t found = 0, at = 0;
    if (!n) return 0;
    while ((at = cow_str_find_bytes(s, p, n, at)) != COW_NPOS) {
        at += n;
        found++;
    }
    return found;
}

static char cow__lower(char c) { return (char)(c >= 'A' && c <= 'Z' ? c | 0x20 : c); }

COW__API bool cow_str_equal_ignoring_case(const cow_str *a, const cow_str *b) {
    size_t n = cow_str_len(a);
    if (n != cow_str_len(b)) return false;
    const char *p = cow_str_data(a), *q = cow_str_data(b);
    for (size_t i = 0; i < n; i++)
        if (cow__lower(p[i]) != cow__lower(q[i])) return false;
    return true;
}

COW__API int cow_str_compare(const cow_str *a, const cow_str *b) {
    size_t n = cow_str_len(a), m = cow_str_len(b);
    int order = memcmp(cow_str_data(a), cow_str_data(b), n < m ? n : m);
    return order ? order : (n > m) - (n < m);
}

COW__API uint64_t cow_str_hash(const cow_str *s, uint64_t seed) {
    cow__text *h = cow__str_header(s);
    if (h) return cow__text_hash(h, cow_str_data(s), cow_str_len(s), seed);
    return cow_hash_bytes(cow_str_data(s), cow_str_len(s), seed);
}

COW__END_C
#endif

/* str_split: cutting strings into fields, and joining them. Floor 4, built on str_search.

   An iterator holds its own copy of the text: fields stay right whatever happens to the variable. Fields are values,
   made as cow_str_slice makes them: short ones are copied, long ones share the text. */
#ifndef COW__STR_SPLIT_H
#define COW__STR_SPLIT_H


enum cow__split_kind {
    COW__SPLIT_DONE, /* an iterator of zero bytes gives nothing */
    COW__SPLIT_SET,
    COW__SPLIT_BYTES,
    COW__SPLIT_LINES,
    COW__SPLIT_SPACE
};

#define COW__SPLIT_FEW 4u

/* An iterator over the fields of a text. Private. */
typedef struct cow_str_split {
    cow_str text;
    union {
        cow_str separator; /* COW__SPLIT_BYTES */
        cow__byte_set set; /* all others */
    } by;
    size_t at;      /* where the next field begins */
    size_t seen;    /* bytes whose separators are known, */
    uint64_t found; /* and those of the last 64 that were not used yet */
    cow_str spare;  /* the buffer of a field that was given up, for the next long one */
    size_t easy;    /* fields that begin before may be copied with 24 bytes at once */
    enum cow__split_kind kind;
    unsigned few; /* how many bytes separate; more than COW__SPLIT_FEW: only `set` tells */
    char bytes[COW__SPLIT_FEW];
} cow_str_split;

COW__BEGIN_C
/* Begin to cut a text at every separator: a byte, a C string (or bytes, or a string), or any byte of the C string
   `set`. There is one field more than there are separators, and some may be empty; "" has one empty field. An empty
   separator cuts nowhere. A long separator is copied: when that fails there are no fields,
   and cow_error() is COW_NOMEM.
   Example: size_t fields = 0;
            s = COW_STR("a,,b");
            for (cow_str_split it = cow_str_split_byte(&s, ','); cow_str_split_next(&it, &t);) fields++;
            assert(fields == 3); */
COW__API cow_str_split cow_str_split_byte(const cow_str *s, char separator);
COW__API cow_str_split cow_str_split_by_bytes(const cow_str *s, const void *p, size_t n);
COW__API cow_str_split cow_str_split_by_str(const cow_str *s, const cow_str *separator);
COW__API cow_str_split cow_str_split_any(const cow_str *s, const char *set);

/* Begins to cut a text into lines, without their ends (\n or \r\n). The last line may lack its end; "" has no line.
   Example: size_t lines = 0;
            s = COW_STR("one\r\ntwo\n");
            for (cow_str_split it = cow_str_split_lines(&s); cow_str_split_next(&it, &t);) lines++;
            assert(lines == 2); */
COW__API cow_str_split cow_str_split_lines(const cow_str *s);

/* Begins to cut a text into words: runs of bytes other than ASCII white space. No word is empty.
   Example: s = COW_STR("  two words ");
            cow_str_split it = cow_str_split_space(&s);
            assert(cow_str_split_next(&it, &t) && cow_str_is(&t, "two"));
            cow_str_split_drop(&it); */
COW__API cow_str_split cow_str_split_space(const cow_str *s);

COW__API bool cow__str_split_next(cow_str_split *it, cow_str *field);
COW__END_C

/* Makes *field the next field, and gives up what it was: it must be initialised. A small buffer of its own is used
   again. At the end returns false, leaves *field "" and drops the iterator. Never fails otherwise. O(field).
   Example: s = COW_STR("k=v");
            cow_str_split it = cow_str_split_by(&s, "=");
            while (cow_str_split_next(&it, &t)) assert(cow_str_len(&t) == 1); */
COW__INLINE bool cow_str_split_next(cow_str_split *it, cow_str *field) {
    size_t end = it->seen - 64 + cow__lowest_bit(it->found | (uint64_t)1 << 63), n = end - it->at;
    if (!it->found || it->at >= it->easy || n > COW__STR_INLINE || cow__str_is_far(field))
        return cow__str_split_next(it, field);
    /* A short field is copied with what follows it: a fixed number of bytes needs no loop. */
    memcpy(field, it->text.cow__p + it->at, sizeof *field);
    cow__str_end_inline(field, n);
    it->found &= it->found - 1;
    it->at = end + 1;
    return true;
}

/* The byte that ended the field given last (of a longer separator the last one); -1 when it was the end of the text. So
   one pass can tell a comma from the end of a line.
   Example: s = COW_STR("a,b\nc");
            cow_str_split it = cow_str_split_any(&s, ",\n");
            while (cow_str_split_next(&it, &t) && !cow_str_is(&t, "b")) {}
            assert(cow_str_split_ended_by(&it) == '\n');
            cow_str_split_drop(&it); */
COW__INLINE int cow_str_split_ended_by(const cow_str_split *it) {
    if (it->at == 0 || it->at > cow_str_len(&it->text)) return -1;
    return (unsigned char)cow_str_data(&it->text)[it->at - 1];
}

COW__BEGIN_C
/* Makes *out the `n` parts with `between` in between. O(bytes). *out is not read.
   Example: cow_str parts[] = {COW_STR_INIT("a"), COW_STR_INIT("b"), COW_STR_INIT("c")};
            assert(cow_str_join(&s, parts, 3, ", ") && cow_str_is(&s, "a, b, c")); */
COW__API bool cow_str_join_bytes(cow_str *out, const cow_str *parts, size_t n, const void *between, size_t between_n);
COW__END_C
COW__INLINE bool cow_str_join(cow_str *out, const cow_str *parts, size_t n, const char *between) {
    return cow_str_join_bytes(out, parts, n, between, strlen(between));
}
COW__INLINE bool cow_str_join_str(cow_str *out, const cow_str *parts, size_t n, const cow_str *between) {
    return cow_str_join_bytes(out, parts, n, cow_str_data(between), cow_str_len(between));
}

/* As the functions above: cuts at every occurrence of a C string.
   Example: s = COW_STR("a -> b");
            cow_str_split it = cow_str_split_by(&s, " -> ");
            assert(cow_str_split_next(&it, &t) && cow_str_is(&t, "a"));
            cow_str_split_drop(&it); */
COW__INLINE cow_str_split cow_str_split_by(const cow_str *s, const char *separator) {
    return cow_str_split_by_bytes(s, separator, strlen(separator));
}

/* No fields any more. */
static inline void cow__split_finish(cow_str_split *it) {
    if (it->kind == COW__SPLIT_BYTES) cow_str_drop(&it->by.separator);
    it->kind = COW__SPLIT_DONE;
    it->found = 0;
    cow_str_drop(&it->spare);
}

/* Gives up an iterator before its end; may be repeated.
   Example: s = COW_STR("a b");
            cow_str_split it = cow_str_split_byte(&s, ' ');
            cow_str_split_drop(&it);
            assert(!cow_str_split_next(&it, &t)); */
COW__INLINE void cow_str_split_drop(cow_str_split *it) {
    cow__split_finish(it);
    cow_str_drop(&it->text);
}

#endif

#if defined(COW__IMPLEMENT) && !defined(COW__STR_SPLIT_BODY)
#define COW__STR_SPLIT_BODY
COW__BEGIN_C

/* Member by member: compilers clear a struct of this size by a slow instruction. */
static void cow__split_begin(cow_str_split *it, const cow_str *s, enum cow__split_kind kind) {
    size_t n = cow_str_len(s);
    it->text = cow_str_copy(s);
    it->spare = cow__str_empty();
    it->at = it->seen = 0;
    it->found = 0;
    it->easy = kind == COW__SPLIT_SET && cow__str_header(s) && n >= sizeof *s ? n - sizeof *s + 1 : 0;
    it->kind = kind;
    it->few = 0;
}

static void cow__split_at(cow_str_split *it, char c) {
    cow__add_to_set(&it->by.set, c);
    if (it->few < COW__SPLIT_FEW) it->bytes[it->few] = c;
    it->few++;
}

/* A text cut at the `n` bytes of `set`. */
static cow_str_split cow__split_by_set(const cow_str *s, enum cow__split_kind kind, const char *set, size_t n) {
    cow_str_split it;
    cow__split_begin(&it, s, kind);
    memset(&it.by.set, 0, sizeof it.by.set);
    for (size_t i = 0; i < n; i++) cow__split_at(&it, set[i]);
    return it;
}

COW__API cow_str_split cow_str_split_byte(const cow_str *s, char separator) {
    return cow__split_by_set(s, COW__SPLIT_SET, &separator, 1);
}

COW__API cow_str_split cow_str_split_any(const cow_str *s, const char *set) {
    return cow__split_by_set(s, COW__SPLIT_SET, set, strlen(set));
}

COW__API cow_str_split cow_str_split_lines(const cow_str *s) {
    return cow__split_by_set(s, cow_str_is_empty(s) ? COW__SPLIT_DONE : COW__SPLIT_LINES, "\n", 1);
}

COW__API cow_str_split cow_str_split_space(const cow_str *s) {
    return cow__split_by_set(s, COW__SPLIT_SPACE, " \t\n\v\f\r", 6);
}

COW__API cow_str_split cow_str_split_by_bytes(const cow_str *s, const void *p, size_t n) {
    cow_str_split it;
    cow__split_begin(&it, s, COW__SPLIT_BYTES);
    it.by.separator = cow__str_empty();
    if (!cow_str_from_bytes(&it.by.separator, p, n)) cow_str_split_drop(&it);
    return it;
}

COW__API cow_str_split cow_str_split_by_str(const cow_str *s, const cow_str *separator) {
    cow_str_split it;
    cow__split_begin(&it, s, COW__SPLIT_BYTES);
    it.by.separator = cow_str_copy(separator);
    return it;
}

#if COW__SSE2
static inline uint64_t cow__equal_16(const char *p, __m128i wanted) {
    __m128i bytes = _mm_loadu_si128((const __m128i *)(const void *)p);
    return (unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(bytes, wanted));
}

/* Which of the `n` bytes at `p`, 16 to 64, are `c`: a bit for each. */
static uint64_t cow__equal_64(const char *p, size_t n, char c) {
    __m128i wanted = _mm_set1_epi8(c);
    uint64_t found = 0;
    size_t i = 0;
    for (; i + 16 <= n; i += 16) found |= cow__equal_16(p + i, wanted) << i;
    /* The last 16 bytes lie over some that were seen: their bits are shifted out. */
    return i == n ? found : found | cow__equal_16(p + n - 16, wanted) >> (16 - (n - i)) << i;
}
#endif

/* Which of the `n` bytes at `p`, at most 64, separate fields: a bit for each. */
static uint64_t cow__split_separators(const cow_str_split *it, const char *p, size_t n) {
    uint64_t found = 0;
#if COW__SSE2
    if (n >= 16 && it->few <= COW__SPLIT_FEW) {
        for (unsigned k = 0; k < it->few; k++) found |= cow__equal_64(p, n, it->bytes[k]);
        return found;
    }
#endif
    for (size_t i = 0; i < n; i++) found |= (uint64_t)cow__in_set(&it->by.set, p[i]) << i;
    return found;
}

/* Takes the next separating byte; n when there is none. Fields are short:
   64 bytes are looked at together, and remembered. */
static size_t cow__split_take_byte(cow_str_split *it, const char *p, size_t n) {
    while (!it->found && it->seen < n) {
        size_t block = n - it->seen < 64 ? n - it->seen : 64;
        it->found = cow__split_separators(it, p + it->seen, block);
        it->seen += 64;
    }
    if (!it->found) return n;
    size_t at = it->seen - 64 + cow__lowest_bit(it->found);
    it->found &= it->found - 1;
    return at;
}

static size_t cow__split_find_in(const cow_str_split *it, const char *p, size_t n, bool wanted) {
    size_t at = it->at;
    while (at < n && cow__in_set(&it->by.set, p[at]) != wanted) at++;
    return at;
}

/* Where the field that begins at it->at ends, and how many bytes separate it from the next. */
static size_t cow__split_end(cow_str_split *it, const char *p, size_t n, size_t *separator) {
    *separator = 1;
    if (it->kind == COW__SPLIT_SPACE) return cow__split_find_in(it, p, n, true);
    if (it->kind != COW__SPLIT_BYTES) return cow__split_take_byte(it, p, n);
    if (cow_str_is_empty(&it->by.separator)) return n;
    *separator = cow_str_len(&it->by.separator);
    size_t found = cow_str_find_str(&it->text, &it->by.separator, it->at);
    return found == COW_NPOS ? n : found;
}

/* Takes back the buffer of the last field, if it is small, nobody kept it, and slices of the text come from the same
   allocator; gives up the field. */
static void cow__split_give_up(cow_str_split *it, cow_str *field) {
    size_t room;
    bool ours = cow__str_is_far(field) && cow__str_alloc(field) == cow__str_alloc(&it->text);
    if (ours && cow__str_in_place(field, &room) && room <= 2 * COW__STR_SLICE_COPIED) cow_str_swap(field, &it->spare);
    cow_str_drop(field);
}

/* Makes *field, which is "", the bytes [begin, end) of the text. */
static void cow__split_give(cow_str_split *it, size_t begin, size_t end, cow_str *field) {
    size_t n = end - begin;
    if (n <= COW__STR_INLINE || n > COW__STR_SLICE_COPIED || !cow__str_header(&it->text) ||
        cow_str_capacity(&it->spare) < n) {
        *field = cow_str_slice(&it->text, begin, end);
        return;
    }
    *field = cow_str_move(&it->spare);
    char *to = cow__str_writable(field);
    COW__OPEN(to, n + 1);
    memcpy(to, cow_str_data(&it->text) + begin, n);
    cow__str_end(field, n);
    cow__str_shut_tail(field);
}

COW__API bool cow__str_split_next(cow_str_split *it, cow_str *field) {
    const char *p = cow_str_data(&it->text);
    size_t n = cow_str_len(&it->text), separator;
    if (it->kind == COW__SPLIT_SPACE) {
        it->at = cow__split_find_in(it, p, n, false);
        if (it->at == n) it->kind = COW__SPLIT_DONE;
    }
    if (it->kind == COW__SPLIT_DONE) {
        cow_str_split_drop(it);
        cow_str_drop(field);
        return false;
    }
    size_t begin = it->at, end = cow__split_end(it, p, n, &separator), next = end + separator;
    bool last = it->kind == COW__SPLIT_LINES ? next >= n : end == n;
    if (it->kind == COW__SPLIT_LINES && end < n && end > begin && p[end - 1] == '\r') end--;
    it->at = next;
    cow__split_give_up(it, field);
    cow__split_give(it, begin, end, field);
    if (last) cow__split_finish(it);
    return true;
}

COW__API bool cow_str_join_bytes(cow_str *out, const cow_str *parts, size_t n, const void *between, size_t between_n) {
    size_t total = 0;
    for (size_t i = 0; i < n; i++) {
        size_t more = cow_str_len(&parts[i]), gap = i ? between_n : 0;
        if (more > COW__STR_MOST - total || gap > COW__STR_MOST - total - more) return cow__fail(COW_RANGE);
        total += more + gap;
    }
    cow_str made;
    char *to = cow__str_begin(&made, total, total, NULL);
    if (!to) return false;
    for (size_t i = 0; i < n; i++) {
        size_t part = cow_str_len(&parts[i]), gap = i ? between_n : 0;
        if (gap) memcpy(to, between, gap);
        memcpy(to + gap, cow_str_data(&parts[i]), part);
        to += gap + part;
    }
    cow__str_end(&made, total);
    *out = made;
    return true;
}

COW__END_C
#endif

/* str_number: numbers in strings, the same in every locale. Floor 4, built on str_write.

   Reading: `end` NULL means that the whole text must be the number. Otherwise *end becomes the position behind it, or
   of the trouble when there is some. *out is written on success only. COW_INVALID: there is no number, or something is
   left over. COW_RANGE: it does not fit. White space is not skipped. O(digits). */
#ifndef COW__STR_NUMBER_H
#define COW__STR_NUMBER_H


COW__BEGIN_C
/* Read an integer in `base` 2 to 36, or as its prefix says (0x, 0o, 0b, else decimal) when base is 0. A sign may stand
   in front, for unsigned numbers only a plus. COW_RANGE for any other base, too.
   Example: int64_t x;
            size_t end;
            s = COW_STR("-42 cows");
            assert(!cow_str_parse_int(&s, 10, &x, NULL) && cow_error() == COW_INVALID);
            assert(cow_str_parse_int(&s, 10, &x, &end) && x == -42 && end == 3); */
COW__API bool cow_str_parse_int(const cow_str *s, int base, int64_t *out, size_t *end);
COW__API bool cow_str_parse_uint(const cow_str *s, int base, uint64_t *out, size_t *end);

/* Reads a decimal number with an optional sign, point and exponent, or inf, infinity or nan in either case; rounds
   correctly. A number too large is COW_RANGE; one too small becomes 0.
   Example: double x;
            s = COW_STR("2.5e3");
            assert(cow_str_parse_double(&s, &x, NULL) && x > 2499 && x < 2501); */
COW__API bool cow_str_parse_double(const cow_str *s, double *out, size_t *end);

COW__API bool cow__str_append_int(cow_str *s, int64_t x);
COW__API bool cow__str_append_uint(cow_str *s, uint64_t x);
COW__API bool cow__str_append_double(cow_str *s, double x);
COW__END_C

/* Append an integer in decimal.
   Example: cow_str_append_int(&s, -7);
            cow_str_append_uint(&s, 42);
            assert(cow_str_is(&s, "-742")); */
COW__INLINE bool cow_str_append_int(cow_str *s, int64_t x) { COW__STR_CHANGE(s, cow__str_append_int(s, x)); }
COW__INLINE bool cow_str_append_uint(cow_str *s, uint64_t x) { COW__STR_CHANGE(s, cow__str_append_uint(s, x)); }

/* Appends the fewest digits that read back as the same number, with a point in every locale: plain from 1e-4 to below
   1e17, else with an exponent (1e+17); inf, -inf, nan.
   Example: cow_str_append_double(&s, 0.1);
            assert(cow_str_is(&s, "0.1")); */
COW__INLINE bool cow_str_append_double(cow_str *s, double x) { COW__STR_CHANGE(s, cow__str_append_double(s, x)); }

#endif

#if defined(COW__IMPLEMENT) && !defined(COW__STR_NUMBER_BODY)
#define COW__STR_NUMBER_BODY

#include <errno.h>
#include <float.h>
#include <math.h>
#include <stdlib.h>

COW__BEGIN_C

/* What is being read, and how far. */
typedef struct cow__reading {
    const char *p;
    size_t n, at;
} cow__reading;

static cow__reading cow__read(const cow_str *s) {
    cow__reading r = {cow_str_data(s), cow_str_len(s), 0};
    return r;
}

static char cow__peek(const cow__reading *r) { return r->at < r->n ? r->p[r->at] : '\0'; }

/* Ends a reading that met `error` (COW_OK: none). */
static bool cow__finish(const cow__reading *r, cow_error_code error, size_t *end) {
    if (end)
        *end = r->at;
    else if (error == COW_OK && r->at < r->n)
        error = COW_INVALID;
    return error == COW_OK || cow__fail(error);
}

static int cow__digit(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'z') return c - 'a' + 10;
    if (c >= 'A' && c <= 'Z') return c - 'A' + 10;
    return 99;
}

static bool cow__digit_at(const cow__reading *r, size_t at, int base) {
    return at < r->n && cow__digit(r->p[at]) < base;
}

/* Takes a prefix that digits follow. */
static int cow__read_base(cow__reading *r) {
    char kind = r->at + 1 < r->n && r->p[r->at] == '0' ? (char)(r->p[r->at + 1] | 0x20) : '\0';
    int base = kind == 'x' ? 16 : kind == 'o' ? 8 : kind == 'b' ? 2 : 10;
    if (base == 10 || !cow__digit_at(r, r->at + 2, base)) return 10;
    r->at += 2;
    return base;
}

/* Takes all digits there are; on COW_INVALID none. */
static cow_error_code cow__read_digits(cow__reading *r, int base, uint64_t most, uint64_t *out) {
    uint64_t value = 0, by = (uint64_t)base;
    bool fits = true;
    if (base != 0 && (base < 2 || base > 36)) return r->at = 0, COW_RANGE;
    if (base == 0) by = (uint64_t)(base = cow__read_base(r));
    if (!cow__digit_at(r, r->at, base)) return COW_INVALID;
    for (; cow__digit_at(r, r->at, base); r->at++) {
        uint64_t digit = (uint64_t)cow__digit(r->p[r->at]);
        if (value > most / by || value * by > most - digit) fits = false;
        value = value * by + digit;
    }
    *out = value;
    return fits ? COW_OK : COW_RANGE;
}

/* Takes a sign; true when it is a minus. */
static bool cow__read_sign(cow__reading *r) {
    char c = cow__peek(r);
    if (c == '+' || c == '-') r->at++;
    return c == '-';
}

COW__API bool cow_str_parse_int(const cow_str *s, int base, int64_t *out, size_t *end) {
    cow__reading r = cow__read(s);
    uint64_t value = 0;
    bool minus = cow__read_sign(&r);
    cow_error_code error = cow__read_digits(&r, base, (uint64_t)INT64_MAX + (minus ? 1 : 0), &value);
    if (error == COW_INVALID) r.at = 0;
    if (!cow__finish(&r, error, end)) return false;
    *out = minus && value ? -(int64_t)(value - 1) - 1 : (int64_t)value;
    return true;
}

COW__API bool cow_str_parse_uint(const cow_str *s, int base, uint64_t *out, size_t *end) {
    cow__reading r = cow__read(s);
    uint64_t value = 0;
    if (cow__peek(&r) == '+') r.at++;
    cow_error_code error = cow__read_digits(&r, base, UINT64_MAX, &value);
    if (error == COW_INVALID) r.at = 0;
    if (!cow__finish(&r, error, end)) return false;
    *out = value;
    return true;
}

/* No more digits than these decide how a double rounds: halfway between two there are at most 767; one more tells that
   digits other than 0 follow. */
#define COW__DIGITS 769

/* A decimal number: 0.d1d2d3... * 10^exponent. */
typedef struct cow__decimal {
    char digits[COW__DIGITS + 24]; /* and "e-1234567" */
    size_t n;
    int64_t exponent;
} cow__decimal;

static void cow__decimal_add(cow__decimal *d, char digit) {
    if (d->n < COW__DIGITS)
        d->digits[d->n++] = digit;
    else if (digit != '0')
        d->digits[COW__DIGITS - 1] = '1'; /* was the last that could matter: now it only says "more" */
}

/* Takes digits with a point; false when there is no digit. */
static bool cow__read_mantissa(cow__reading *r, cow__decimal *d) {
    bool point = false, any = false;
    d->n = 0;
    d->exponent = 0;
    for (; cow__digit_at(r, r->at, 10) || (!point && cow__peek(r) == '.'); r->at++) {
        char c = r->p[r->at];
        if (c == '.') {
            point = true;
            continue;
        }
        any = true;
        if (d->n || c != '0') {
            cow__decimal_add(d, c);
            d->exponent += !point;
        } else {
            d->exponent -= point;
        }
    }
    return any;
}

/* Takes an exponent when it has digits. */
static void cow__read_exponent(cow__reading *r, cow__decimal *d) {
    cow__reading e = *r;
    int64_t value = 0;
    if (cow__peek(&e) != 'e' && cow__peek(&e) != 'E') return;
    e.at++;
    bool minus = cow__read_sign(&e);
    if (!cow__digit_at(&e, e.at, 10)) return;
    for (; cow__digit_at(&e, e.at, 10); e.at++)
        if (value < INT64_MAX / 20) value = value * 10 + (e.p[e.at] - '0');
    d->exponent += minus ? -value : value;
    *r = e;
}

/* strtod rounds correctly, and its locale matters only for the point: the digits are given as an integer. */
static double cow__decimal_value(cow__decimal *d) {
    static const double powers[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
                                    1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
    if (!d->n) return 0;
    int64_t shift = d->exponent - (int64_t)d->n;
#if FLT_EVAL_METHOD == 0
    /* Both factors are exact, so that one operation rounds once (Clinger 1990). */
    if (d->n <= 15 && shift >= -22 && shift <= 22) {
        double value = 0;
        for (size_t i = 0; i < d->n; i++) value = value * 10 + (d->digits[i] - '0');
        return shift < 0 ? value / powers[-shift] : value * powers[shift];
    }
#else
    (void)powers;
#endif
    if (d->exponent > 400) return HUGE_VAL;
    if (d->exponent < -400) return 0;
    int before = errno;
    (void)snprintf(d->digits + d->n, sizeof d->digits - d->n, "e%d", (int)shift);
    double value = strtod(d->digits, NULL);
    errno = before;
    return value;
}

/* Takes `word` in either case. */
static bool cow__read_word(cow__reading *r, const char *word) {
    size_t i = 0;
    while (word[i] && r->at + i < r->n && (r->p[r->at + i] | 0x20) == word[i]) i++;
    if (word[i]) return false;
    r->at += i;
    return true;
}

COW__API bool cow_str_parse_double(const cow_str *s, double *out, size_t *end) {
    cow__reading r = cow__read(s);
    cow__decimal d;
    bool minus = cow__read_sign(&r);
    double value = 0;
    cow_error_code error = COW_OK;
    cow__reading signless = r;
    if (cow__read_mantissa(&r, &d)) {
        cow__read_exponent(&r, &d);
        value = cow__decimal_value(&d);
        if (value > DBL_MAX) error = COW_RANGE;
    } else {
        r = signless;
        if (cow__read_word(&r, "infinity") || cow__read_word(&r, "inf"))
            value = HUGE_VAL;
        else if (cow__read_word(&r, "nan"))
            value = (double)NAN;
        else
            error = COW_INVALID;
        if (error) r.at = 0;
    }
    if (!cow__finish(&r, error, end)) return false;
    *out = minus ? -value : value;
    return true;
}

/* Writes the digits of `x` before `end`, and returns where they begin. */
static char *cow__print_uint(char *end, uint64_t x) {
    do {
        *--end = (char)('0' + x % 10);
    } while (x /= 10);
    return end;
}

COW__API bool cow__str_append_uint(cow_str *s, uint64_t x) {
    char text[20], *p = cow__print_uint(text + sizeof text, x);
    return cow__str_append(s, p, (size_t)(text + sizeof text - p));
}

COW__API bool cow__str_append_int(cow_str *s, int64_t x) {
    char text[21], *p = cow__print_uint(text + sizeof text, x < 0 ? 0 - (uint64_t)x : (uint64_t)x);
    if (x < 0) *--p = '-';
    return cow__str_append(s, p, (size_t)(text + sizeof text - p));
}

/* The `n` first digits of x > 0, rounded; whatever the locale puts between them is left out. */
static void cow__decimal_of(cow__decimal *d, double x, int n) {
    char text[64];
    (void)snprintf(text, sizeof text, "%.*e", n - 1, x);
    const char *p = text;
    for (d->n = 0; *p != 'e'; p++)
        if (*p >= '0' && *p <= '9') d->digits[d->n++] = *p;
    d->exponent = strtol(p + 1, NULL, 10) + 1;
    while (d->n > 1 && d->digits[d->n - 1] == '0') d->n--;
}

static bool cow__decimal_is(const cow__decimal *d, double x) {
    cow__decimal copy;
    memcpy(copy.digits, d->digits, copy.n = d->n);
    copy.exponent = d->exponent;
    double value = cow__decimal_value(&copy);
    return value <= x && value >= x;
}

/* The next number with 16 digits; false when all are 9. */
static bool cow__decimal_up(cow__decimal *d) {
    for (; d->n < 16; d->n++) d->digits[d->n] = '0';
    size_t i = d->n;
    while (i && d->digits[i - 1] == '9') i--;
    if (!i) return false;
    d->digits[i - 1]++;
    d->n = i;
    return true;
}

/* The fewest digits that read back as x > 0. 15 always come back through a normal double,
   and 17 tell every double apart. */
static void cow__decimal_shortest(cow__decimal *d, double x) {
    for (int n = x < DBL_MIN ? 1 : 15; n <= 17; n++) {
        cow__decimal_of(d, x, n);
        if (cow__decimal_is(d, x)) return;
        /* Below a power of two, doubles lie closer: the nearest decimal may read as another one,
           and the next above it as x. */
        if (n == 16 && cow__decimal_up(d) && cow__decimal_is(d, x)) return;
    }
}

/* The digits with a point among them, or zeros around them. Returns how many bytes that are. */
static size_t cow__print_plain(char *to, const cow__decimal *d) {
    size_t n = 0, whole = d->exponent > 0 ? (size_t)d->exponent : 0;
    for (; n < whole; n++) to[n] = n < d->n ? d->digits[n] : '0';
    if (d->n <= whole) return n;
    if (!whole) to[n++] = '0';
    to[n++] = '.';
    for (int64_t zeros = d->exponent; zeros < 0; zeros++) to[n++] = '0';
    memcpy(to + n, d->digits + whole, d->n - whole);
    return n + d->n - whole;
}

static size_t cow__print_exponent(char *to, size_t room, const cow__decimal *d) {
    size_t n = 0;
    to[n++] = d->digits[0];
    if (d->n > 1) to[n++] = '.';
    memcpy(to + n, d->digits + 1, d->n - 1);
    n += d->n - 1;
    return n + (size_t)snprintf(to + n, room - n, "e%+03d", (int)d->exponent - 1);
}

COW__API bool cow__str_append_double(cow_str *s, double x) {
    char text[64];
    size_t n = 0;
    cow__decimal d;
    if (!(x <= x)) return cow__str_append(s, "nan", 3);
    if (x < 0 || (!(x > 0) && 1 / x < 0)) {
        text[n++] = '-';
        x = -x;
    }
    if (x > DBL_MAX) {
        memcpy(text + n, "inf", 3);
        n += 3;
    } else if (!(x > 0)) {
        text[n++] = '0';
    } else {
        cow__decimal_shortest(&d, x);
        n += d.exponent > -4 && d.exponent <= 17 ? cow__print_plain(text + n, &d)
                                                 : cow__print_exponent(text + n, sizeof text - n, &d);
    }
    return cow__str_append(s, text, n);
}

COW__END_C
#endif

/* str_utf8: strings as UTF-8. Floor 4, built on str_write and utf8.

   A string may hold any bytes; nothing is checked until it is asked for. Malformed bytes read as U+FFFD, as in part
   utf8. Case mapping and normalisation of all of Unicode need its tables:
   docs/strings.md shows how to do them with utf8proc. */
#ifndef COW__STR_UTF8_H
#define COW__STR_UTF8_H


COW__BEGIN_C
/* Whether the text is well-formed; COW_INVALID when not.
   *end (may be NULL) becomes the length of its well-formed start. O(n).
   Example: size_t end;
            s = COW_STR("ok\xc0\x80");
            assert(!cow_str_is_utf8(&s, &end) && end == 2); */
COW__API bool cow_str_is_utf8(const cow_str *s, size_t *end);

/* Reads the code point at *at and moves *at behind it, or reads the one before *at and moves *at to it. False at the
   end, or the start: *at and *c stay. Backwards gives the same code points as forwards.
   Example: size_t at = 0, points = 0;
            uint32_t c;
            s = COW_STR("h\xc3\xa9");
            while (cow_str_next_code_point(&s, &at, &c)) points++;
            assert(points == 2 && c == 0xe9);
            assert(cow_str_prev_code_point(&s, &at, &c) && at == 1); */
COW__API bool cow_str_next_code_point(const cow_str *s, size_t *at, uint32_t *c);
COW__API bool cow_str_prev_code_point(const cow_str *s, size_t *at, uint32_t *c);

/* How many code points there are. O(n).
   Example: s = COW_STR("h\xc3\xa9llo");
            assert(cow_str_count_code_points(&s) == 5); */
COW__API size_t cow_str_count_code_points(const cow_str *s);

/* Whether a cut at `i` separates code points (where cow_str_next_code_point stops); the last such place at or before
   `i`, the first at or after it. Places beyond the end are none, and count as the end.
   Example: s = COW_STR("h\xc3\xa9");
            assert(!cow_str_is_boundary(&s, 2) && cow_str_boundary_before(&s, 2) == 1);
            assert(cow_str_boundary_after(&s, 2) == 3); */
COW__API bool cow_str_is_boundary(const cow_str *s, size_t i);
COW__API size_t cow_str_boundary_before(const cow_str *s, size_t i);
COW__API size_t cow_str_boundary_after(const cow_str *s, size_t i);
COW__END_C

/* Appends a code point as UTF-8; COW_RANGE for what is none.
   Example: cow_str_append_code_point(&s, 0x20ac);
            assert(cow_str_is(&s, "\xe2\x82\xac")); */
COW__INLINE bool cow_str_append_code_point(cow_str *s, uint32_t c) {
    char bytes[4];
    size_t n = cow_utf8_encode(c, bytes);
    return n && cow_str_append_bytes(s, bytes, n);
}

#endif

#if defined(COW__IMPLEMENT) && !defined(COW__STR_UTF8_BODY)
#define COW__STR_UTF8_BODY
COW__BEGIN_C

COW__API bool cow_str_is_utf8(const cow_str *s, size_t *end) {
    size_t valid = cow_utf8_valid_prefix(cow_str_data(s), cow_str_len(s));
    if (end) *end = valid;
    return valid == cow_str_len(s) || cow__fail(COW_INVALID);
}

COW__API bool cow_str_next_code_point(const cow_str *s, size_t *at, uint32_t *c) {
    size_t n = cow_str_len(s);
    if (*at >= n) return false;
    *at += cow_utf8_decode(cow_str_data(s) + *at, n - *at, c);
    return true;
}

/* Where the code point that byte `i` belongs to begins.
   A lead byte always begins one, so no more than four bytes matter. */
static size_t cow__utf8_start(const char *p, size_t n, size_t i) {
    size_t start = i;
    uint32_t c;
    while (start && i - start < 3 && cow__utf8_continues(p[start])) start--;
    size_t length = cow__utf8_step((const unsigned char *)p + start, n - start, &c);
    return start + length > i ? start : i;
}

COW__API bool cow_str_prev_code_point(const cow_str *s, size_t *at, uint32_t *c) {
    size_t n = cow_str_len(s), i = *at < n ? *at : n;
    if (!i) return false;
    *at = cow__utf8_start(cow_str_data(s), n, i - 1);
    (void)cow_utf8_decode(cow_str_data(s) + *at, n - *at, c);
    return true;
}

COW__API size_t cow_str_count_code_points(const cow_str *s) {
    const unsigned char *p = (const unsigned char *)cow_str_data(s);
    size_t n = cow_str_len(s), i = 0, points = 0;
    while (i < n) {
        uint32_t c;
        size_t ascii = cow__utf8_ascii(p + i, n - i);
        points += ascii;
        i += ascii;
        for (size_t stop = n - i < 64 ? n : i + 64; i < stop; points++) i += cow__utf8_step(p + i, n - i, &c);
    }
    return points;
}

COW__API bool cow_str_is_boundary(const cow_str *s, size_t i) {
    return i <= cow_str_len(s) && cow_str_boundary_before(s, i) == i;
}

COW__API size_t cow_str_boundary_before(const cow_str *s, size_t i) {
    size_t n = cow_str_len(s);
    return i < n ? cow__utf8_start(cow_str_data(s), n, i) : n;
}

COW__API size_t cow_str_boundary_after(const cow_str *s, size_t i) {
    size_t n = cow_str_len(s), start = cow_str_boundary_before(s, i);
    uint32_t c;
    return start < i && i < n ? start + cow__utf8_step((const unsigned char *)cow_str_data(s) + start, n - start, &c)
                              : start;
}

COW__END_C
#endif

/* str_file: the whole of a file as a string. Floor 4, built on str_write. */
#ifndef COW__STR_FILE_H
#define COW__STR_FILE_H


COW__BEGIN_C
/* Makes *out the whole of a file, or of what a pipe or a device gives until its end. COW_ABSENT when there is no such
   file, COW_IO when it cannot be read; errno says more. O(n).
   Example: assert(!cow_str_from_file(&s, "/no/such/file") && cow_error() == COW_ABSENT); */
COW__API bool cow_str_from_file(cow_str *out, const char *path);
COW__END_C

#endif

#if defined(COW__IMPLEMENT) && !defined(COW__STR_FILE_BODY)
#define COW__STR_FILE_BODY

#include <errno.h>
#include <limits.h>
#include <stdio.h>

COW__BEGIN_C

#define COW__FILE_CHUNK ((size_t)16 << 10)

/* The size a file says it has, as a hint: pipes and devices have none, and others may grow. */
static size_t cow__file_size(FILE *file) {
    long size = fseek(file, 0, SEEK_END) == 0 ? ftell(file) : 0;
    if (fseek(file, 0, SEEK_SET) != 0) clearerr(file);
    return size > 0 && size < LONG_MAX ? (size_t)size : 0;
}

/* Appends what one fread gives; false at the end and on failure. */
static bool cow__str_read_more(cow_str *s, FILE *file, bool *ok) {
    size_t room, n = cow_str_len(s);
    if (cow_str_capacity(s) == n && !(*ok = cow__str_reserve(s, cow__str_growth(n + COW__FILE_CHUNK, n)))) return false;
    char *text = cow__str_in_place(s, &room);
    COW__OPEN(text, room + 1);
    size_t got = fread(text + n, 1, room - n, file);
    cow__str_end(s, n + got);
    cow__str_shut_tail(s);
    if (!got && ferror(file)) *ok = cow__fail(COW_IO);
    return *ok && got;
}

COW__API bool cow_str_from_file(cow_str *out, const char *path) {
    int before = errno;
    FILE *file = fopen(path, "rb");
    if (!file) return cow__fail(errno == ENOENT || errno == ENOTDIR ? COW_ABSENT : COW_IO);
    cow_str s;
    size_t size = cow__file_size(file);
    bool ok = cow_str_new_in(&s, size ? size + 2 : COW__FILE_CHUNK, NULL);
    if (ok) {
        while (cow__str_read_more(&s, file, &ok)) {
        }
        size_t n = cow_str_len(&s);
        if (ok && (n <= COW__STR_INLINE || cow_str_capacity(&s) - n > n / 4)) ok = cow__str_shrink(&s);
        if (ok)
            *out = s;
        else
            cow_str_drop(&s);
    }
    int why = ok ? before : errno;
    (void)fclose(file);
    errno = why;
    return ok;
}

COW__END_C
#endif

/* str_hooks: strings as elements and keys of every typed container, without hooks of the user's.
   Floor 4, built on str_search.

   Strings hold slot 0 of every translation unit; see slots and array_hooks. */
#ifndef COW__STR_HOOKS_H
#define COW__STR_HOOKS_H


static inline bool cow__t0_copy(void *to, const void *from) {
    *(cow_str *)to = cow_str_copy((const cow_str *)from);
    return true;
}
static inline void cow__t0_drop(void *e) { cow_str_drop((cow_str *)e); }
static inline void cow__t0_freeze(void *e) { cow_str_freeze((cow_str *)e); }
static inline bool cow__t0_equal(const void *a, const void *b) {
    return cow_str_equal((const cow_str *)a, (const cow_str *)b);
}
static inline int cow__t0_compare(const void *a, const void *b) {
    return cow_str_compare((const cow_str *)a, (const cow_str *)b);
}
static inline uint64_t cow__t0_hash(const void *e, uint64_t seed) { return cow_str_hash((const cow_str *)e, seed); }

#ifndef __cplusplus

typedef cow_str cow__t0;
enum {
    cow__t0_has_copy = 1,
    cow__t0_has_equal = 1,
    cow__t0_has_compare = 1,
    cow__t0_has_hash = 1,
    cow__t0_is_local = 0
};

#else

constexpr cow_copy_fn cow__copy_of(const cow_str *) { return cow__t0_copy; }
constexpr cow_drop_fn cow__drop_of(const cow_str *) { return cow__t0_drop; }
constexpr cow_drop_fn cow__freeze_of(const cow_str *) { return cow__t0_freeze; }
constexpr cow_equal_fn cow__equal_of(const cow_str *) { return cow__t0_equal; }
constexpr cow_compare_fn cow__compare_of(const cow_str *) { return cow__t0_compare; }
constexpr cow_hash_fn cow__hash_of(const cow_str *) { return cow__t0_hash; }
constexpr bool cow__has_copy(const cow_str *) { return true; }
constexpr bool cow__has_equal(const cow_str *) { return true; }
constexpr bool cow__has_compare(const cow_str *) { return true; }
constexpr bool cow__has_hash(const cow_str *) { return true; }

#endif
#endif

/* each: macro iteration over containers. Floor 4. */
#ifndef COW__EACH_H
#define COW__EACH_H

/* Runs its body with `const T *it` at each element of *a in turn, without counting anything: *a must not change
   meanwhile. T must be one word (give a pointer type a typedef), and `a` is evaluated more than once.
   COW_EACH (int, it, &numbers) sum += *it; */
#define COW_EACH(T, it, a) for (const T *it = (a)->p, *it##_end = it ? it + (a)->n : it; it != it##_end; ++it)

/* The same for the pairs of map *m of type x: runs its body with `const x_pair *it` (of a set: a pointer to the key).
   COW_MAP_EACH (ages, it, &m) sum += it->value; */
#define COW_MAP_EACH(x, it, m) COW__EACH_RUN (x##_pair, it, x##__scan(m))

/* Two loops, the inner one over a run of pairs. `more` tells the outer one that the body has not broken off. */
#define COW__EACH_RUN(T, it, begin)                                                                                  \
    for (cow__scan it##_scan = begin; it##_scan.more && cow__scan_next(&it##_scan);)                                 \
        for (const T *it = (it##_scan.more = false, (const T *)it##_scan.run), *it##_end = (const T *)it##_scan.end; \
             it != it##_end || (it##_scan.more = true, false); ++it)

#endif

/* array_core: what all typed arrays share: growing, detaching, splicing. Floor 4, built on buffer.

   These functions are cold or long. They take a value as its fields (cow__raw) and change them in place for the typed
   function to store. When one fails, the fields and the elements are as they were. */
#ifndef COW__ARRAY_CORE_H
#define COW__ARRAY_CORE_H


/* How new elements come to be. */
typedef enum cow__source {
    COW__MOVED,  /* bitwise: the caller gave them away */
    COW__COPIED, /* by the copy hook, one from each source element */
    COW__FILLED  /* by the copy hook, all from one element; zero bytes when it is NULL */
} cow__source;

typedef bool (*cow__keep_fn)(void *ctx, const void *element, const void *last_kept);

COW__BEGIN_C
/* A fresh unique array of copies of the `n` elements at `src`. */
COW__API bool cow__array_from(cow__raw *out, const void *src, size_t n, const cow_type *type);
/* A fresh empty array with room for `capacity` elements from `alloc`. */
COW__API bool cow__array_new(cow__raw *out, size_t capacity, const cow_type *type, const cow_alloc *alloc);
/* Makes the value the only owner of its elements, for a write in place. */
COW__API bool cow__array_own(cow__raw *a, const cow_type *type);
/* Makes the value unique, with room for `capacity` elements from p on. */
COW__API bool cow__array_reserve(cow__raw *a, size_t capacity, const cow_type *type);
/* Gives spare storage of a unique value back. */
COW__API bool cow__array_shrink(cow__raw *a, const cow_type *type);
/* Puts one moved element behind the last one: the slow path of push. */
COW__API bool cow__array_push(cow__raw *a, const void *e, const cow_type *type);
/* Puts `k` new elements behind the last one, or before element `at`. */
COW__API bool cow__array_append(cow__raw *a, const void *src, size_t k, cow__source source, const cow_type *type);
COW__API bool cow__array_insert(cow__raw *a, size_t at, const void *src, size_t k, cow__source source,
                                const cow_type *type);
/* Removes and drops the elements [begin, end). */
COW__API bool cow__array_erase(cow__raw *a, size_t begin, size_t end, const cow_type *type);
/* Removes one element and gives it to the caller (a copy of it when others share it); `out` NULL drops it. */
COW__API bool cow__array_take(cow__raw *a, size_t at, void *out, const cow_type *type);
/* The same, with the last element moved to its place. */
COW__API bool cow__array_swap_remove(cow__raw *a, size_t at, void *out, const cow_type *type);
/* Shortens to `n`, which is at most the length. */
COW__API bool cow__array_truncate(cow__raw *a, size_t n, const cow_type *type);
/* Makes every element a copy of *value. */
COW__API bool cow__array_fill(cow__raw *a, const void *value, const cow_type *type);
/* Keeps the elements for which `keep` says so, in their order. */
COW__API bool cow__array_filter(cow__raw *a, cow__keep_fn keep, void *ctx, const cow_type *type);
/* Aligned memory for `n` elements outside any array. Free *block, of *size bytes, with cow__release. */
COW__API void *cow__scratch(const cow_type *type, const cow_alloc *alloc, size_t n, void **block, size_t *size);
COW__END_C

#endif

#if defined(COW__IMPLEMENT) && !defined(COW__ARRAY_CORE_BODY)
#define COW__ARRAY_CORE_BODY
COW__BEGIN_C

static const cow_alloc *cow__array_alloc(const cow__raw *a, const cow_type *type) {
    return a->h ? a->h->alloc : type->alloc;
}

/* Element `i`, also of an empty value, whose p may be NULL. */
static char *cow__array_at(const cow__raw *a, size_t i, const cow_type *type) {
    return i ? a->p + i * type->size : a->p;
}

static char *cow__array_end(const cow__raw *a, const cow_type *type) { return cow__array_at(a, a->n, type); }

static void cow__array_let_go(const cow__raw *a, const cow_type *type) {
    if (a->h) cow__buffer_release(a->h, cow__array_end(a, type), type->local);
}

/* Capacity for at least `needed` elements: doubling the block, header included, keeps appends O(1); the smallest storage is
   a cache line. */
static size_t cow__grown_capacity(size_t have, size_t needed, const cow_type *type) {
    size_t capacity = 2 * have + 64 / type->size, bytes;
    if (capacity < needed || !cow__mul_size(capacity, type->size, &bytes)) capacity = needed;
    return capacity;
}

/* a + b as a length; false with COW_RANGE when no array can be that long. */
static bool cow__array_length(size_t a, size_t b, const cow_type *type, size_t *out) {
    size_t bytes;
    if (cow__add_size(a, b, out) && cow__mul_size(*out, type->size, &bytes)) return true;
    return cow__fail(COW_RANGE);
}

static bool cow__elements_construct(const cow_type *type, char *to, const void *src, size_t k, cow__source source) {
    switch (source) {
    case COW__MOVED:
        if (k) memcpy(to, src, k * type->size);
        return true;
    case COW__COPIED: return cow__elements_copy(type, to, src, k);
    case COW__FILLED: return cow__elements_fill(type, to, src, k);
    }
    return false;
}

/* Undoes cow__elements_construct; moved elements stay the caller's. */
static void cow__elements_undo(const cow_type *type, char *at, size_t k, cow__source source) {
    if (source != COW__MOVED) cow__elements_drop(type, at, at + k * type->size);
}

/* A change of a value, as the functions below pass it on: at `at`, `removed` elements go and `k` new ones come, made from
   `src`. A fresh buffer for the result has room for `capacity` elements, `front` of them before the first. */
typedef struct cow__splice {
    size_t at, removed;
    const void *src;
    size_t k;
    cow__source source;
    size_t front, capacity;
} cow__splice;

/* Applies a splice in a fresh buffer, in one pass: the way of values that are shared, borrowed or inserted into
   themselves. The kept elements are copied by the hook and the old buffer is let go last, so a failure changes nothing. */
static bool cow__array_rebuild(cow__raw *a, const cow__splice *s, cow_reason reason, const cow_type *type) {
    size_t kept = a->n - s->removed, n = kept + s->k;
    size_t rest = kept - s->at;
    cow__header *h = cow__buffer_new(type, cow__array_alloc(a, type), s->front, s->capacity, n);
    if (!h) return false;
    if (kept) {
        COW__TRACE_COPY(type->name, kept, kept * type->size, reason);
        COW__COUNT(COPIES, 1);
        COW__COUNT(BYTES_COPIED, kept * type->size);
    }
    char *head = h->begin, *middle = head + s->at * type->size, *tail = middle + s->k * type->size;
    COW__OPEN(head, n * type->size);
    if (s->at && !cow__elements_copy(type, head, a->p, s->at)) goto free_buffer;
    if (s->k && !cow__elements_construct(type, middle, s->src, s->k, s->source)) goto drop_head;
    if (rest && !cow__elements_copy(type, tail, a->p + (s->at + s->removed) * type->size, rest)) goto drop_middle;
    cow__array_let_go(a, type);
    a->p = head;
    a->n = n;
    a->h = h;
    return true;
drop_middle:
    cow__elements_undo(type, middle, s->k, s->source);
drop_head:
    cow__elements_drop(type, head, middle);
free_buffer:
    cow__buffer_free(h);
    return false;
}

/* Applies a splice that only inserts, in a fresh buffer, moving the elements of a unique, settled value bitwise. The new
   elements are made first, so a failure changes nothing. */
static bool cow__array_relocate(cow__raw *a, const cow__splice *s, const cow_type *type) {
    cow__header *h = cow__buffer_new(type, a->h->alloc, s->front, s->capacity, a->n + s->k);
    if (!h) return false;
    size_t head = s->at * type->size, gap = s->k * type->size, tail = (a->n - s->at) * type->size;
    COW__OPEN(h->begin, head + gap + tail);
    if (!cow__elements_construct(type, h->begin + head, s->src, s->k, s->source)) {
        cow__buffer_free(h);
        return false;
    }
    if (head) memcpy(h->begin, a->p, head);
    if (tail) memcpy(h->begin + head + gap, a->p + head, tail);
    cow__buffer_free(a->h);
    a->p = h->begin;
    a->n += s->k;
    a->h = h;
    return true;
}

static cow_reason cow__write_reason(const cow__raw *a) { return a->h ? COW_REASON_SHARED : COW_REASON_BORROWED; }

/* The same elements in a buffer of their own. */
static bool cow__array_duplicate(cow__raw *a, size_t capacity, const cow_type *type) {
    cow__splice s = {a->n, 0, NULL, 0, COW__MOVED, 0, capacity};
    return cow__array_rebuild(a, &s, cow__write_reason(a), type);
}

COW__API bool cow__array_from(cow__raw *out, const void *src, size_t n, const cow_type *type) {
    cow__raw a = {NULL, 0, NULL};
    cow__splice s = {0, 0, src, n, COW__COPIED, 0, n};
    if (n && !cow__array_rebuild(&a, &s, COW_REASON_BORROWED, type)) return false;
    *out = a;
    return true;
}

COW__API bool cow__array_new(cow__raw *out, size_t capacity, const cow_type *type, const cow_alloc *alloc) {
    cow__header *h = cow__buffer_new(type, alloc, 0, capacity, 0);
    if (!h) return false;
    out->p = cow__base(h);
    out->n = 0;
    out->h = h;
    return true;
}

COW__API bool cow__array_own(cow__raw *a, const cow_type *type) {
    if (cow__buffer_unique(a->h)) {
        COW__WATCH_FORGET(a->h);
        return true;
    }
    return !a->n || cow__array_duplicate(a, a->n, type);
}

/* Moves a unique, settled value to the middle of its storage, so that both ends have room. */
static void cow__array_center(cow__raw *a, const cow_type *type) {
    char *base = cow__base(a->h);
    size_t bytes = a->n * type->size, storage = (size_t)(a->h->end - base);
    char *p = base + (storage - bytes) / type->size / 2 * type->size;
    COW__OPEN(base, storage);
    memmove(p, a->p, bytes);
    COW__SHUT(base, (size_t)(p - base));
    COW__SHUT(p + bytes, storage - bytes - (size_t)(p - base));
    a->p = a->h->begin = p;
}

/* Whether centering gives room for `k` elements at both ends, and so much that it is worth its O(n): at least a quarter of
   the length at each, so an element moves at most four times for each one added. Used before storage grows: a queue or a
   deque in steady state never does. */
static bool cow__array_roomy(const cow__raw *a, size_t k, const cow_type *type) {
    size_t free = (size_t)(a->h->end - cow__base(a->h)) - a->n * type->size, wanted;
    return free >= a->n * type->size / 2 && cow__mul_size(k, 2 * type->size, &wanted) && free >= wanted;
}

/* COW_DEBUG never resizes: the old header must stay behind, marked dead, for stale copies of the variable to find. */
static bool cow__array_can_resize(const cow__raw *a, const cow_type *type) {
    return !COW__DEBUG && type->align <= COW__PLAIN_ALIGN && cow__can_resize(a->h->alloc);
}

/* Room for `capacity` elements from p on, for a unique, settled value. */
static bool cow__array_grow(cow__raw *a, size_t capacity, const cow_type *type) {
    size_t front = (size_t)(a->p - cow__base(a->h)), total = capacity, bytes;
    if (!cow__mul_size(capacity, type->size, &bytes)) return cow__fail(COW_RANGE);
    if (bytes <= (size_t)(a->h->end - a->p)) return true;
    if (!cow__array_can_resize(a, type)) {
        cow__splice s = {a->n, 0, NULL, 0, COW__MOVED, 0, capacity};
        return cow__array_relocate(a, &s, type);
    }
    return (!front || cow__array_length(capacity, front / type->size, type, &total)) && cow__buffer_resize(a, total);
}

COW__API bool cow__array_reserve(cow__raw *a, size_t capacity, const cow_type *type) {
    size_t checked;
    if (!cow__array_length(capacity, 0, type, &checked)) return false;
    if (capacity < a->n) capacity = a->n;
    if (cow__buffer_unique(a->h)) {
        cow__buffer_settle(a);
        return cow__array_grow(a, capacity, type);
    }
    return !capacity || cow__array_duplicate(a, capacity, type);
}

COW__API bool cow__array_shrink(cow__raw *a, const cow_type *type) {
    if (!cow__buffer_unique(a->h)) return true;
    cow__buffer_settle(a);
    if (a->p == cow__base(a->h) && cow__array_end(a, type) == a->h->end) return true;
    /* Sliding to the base and then failing to resize would have changed the value: so a fresh buffer instead. */
    if (a->p == cow__base(a->h) && cow__array_can_resize(a, type)) return cow__buffer_resize(a, a->n);
    cow__splice s = {a->n, 0, NULL, 0, COW__MOVED, 0, a->n};
    return cow__array_relocate(a, &s, type);
}

/* Whether `src` lies in the storage of this value's buffer, so that moving the storage would move the source. */
static bool cow__array_holds(const cow__raw *a, const void *src) {
    uintptr_t p = (uintptr_t)src;
    return src && a->h && p >= (uintptr_t)cow__base(a->h) && p < (uintptr_t)a->h->end;
}

/* Appends to a unique, settled value that has no room behind its end. */
static bool cow__array_append_growing(cow__raw *a, const cow__splice *s, const cow_type *type) {
    if (s->source != COW__MOVED && cow__array_holds(a, s->src)) return cow__array_rebuild(a, s, COW_REASON_ALIAS, type);
    /* A hook that fails must find nothing moved: then the new elements are made before the old ones move. */
    if (s->source != COW__MOVED && type->copy) return cow__array_relocate(a, s, type);
    if (a->p != cow__base(a->h) && cow__array_roomy(a, s->k, type))
        cow__array_center(a, type);
    else if (!cow__array_grow(a, s->capacity, type))
        return false;
    COW__OPEN(cow__array_end(a, type), s->k * type->size);
    (void)cow__elements_construct(type, cow__array_end(a, type), s->src, s->k, s->source);
    a->n += s->k;
    return true;
}

static bool cow__array_append_unique(cow__raw *a, cow__splice *s, const cow_type *type) {
    char *end = cow__array_end(a, type);
    size_t bytes = s->k * type->size, room = (size_t)(a->h->end - end);
    if (room < bytes) {
        cow__buffer_settle(a);
        s->capacity = cow__grown_capacity(a->n + (room ? room / type->size : 0), a->n + s->k, type);
        return cow__array_append_growing(a, s, type);
    }
    if (!cow__buffer_armed(a->h)) cow__buffer_settle_tail(a);
    COW__OPEN(end, bytes);
    if (!cow__elements_construct(type, end, s->src, s->k, s->source)) {
        COW__SHUT(end, bytes);
        return false;
    }
    a->n += s->k;
    return true;
}

/* Appends to a value that has neither elements nor storage. */
static bool cow__array_append_first(cow__raw *a, const cow__splice *s, const cow_type *type) {
    cow__header *h = cow__buffer_new(type, type->alloc, 0, cow__grown_capacity(0, s->k, type), s->k);
    if (!h) return false;
    COW__OPEN(cow__base(h), s->k * type->size);
    if (!cow__elements_construct(type, cow__base(h), s->src, s->k, s->source)) {
        cow__buffer_free(h);
        return false;
    }
    a->p = cow__base(h);
    a->n = s->k;
    a->h = h;
    return true;
}

/* Appends to a buffer that others share: by claiming the tail, else in a fresh buffer. Types that can contain themselves
   do not claim: an element that shares this very buffer would keep it alive for ever. */
static bool cow__array_append_shared(cow__raw *a, cow__splice *s, const cow_type *type) {
    char *end = cow__array_end(a, type);
    size_t bytes = s->k * type->size;
    cow_reason reason = COW_REASON_BORROWED;
    if (a->h) {
        if (!type->recursive && cow__buffer_claim(a->h, end, bytes)) {
            if (cow__elements_construct(type, end, s->src, s->k, s->source)) {
                a->n += s->k;
                return true;
            }
            cow__buffer_unclaim(a->h, end, bytes);
            return false;
        }
        reason = (size_t)(a->h->end - end) < bytes ? COW_REASON_TAIL_FULL : COW_REASON_TAIL_TAKEN;
        if (type->recursive) reason = COW_REASON_SHARED;
        if (reason == COW_REASON_TAIL_TAKEN) COW__COUNT(TAIL_CLAIMS_LOST, 1);
    }
    s->capacity = cow__grown_capacity(a->n, a->n + s->k, type);
    return cow__array_rebuild(a, s, reason, type);
}

COW__API bool cow__array_append(cow__raw *a, const void *src, size_t k, cow__source source, const cow_type *type) {
    size_t needed;
    cow__splice s = {a->n, 0, src, k, source, 0, 0};
    if (!k) return true;
    if (!cow__array_length(a->n, k, type, &needed)) return false;
    if (cow__buffer_unique(a->h)) return cow__array_append_unique(a, &s, type);
    if (!a->h && !a->n) return cow__array_append_first(a, &s, type);
    return cow__array_append_shared(a, &s, type);
}

/* What nearly every slow push meets is a full buffer of one owner, without room in front: it goes straight to resize. */
COW__API bool cow__array_push(cow__raw *a, const void *e, const cow_type *type) {
    cow__header *h = a->h;
    if (!h || !cow__buffer_armed(h) || a->p != cow__base(h) || cow__array_end(a, type) != h->end ||
        !cow__array_can_resize(a, type))
        return cow__array_append(a, e, 1, COW__MOVED, type);
    if (!cow__buffer_resize(a, cow__grown_capacity(a->n, a->n + 1, type))) return false;
    char *end = cow__array_end(a, type);
    COW__OPEN(end, type->size);
    memcpy(end, e, type->size);
    a->n++;
    return true;
}

/* Opens a gap of `k` elements at `at` in a unique, settled value; n does not count it. Moves the head if `front`, else the
   tail. The side must have room. */
static void cow__array_open_gap(cow__raw *a, size_t at, size_t k, bool front, const cow_type *type) {
    size_t gap = k * type->size, head = at * type->size, tail = (a->n - at) * type->size;
    if (front) {
        COW__OPEN(a->p - gap, gap);
        memmove(a->p - gap, a->p, head);
        a->p = a->h->begin = a->p - gap;
    } else {
        COW__OPEN(a->p + head + tail, gap);
        memmove(a->p + head + gap, a->p + head, tail);
    }
}

/* Closes a gap of `k` dead elements at `at`, moving the head if `front`, else the tail. */
static void cow__array_close_gap(cow__raw *a, size_t at, size_t k, bool front, const cow_type *type) {
    size_t gap = k * type->size, head = at * type->size, tail = (a->n - at) * type->size;
    if (front) {
        memmove(a->p + gap, a->p, head);
        COW__SHUT(a->p, gap);
        a->p = a->h->begin = a->p + gap;
    } else {
        memmove(a->p + head, a->p + head + gap, tail);
        COW__SHUT(a->p + head + tail, gap);
    }
}

/* Inserts into a unique, settled value without room, in a fresh buffer. At the front, the new room is all there: whoever
   inserts at the front once does it again. */
static bool cow__array_insert_growing(cow__raw *a, cow__splice *s, const cow_type *type) {
    size_t behind = (size_t)(a->h->end - cow__array_end(a, type)) / type->size, needed = a->n + s->k;
    s->capacity = cow__grown_capacity(a->n + behind, needed, type);
    if (s->at == 0) {
        s->capacity = cow__grown_capacity(a->n, needed, type);
        s->front = s->capacity - needed;
        s->capacity += behind < a->n ? behind : a->n;
    }
    return cow__array_relocate(a, s, type);
}

static bool cow__array_insert_unique(cow__raw *a, cow__splice *s, const cow_type *type) {
    cow__buffer_settle(a);
    size_t gap = s->k * type->size;
    bool head_shorter = s->at < a->n - s->at;
    /* A hook that fails must find nothing moved, so its values do not center. */
    bool may_center = s->source == COW__MOVED || !type->copy;
    if (s->at == 0 && (size_t)(a->p - cow__base(a->h)) < gap && may_center && cow__array_roomy(a, s->k, type))
        cow__array_center(a, type);
    bool front = head_shorter && (size_t)(a->p - cow__base(a->h)) >= gap;
    if (!front && (size_t)(a->h->end - cow__array_end(a, type)) < gap) return cow__array_insert_growing(a, s, type);
    cow__array_open_gap(a, s->at, s->k, front, type);
    if (!cow__elements_construct(type, a->p + s->at * type->size, s->src, s->k, s->source)) {
        cow__array_close_gap(a, s->at, s->k, front, type);
        return false;
    }
    a->n += s->k;
    return true;
}

COW__API bool cow__array_insert(cow__raw *a, size_t at, const void *src, size_t k, cow__source source,
                                const cow_type *type) {
    size_t needed;
    cow__splice s = {at, 0, src, k, source, 0, 0};
    if (at > a->n) return cow__fail(COW_RANGE);
    if (at == a->n || !k) return cow__array_append(a, src, k, source, type);
    if (!cow__array_length(a->n, k, type, &needed)) return false;
    bool alias = source != COW__MOVED && cow__array_holds(a, src), unique = cow__buffer_unique(a->h);
    if (unique && !alias) return cow__array_insert_unique(a, &s, type);
    s.capacity = cow__grown_capacity(a->n, needed, type);
    if (at == 0) s.front = s.capacity - needed;
    return cow__array_rebuild(a, &s, unique ? COW_REASON_ALIAS : cow__write_reason(a), type);
}

COW__API bool cow__array_truncate(cow__raw *a, size_t n, const cow_type *type) {
    if (n < a->n && cow__buffer_unique(a->h)) {
        char *old_end = cow__array_end(a, type);
        cow__buffer_settle_tail(a);
        a->n = n;
        char *end = cow__array_end(a, type);
        cow__elements_drop(type, end, old_end);
        COW__SHUT(end, (size_t)(old_end - end));
    }
    a->n = n;
    return true;
}

/* Drops the first `k` elements of a value. What others share stays where it is. */
static void cow__array_advance(cow__raw *a, size_t k, const cow_type *type) {
    char *p = cow__array_at(a, k, type);
    if (cow__buffer_unique(a->h)) {
        char *old = a->p;
        cow__buffer_settle(a);
        a->h->begin = p;
        cow__elements_drop(type, old, p);
        COW__SHUT(old, (size_t)(p - old));
    }
    a->p = p;
    a->n -= k;
}

COW__API bool cow__array_erase(cow__raw *a, size_t begin, size_t end, const cow_type *type) {
    if (begin > end || end > a->n) return cow__fail(COW_RANGE);
    size_t k = end - begin;
    if (!k) return true;
    if (end == a->n) return cow__array_truncate(a, begin, type);
    if (begin == 0) {
        cow__array_advance(a, k, type);
        return true;
    }
    if (!cow__buffer_unique(a->h)) {
        cow__splice s = {begin, k, NULL, 0, COW__MOVED, 0, a->n - k};
        return cow__array_rebuild(a, &s, cow__write_reason(a), type);
    }
    cow__buffer_settle(a);
    cow__elements_drop(type, cow__array_at(a, begin, type), cow__array_at(a, end, type));
    a->n -= k;
    cow__array_close_gap(a, begin, k, begin < a->n - begin, type);
    return true;
}

/* The value without its element at `at`; with `swap`, the last one takes its place. */
static bool cow__array_without(cow__raw *a, size_t at, bool swap, const cow_type *type) {
    if (!swap) return cow__array_erase(a, at, at + 1, type);
    size_t last = a->n - 1;
    cow__raw shorter = {a->p, last, a->h};
    cow__splice s = {at, 1, cow__array_at(a, last, type), 1, COW__COPIED, 0, last};
    if (!cow__array_rebuild(&shorter, &s, cow__write_reason(a), type)) return false;
    *a = shorter;
    return true;
}

/* Copies an element to *out, which stays as it was when the hook fails: the hook works on memory of ours. */
static bool cow__array_copy_out(const cow__raw *a, void *out, const void *from, const cow_type *type) {
    union {
        char bytes[256];
        max_align_t strictest;
    } small;
    void *block = NULL, *made = &small;
    size_t size = 0;
    const cow_alloc *alloc = cow__array_alloc(a, type);
    if (!type->copy) return cow__element_copy(type, out, from);
    if (type->size > sizeof small || type->align > COW__ALIGNOF(max_align_t))
        made = cow__scratch(type, alloc, 1, &block, &size);
    bool ok = made && cow__element_copy(type, made, from);
    if (ok) memcpy(out, made, type->size);
    if (block) cow__release(alloc, block, size);
    return ok;
}

/* Removes an element that others share and gives a copy of it to *out. That is written only when all else has worked, so
   the old buffer is held until then. */
static bool cow__array_take_shared(cow__raw *a, size_t at, bool swap, void *out, const cow_type *type) {
    cow__raw old = *a;
    if (!out) return cow__array_without(a, at, swap, type);
    if (old.h) cow__buffer_retain(old.h, old.p, cow__array_end(&old, type), type->local);
    bool removed = cow__array_without(a, at, swap, type);
    bool taken = removed && cow__array_copy_out(&old, out, cow__array_at(&old, at, type), type);
    if (removed && !taken) {
        cow__array_let_go(a, type);
        *a = old;
    } else {
        cow__array_let_go(&old, type);
    }
    return taken;
}

COW__API bool cow__array_take(cow__raw *a, size_t at, void *out, const cow_type *type) {
    if (at >= a->n) return cow__fail(a->n ? COW_RANGE : COW_ABSENT);
    if (!out) return cow__array_erase(a, at, at + 1, type);
    if (cow__buffer_unique(a->h)) {
        memcpy(out, cow__array_at(a, at, type), type->size);
        cow__buffer_settle(a);
        a->n--;
        cow__array_close_gap(a, at, 1, at < a->n - at, type);
        return true;
    }
    return cow__array_take_shared(a, at, false, out, type);
}

/* Moves the last element of a unique value to `at`; what was there goes to the caller or is dropped. */
static void cow__array_swap_remove_unique(cow__raw *a, size_t at, void *out, const cow_type *type) {
    char *hole = cow__array_at(a, at, type), *last;
    cow__buffer_settle_tail(a);
    a->n--;
    last = cow__array_end(a, type);
    if (out)
        memcpy(out, hole, type->size);
    else if (type->drop)
        type->drop(hole);
    memcpy(hole, last, type->size);
    COW__SHUT(last, type->size);
}

COW__API bool cow__array_swap_remove(cow__raw *a, size_t at, void *out, const cow_type *type) {
    if (at >= a->n) return cow__fail(a->n ? COW_RANGE : COW_ABSENT);
    size_t last = a->n - 1;
    if (at == last) return cow__array_take(a, at, out, type);
    if (cow__buffer_unique(a->h)) {
        cow__array_swap_remove_unique(a, at, out, type);
        return true;
    }
    return cow__array_take_shared(a, at, true, out, type);
}

COW__API bool cow__array_fill(cow__raw *a, const void *value, const cow_type *type) {
    cow__splice s = {0, a->n, value, a->n, COW__FILLED, 0, a->n};
    if (!a->n) return true;
    bool unique = cow__buffer_unique(a->h);
    /* Elements that own something are made before the old ones go: a hook may fail, and `value` may be one of them. */
    if (!unique || type->copy || type->drop) return cow__array_rebuild(a, &s, cow__write_reason(a), type);
    COW__WATCH_FORGET(a->h);
    return cow__elements_fill(type, a->p, value, a->n);
}

/* Keeps the order of what stays; the others gather at the end and are dropped last. */
static void cow__array_filter_unique(cow__raw *a, cow__keep_fn keep, void *ctx, const cow_type *type) {
    size_t kept = 0;
    for (size_t i = 0; i < a->n; i++) {
        char *element = a->p + i * type->size, *to = a->p + kept * type->size;
        if (!keep(ctx, element, kept ? to - type->size : NULL)) continue;
        if (to != element) cow__elements_swap(to, element, type->size);
        kept++;
    }
    (void)cow__array_truncate(a, kept, type);
}

/* Copies what stays to a fresh buffer; when everything stays, nothing is copied at all. */
static bool cow__array_filter_shared(cow__raw *a, cow__keep_fn keep, void *ctx, const cow_type *type) {
    size_t kept = 0;
    COW__KEEP_SITE(site);
    while (kept < a->n && keep(ctx, cow__array_at(a, kept, type), kept ? cow__array_at(a, kept - 1, type) : NULL))
        kept++;
    if (kept == a->n) return true;
    cow__raw out = {NULL, 0, NULL};
    cow__raw head = {a->p, kept, NULL};
    if (!cow__array_new(&out, a->n, type, cow__array_alloc(a, type))) return false;
    bool made = cow__array_append(&out, head.p, head.n, COW__COPIED, type);
    for (size_t i = kept + 1; made && i < a->n; i++) {
        char *element = cow__array_at(a, i, type);
        if (!keep(ctx, element, out.n ? cow__array_at(&out, out.n - 1, type) : NULL)) continue;
        made = cow__array_append(&out, element, 1, COW__COPIED, type);
    }
    if (!made) {
        cow__array_let_go(&out, type);
        return false;
    }
    COW__RESTORE_SITE(site);
    COW__TRACE_COPY(type->name, out.n, out.n * type->size, cow__write_reason(a));
    COW__COUNT(COPIES, 1);
    COW__COUNT(BYTES_COPIED, out.n * type->size);
    cow__array_let_go(a, type);
    *a = out;
    return true;
}

COW__API bool cow__array_filter(cow__raw *a, cow__keep_fn keep, void *ctx, const cow_type *type) {
    if (!cow__buffer_unique(a->h)) return cow__array_filter_shared(a, keep, ctx, type);
    cow__buffer_settle(a);
    cow__array_filter_unique(a, keep, ctx, type);
    return true;
}

COW__API void *cow__scratch(const cow_type *type, const cow_alloc *alloc, size_t n, void **block, size_t *size) {
    size_t bytes, pad = type->align > COW__PLAIN_ALIGN ? type->align : 0;
    if (!cow__mul_size(n, type->size, &bytes) || !cow__add_size(bytes, pad, size)) {
        (void)cow__fail(COW_RANGE);
        return NULL;
    }
    *block = cow__allocate(alloc, *size);
    if (!*block) {
        (void)cow__fail(COW_NOMEM);
        return NULL;
    }
    return (char *)*block + (pad ? (size_t)(-(uintptr_t)*block & (pad - 1)) : 0);
}

COW__END_C
#endif

/* element: what an array or a cell is made of: its names, the type of its elements, and their hooks. Floor 4, built on
   buffer. */
#if defined(COW_ARRAY) || defined(COW_CELL)


#ifdef COW_ARRAY
#define COW__N COW__CALL(COW__FIRST, COW_ARRAY)
#define COW__ELEMENT COW__CALL(COW__SECOND, COW_ARRAY)
#else
#define COW__N COW__CALL(COW__FIRST, COW_CELL)
#define COW__ELEMENT COW__CALL(COW__SECOND, COW_CELL)
#endif
#define COW__F(function) COW__CAT3(COW__N, _, function)

/* The element type under a name that no parameter below can hide. */
typedef COW__ELEMENT COW__F(_element);
#define COW__T COW__F(_element)

#ifndef COW_FORWARD

#ifdef __cplusplus
static_assert(__is_trivially_copyable(COW__T), "cow: elements are moved bitwise, so T must be trivially copyable");
#endif
#if defined(COW_DROP) && !defined(COW_COPY)
#error "cow: COW_DROP needs COW_COPY, because bitwise copies would be dropped twice"
#endif

/* The user's hooks, else those found by type. */
#ifdef COW_COPY
static inline bool COW__F(_copy_hook)(void *to, const void *from) {
    return COW_COPY((COW__T *)to, (const COW__T *)from);
}
#define COW__COPY_HOOK COW__F(_copy_hook)
#else
#define COW__COPY_HOOK COW__COPY_OF(COW__T)
#endif
#ifdef COW_DROP
static inline void COW__F(_drop_hook)(void *e) { COW_DROP((COW__T *)e); }
#define COW__DROP_HOOK COW__F(_drop_hook)
#else
#define COW__DROP_HOOK COW__DROP_OF(COW__T)
#endif
#ifndef COW_ALLOC
#define COW_ALLOC NULL
#endif

#endif
#endif

/* array: `#define COW_ARRAY x, T` and include: typed arrays with value semantics. Floor 4, built on array_core and element.

   A value {p, n, h} is array and slice at once. Below, "shared" means that another value uses the same buffer. Unless a
   function says otherwise: it is O(1); a change of a shared or borrowed value first copies the elements it keeps, which is
   O(n); false or NULL means that nothing happened, and cow_error() says why (COW_NOMEM, COW_HOOK from a copy hook,
   COW_RANGE); an argument passed by value belongs to the array on success and stays the caller's on failure; pointers to
   elements given to a function may point into the array itself; one variable may be read by many threads at once, and
   changed by one thread alone. */
#ifdef COW_ARRAY


#if defined(COW_FORWARD) || !defined(COW_FORWARDED)
/* The handle. All-zero is an empty array; h is NULL for empty, borrowed and frozen ones. Read p and n freely. */
typedef struct COW__N {
    COW__T *p;
    size_t n;
    struct cow__header *h;
} COW__N;
#endif

#ifdef COW_FORWARD

/* COW_FORWARD declares the handle alone, so that T may contain it. Instantiate again later, with COW_FORWARDED. A value of
   such a type, or of one instantiated between the two, never appends to a shared buffer in place: it could end up inside
   itself, and never be freed. */
COW__INLINE COW__N COW__F(copy)(const COW__N *a);
COW__INLINE void COW__F(drop)(COW__N *a);

#else

#ifndef COW_ALIGN
#define COW_ALIGN 1
#endif
#ifdef COW_NONATOMIC
#define COW__LOCAL true
#else
#define COW__LOCAL false
#endif

COW__STATIC_ASSERT((COW_ALIGN & (COW_ALIGN - 1)) == 0 && COW_ALIGN >= 1 && COW_ALIGN <= 4096,
                   "cow: COW_ALIGN must be a power of two up to 4096");

static const cow_type COW__F(_type) = {
    COW__TEXT(COW__N),                                                   /* name */
    sizeof(COW__T),                                                      /* size */
    COW__ALIGNOF(COW__T) > COW_ALIGN ? COW__ALIGNOF(COW__T) : COW_ALIGN, /* align */
    COW__COPY_HOOK,                                                      /* copy */
    COW__DROP_HOOK,                                                      /* drop */
    COW__FREEZE_OF(COW__T),                                              /* freeze */
    COW_ALLOC,                                                           /* alloc */
    &COW__ABI,                                                           /* abi */
    COW__LOCAL,                                                          /* local */
    COW__RECURSIVE,                                                      /* recursive */
};

/* A change in shared code works on the value's fields, held in `r` between these two. */
#define COW__BEGIN_CHANGE(a)                  \
    cow__raw r;                               \
    COW__MARK_SITE();                         \
    COW__WRITER_ENTER(a, COW__F(_type).name); \
    r.p = (char *)(a)->p;                     \
    r.n = (a)->n;                             \
    r.h = (a)->h
#define COW__END_CHANGE(a) ((a)->p = (COW__T *)(void *)r.p, (a)->n = r.n, (a)->h = r.h, COW__WRITER_LEAVE(a))

/* ---- Making, sharing and giving up values ---- */

/* Another value with the same elements: they are shared until one of the two changes. Cost: one increment; never fails. */
COW__INLINE COW__N COW__F(copy)(const COW__N *a) {
    if (a->h) cow__buffer_retain(a->h, a->p, a->p + a->n, COW__LOCAL);
    return *a;
}

/* Gives up the value and leaves it empty; may be repeated. The last value to share a buffer drops its elements and frees
   it, however deeply values are nested, with a bounded stack. */
COW__INLINE void COW__F(drop)(COW__N *a) {
    cow__header *h = a->h;
    COW__T *end = h ? a->p + a->n : NULL;
    COW__WRITER_ENTER(a, COW__F(_type).name);
    a->p = NULL;
    a->n = 0;
    a->h = NULL;
    if (h) cow__buffer_release(h, end, COW__LOCAL);
    COW__WRITER_LEAVE(a);
}

/* Takes the value out of the variable and leaves that empty. No count changes. */
COW__INLINE COW__N COW__F(move)(COW__N *a) {
    COW__N out = *a;
    a->p = NULL;
    a->n = 0;
    a->h = NULL;
    return out;
}

/* Exchanges two values. */
COW__INLINE void COW__F(swap)(COW__N *a, COW__N *b) {
    COW__N t = *a;
    *a = *b;
    *b = t;
}

/* Makes *to another value of *from and gives up what it was. The two may be the same variable. */
COW__INLINE void COW__F(assign)(COW__N *to, const COW__N *from) {
    COW__N shared = COW__F(copy)(from);
    COW__F(drop)(to);
    *to = shared;
}

/* Makes *out an array of copies of the `n` elements at `src`. O(n). *out is not read and need not be empty. */
COW__INLINE bool COW__F(from)(COW__N *out, const COW__T *src, size_t n) {
    cow__raw r;
    if (!cow__array_from(&r, src, n, &COW__F(_type))) return false;
    out->p = (COW__T *)(void *)r.p;
    out->n = r.n;
    out->h = r.h;
    return true;
}

/* A value over the `n` elements at `src`, which belong to somebody else, never change and outlive every copy: a constant
   table, a mapped file. Nothing is counted; a change copies. */
COW__INLINE COW__N COW__F(borrow)(const COW__T *src, size_t n) {
    COW__N a;
    a.p = (COW__T *)(uintptr_t)src;
    a.n = n;
    a.h = NULL;
    return a;
}

/* Makes *out an empty array with room for `capacity` elements from `alloc` (NULL: the type's own). The buffer and those
   that detach from it stay with that allocator, which must outlive them. */
COW__INLINE bool COW__F(new_in)(COW__N *out, size_t capacity, const cow_alloc *alloc) {
    cow__raw r;
    if (!cow__array_new(&r, capacity, &COW__F(_type), alloc ? alloc : COW__F(_type).alloc)) return false;
    out->p = (COW__T *)(void *)r.p;
    out->n = r.n;
    out->h = r.h;
    return true;
}

/* Makes *out an empty array with room for `capacity` elements. */
COW__INLINE bool COW__F(with_capacity)(COW__N *out, size_t capacity) { return COW__F(new_in)(out, capacity, NULL); }

/* Makes the value immortal: reading and copying it writes nothing from now on, so that forked workers keep its pages
   shared. A change of a frozen value copies it. Containers that are elements of an unshared value are frozen with it: O(n)
   then. The memory is never freed. */
COW__INLINE void COW__F(freeze)(COW__N *a) {
    if (!a->h) return;
    COW__BEGIN_CHANGE(a);
    cow__buffer_freeze(&r);
    COW__END_CHANGE(a);
}

/* ---- Reading: nothing is written, not even a count ---- */

COW__INLINE size_t COW__F(len)(const COW__N *a) { return a->n; }

COW__INLINE bool COW__F(is_empty)(const COW__N *a) { return a->n == 0; }

/* Dies in COW_DEBUG builds when the value was dropped before. */
COW__INLINE void COW__F(_check)(const COW__N *a) {
    (void)a;
#if COW__DEBUG
    if (a->h) COW__ALIVE(a->h, "use after drop");
#endif
}

/* Borrows element `i` until the next change or drop of this variable; NULL with COW_RANGE when there is none. */
COW__INLINE const COW__T *COW__F(get)(const COW__N *a, size_t i) {
    COW__F(_check)(a);
    if (COW__LIKELY(i < a->n)) return a->p + i;
    (void)cow__fail(COW_RANGE);
    return NULL;
}

/* Element `i` itself, which must exist: COW_DEBUG builds die when it does not. An element that owns something is still the
   array's: use its copy to keep it. */
COW__INLINE COW__T COW__F(at)(const COW__N *a, size_t i) {
    COW__F(_check)(a);
#if COW__DEBUG
    if (i >= a->n) cow__die_of("index out of range", COW__F(_type).name, "at() needs an index below the length");
#endif
    return a->p[i];
}

/* Borrow the first and the last element; NULL with COW_ABSENT when the array is empty. */
COW__INLINE const COW__T *COW__F(front)(const COW__N *a) {
    COW__F(_check)(a);
    if (COW__LIKELY(a->n)) return a->p;
    (void)cow__fail(COW_ABSENT);
    return NULL;
}

COW__INLINE const COW__T *COW__F(back)(const COW__N *a) {
    COW__F(_check)(a);
    if (COW__LIKELY(a->n)) return a->p + a->n - 1;
    (void)cow__fail(COW_ABSENT);
    return NULL;
}

/* Borrows all elements; may be NULL when the array is empty. */
COW__INLINE const COW__T *COW__F(data)(const COW__N *a) {
    COW__F(_check)(a);
    return a->p;
}

/* Elements that fit behind the first one before the storage ends; 0 for a value without storage of its own. Whether they
   can be used without a copy depends on who shares the buffer. */
COW__INLINE size_t COW__F(capacity)(const COW__N *a) {
    COW__F(_check)(a);
    return a->h ? (size_t)(a->h->end - (char *)a->p) / sizeof(COW__T) : 0;
}

/* Whether a change would copy because another value uses the buffer, or because it is borrowed or frozen. */
COW__INLINE bool COW__F(is_shared)(const COW__N *a) { return a->n && !cow__buffer_unique(a->h); }

/* Whether two values are the same elements in the same place. */
COW__INLINE bool COW__F(same)(const COW__N *a, const COW__N *b) { return a->p == b->p && a->n == b->n; }

/* The elements [begin, end) as a value that shares the buffer, and keeps all of it alive. An end beyond the length, or
   before begin, gives an empty value and COW_RANGE. */
COW__INLINE COW__N COW__F(slice)(const COW__N *a, size_t begin, size_t end) {
    COW__N out = {NULL, 0, NULL};
    if (begin > end || end > a->n) {
        (void)cow__fail(COW_RANGE);
        return out;
    }
    if (begin == end) return out;
    out = COW__F(copy)(a);
    out.p += begin;
    out.n = end - begin;
    return out;
}

/* ---- Writing elements in place ---- */

/* Makes the value the only owner of its elements. */
COW__INLINE bool COW__F(_own)(COW__N *a) {
    if (COW__FAST_PATHS && COW__LIKELY(cow__buffer_unique(a->h))) return true;
    COW__BEGIN_CHANGE(a);
    bool ok = cow__array_own(&r, &COW__F(_type));
    COW__END_CHANGE(a);
    return ok;
}

/* Borrows element `i` for writing, until the next change, copy or drop of this variable. NULL with COW_RANGE. */
COW__INLINE COW__T *COW__F(mut)(COW__N *a, size_t i) {
    if (!COW__LIKELY(i < a->n)) {
        (void)cow__fail(COW_RANGE);
        return NULL;
    }
    return COW__F(_own)(a) ? a->p + i : NULL;
}

/* Borrows all elements for writing, for tight loops: one test for the whole loop. NULL with COW_ABSENT when empty. */
COW__INLINE COW__T *COW__F(edit)(COW__N *a) {
    if (!a->n) {
        (void)cow__fail(COW_ABSENT);
        return NULL;
    }
    return COW__F(_own)(a) ? a->p : NULL;
}

/* Replaces element `i` by `v` and drops the old one. */
COW__INLINE bool COW__F(set)(COW__N *a, size_t i, COW__T v) {
    if (!COW__LIKELY(i < a->n)) return cow__fail(COW_RANGE);
    if (!COW__F(_own)(a)) return false;
    COW__T old = a->p[i];
    a->p[i] = v;
    if (COW__F(_type).drop) COW__F(_type).drop(&old);
    return true;
}

/* ---- Adding and removing at the ends ---- */

/* Appends `v`. Amortised O(1), also while snapshots share the buffer: the free tail is claimed, nothing is copied. Of two
   values that append to the same tail, the second copies. */
COW__INLINE bool COW__F(push)(COW__N *a, COW__T v) {
    cow__header *h = a->h;
    if (COW__FAST_PATHS && COW__LIKELY(h && (char *)(a->p + a->n) < (char *)COW__LOAD_OWNED(&h->limit))) {
        COW__OPEN(a->p + a->n, sizeof *a->p);
        a->p[a->n++] = v;
        return true;
    }
    COW__T moved = v;
    COW__BEGIN_CHANGE(a);
    bool ok = cow__array_push(&r, &moved, &COW__F(_type));
    if (ok) {
        /* What compilers need to know for a loop of pushes: h is set from now on, and n grows by one either way. */
        COW__ASSUME(r.h);
        a->p = (COW__T *)(void *)r.p;
        a->h = r.h;
        a->n++;
    }
    COW__WRITER_LEAVE(a);
    return ok;
}

/* Appends copies of the `n` elements at `src`: all of them or none. Amortised O(n). */
COW__INLINE bool COW__F(push_n)(COW__N *a, const COW__T *src, size_t n) {
    COW__BEGIN_CHANGE(a);
    bool ok = cow__array_append(&r, src, n, COW__COPIED, &COW__F(_type));
    COW__END_CHANGE(a);
    return ok;
}

/* Removes the last element and gives it to *out (a copy of it when it is shared), or drops it when `out` is NULL.
   COW_ABSENT when the array is empty. Never copies other elements. *out is written on success only. */
COW__INLINE bool COW__F(pop)(COW__N *a, COW__T *out) {
    cow__header *h = a->h;
    if (COW__FAST_PATHS && COW__LIKELY(h && a->n && cow__buffer_armed(h))) {
        COW__T *last = a->p + --a->n, old = *last;
        COW__SHUT(last, sizeof *last);
        if (out)
            *out = old;
        else if (COW__F(_type).drop)
            COW__F(_type).drop(&old);
        return true;
    }
    COW__BEGIN_CHANGE(a);
    bool ok = cow__array_take(&r, r.n - 1, out, &COW__F(_type));
    COW__END_CHANGE(a);
    return ok;
}

/* Inserts `v` before the first element. Amortised O(1) while unshared. */
COW__INLINE bool COW__F(push_front)(COW__N *a, COW__T v) {
    cow__header *h = a->h;
    if (COW__FAST_PATHS && h && (char *)a->p > cow__base(h) && cow__buffer_armed(h) && (char *)a->p == h->begin) {
        COW__OPEN(a->p - 1, sizeof *a->p);
        *--a->p = v;
        a->n++;
        h->begin = (char *)a->p;
        return true;
    }
    COW__T moved = v;
    COW__BEGIN_CHANGE(a);
    bool ok = cow__array_insert(&r, 0, &moved, 1, COW__MOVED, &COW__F(_type));
    COW__END_CHANGE(a);
    return ok;
}

/* Removes the first element; as pop. The room it leaves is used again by push_front, or by push when the storage is full. */
COW__INLINE bool COW__F(pop_front)(COW__N *a, COW__T *out) {
    cow__header *h = a->h;
    if (COW__FAST_PATHS && h && a->n && cow__buffer_armed(h) && (char *)a->p == h->begin) {
        COW__T *first = a->p++, old = *first;
        a->n--;
        h->begin = (char *)a->p;
        COW__SHUT(first, sizeof *first);
        if (out)
            *out = old;
        else if (COW__F(_type).drop)
            COW__F(_type).drop(&old);
        return true;
    }
    COW__BEGIN_CHANGE(a);
    bool ok = cow__array_take(&r, 0, out, &COW__F(_type));
    COW__END_CHANGE(a);
    return ok;
}

/* ---- Inserting and removing anywhere: O(n), moving the shorter side while unshared, in one pass otherwise ---- */

/* Inserts `v` before element `i`; i may be the length. */
COW__INLINE bool COW__F(insert)(COW__N *a, size_t i, COW__T v) {
    COW__BEGIN_CHANGE(a);
    bool ok = cow__array_insert(&r, i, &v, 1, COW__MOVED, &COW__F(_type));
    COW__END_CHANGE(a);
    return ok;
}

/* Inserts copies of the `n` elements at `src` before element `i`: all of them or none. */
COW__INLINE bool COW__F(insert_n)(COW__N *a, size_t i, const COW__T *src, size_t n) {
    COW__BEGIN_CHANGE(a);
    bool ok = cow__array_insert(&r, i, src, n, COW__COPIED, &COW__F(_type));
    COW__END_CHANGE(a);
    return ok;
}

/* Removes and drops the elements [begin, end). Removing at either end of a shared value copies nothing. */
COW__INLINE bool COW__F(erase_range)(COW__N *a, size_t begin, size_t end) {
    COW__BEGIN_CHANGE(a);
    bool ok = cow__array_erase(&r, begin, end, &COW__F(_type));
    COW__END_CHANGE(a);
    return ok;
}

/* Removes and drops element `i`. */
COW__INLINE bool COW__F(erase)(COW__N *a, size_t i) {
    return i < a->n ? COW__F(erase_range)(a, i, i + 1) : cow__fail(COW_RANGE);
}

/* Removes element `i` and gives it to *out (a copy of it when it is shared), or drops it when `out` is NULL. */
COW__INLINE bool COW__F(take)(COW__N *a, size_t i, COW__T *out) {
    COW__BEGIN_CHANGE(a);
    bool ok = cow__array_take(&r, i, out, &COW__F(_type));
    COW__END_CHANGE(a);
    return ok;
}

/* As take, but the last element fills the place: O(1) while unshared, and the order changes. */
COW__INLINE bool COW__F(swap_remove)(COW__N *a, size_t i, COW__T *out) {
    COW__BEGIN_CHANGE(a);
    bool ok = cow__array_swap_remove(&r, i, out, &COW__F(_type));
    COW__END_CHANGE(a);
    return ok;
}

/* Appends the elements of *b, which may be *a. Shares them when *a has no storage yet, or when *b is the slice that follows
   *a in the same buffer. */
COW__INLINE bool COW__F(concat)(COW__N *a, const COW__N *b) {
    if (!a->n && !a->h) {
        COW__F(assign)(a, b);
        return true;
    }
    if (a->h && a->h == b->h && a->p + a->n == b->p) {
        a->n += b->n;
        return true;
    }
    return COW__F(push_n)(a, b->p, b->n);
}

/* ---- Length and storage ---- */

/* Shortens to `n` elements and drops the rest; COW_RANGE when there are fewer. Never copies. */
COW__INLINE bool COW__F(truncate)(COW__N *a, size_t n) {
    if (n > a->n) return cow__fail(COW_RANGE);
    COW__BEGIN_CHANGE(a);
    bool ok = cow__array_truncate(&r, n, &COW__F(_type));
    COW__END_CHANGE(a);
    return ok;
}

/* Removes all elements; keeps the storage unless it is shared. */
COW__INLINE void COW__F(clear)(COW__N *a) {
    if (a->n && !cow__buffer_unique(a->h))
        COW__F(drop)(a);
    else
        (void)COW__F(truncate)(a, 0);
}

/* Makes the length `n`: drops the rest, or appends copies of *fill (zero bytes when `fill` is NULL). */
COW__INLINE bool COW__F(resize)(COW__N *a, size_t n, const COW__T *fill) {
    if (n <= a->n) return COW__F(truncate)(a, n);
    COW__BEGIN_CHANGE(a);
    bool ok = cow__array_append(&r, fill, n - r.n, COW__FILLED, &COW__F(_type));
    COW__END_CHANGE(a);
    return ok;
}

/* Makes the value unshared, with room for `capacity` elements in all. */
COW__INLINE bool COW__F(reserve)(COW__N *a, size_t capacity) {
    COW__BEGIN_CHANGE(a);
    bool ok = cow__array_reserve(&r, capacity, &COW__F(_type));
    COW__END_CHANGE(a);
    return ok;
}

/* Gives spare room back to the allocator. Shared storage is left as it is. O(n). */
COW__INLINE bool COW__F(shrink)(COW__N *a) {
    COW__BEGIN_CHANGE(a);
    bool ok = cow__array_shrink(&r, &COW__F(_type));
    COW__END_CHANGE(a);
    return ok;
}

/* ---- Iterating; see COW_EACH for the macro ---- */

/* Calls `fn` with runs of elements, in order, until it returns false; returns whether it never did. An array is one run. */
COW__INLINE bool COW__F(each)(const COW__N *a, bool (*fn)(const COW__T *run, size_t n, void *ctx), void *ctx) {
    COW__F(_check)(a);
    return !a->n || fn(a->p, a->n, ctx);
}

/* An iterator holds its own copy: it sees the value as it was when it began, whatever happens to the variable. */
#define COW__ITER COW__F(iter)
typedef struct COW__ITER {
    COW__N held;
    size_t i;
} COW__ITER;

COW__INLINE COW__ITER COW__F(iter_of)(const COW__N *a) {
    COW__ITER it;
    it.held = COW__F(copy)(a);
    it.i = 0;
    return it;
}

/* Gives up an iterator before its end; may be repeated. */
COW__INLINE void COW__F(iter_drop)(COW__ITER *it) { COW__F(drop)(&it->held); }

/* Points *out at the next element, until the next call; false at the end, and then the iterator is dropped. */
COW__INLINE bool COW__F(iter_next)(COW__ITER *it, const COW__T **out) {
    if (it->i < it->held.n) {
        *out = it->held.p + it->i++;
        return true;
    }
    COW__F(iter_drop)(it);
    return false;
}

#endif
#endif

/* array_search: comparing, searching and filtering typed arrays. Floor 4, built on array. Continues the instantiation.

   Functions that need equality, order or a hash of elements find it by type, or in COW_EQUAL, COW_COMPARE, COW_HASH. */
#if defined(COW_ARRAY) && !defined(COW_FORWARD)


#if defined(COW_EQUAL)
#define COW__ELEMENT_EQUAL(x, y) (COW_EQUAL((x), (y)))
#define COW__ELEMENT_HAS_EQUAL 1
#elif defined(COW_COMPARE)
#define COW__ELEMENT_EQUAL(x, y) (COW_COMPARE((x), (y)) == 0)
#define COW__ELEMENT_HAS_EQUAL 1
#else
#define COW__ELEMENT_EQUAL(x, y) (COW__EQUAL_OF(COW__T)((x), (y)))
#define COW__ELEMENT_HAS_EQUAL COW__HAS_EQUAL(COW__T)
#endif
#if defined(COW_COMPARE)
#define COW__ELEMENT_COMPARE(x, y) (COW_COMPARE((x), (y)))
#define COW__ELEMENT_HAS_COMPARE 1
#else
#define COW__ELEMENT_COMPARE(x, y) (COW__COMPARE_OF(COW__T)((x), (y)))
#define COW__ELEMENT_HAS_COMPARE COW__HAS_COMPARE(COW__T)
#endif
#if defined(COW_HASH)
#define COW__ELEMENT_HASH(x, seed) (COW_HASH((x), (seed)))
#define COW__ELEMENT_HAS_HASH 1
#else
#define COW__ELEMENT_HASH(x, seed) (COW__HASH_OF(COW__T)((x), (seed)))
#define COW__ELEMENT_HAS_HASH COW__HAS_HASH(COW__T)
#endif

/* Never defined. Their names say which type lacks what; compilers and linkers print them. */
extern void COW__F(needs_COW_EQUAL)(void)
    COW__COMPILE_ERROR("cow: equality of elements is needed here: #define COW_EQUAL before including cow.h");
extern void COW__F(needs_COW_COMPARE)(void)
    COW__COMPILE_ERROR("cow: order of elements is needed here: #define COW_COMPARE before including cow.h");
extern void COW__F(needs_COW_HASH)(void)
    COW__COMPILE_ERROR("cow: a hash of elements is needed here: #define COW_HASH before including cow.h");
#define COW__NEED(has, what)        \
    do {                            \
        if (!(has)) COW__F(what)(); \
    } while (0)

/* Whether two arrays hold equal elements in the same order. Values that are the same place are equal. O(n). */
COW__INLINE bool COW__F(equal)(const COW__N *a, const COW__N *b) {
    COW__NEED(COW__ELEMENT_HAS_EQUAL, needs_COW_EQUAL);
    if (a->n != b->n) return false;
    if (a->p == b->p) return true;
    for (size_t i = 0; i < a->n; i++)
        if (!COW__ELEMENT_EQUAL(a->p + i, b->p + i)) return false;
    return true;
}

/* Lexicographic order: negative, 0 or positive. O(n). */
COW__INLINE int COW__F(compare)(const COW__N *a, const COW__N *b) {
    COW__NEED(COW__ELEMENT_HAS_COMPARE, needs_COW_COMPARE);
    size_t n = a->n < b->n ? a->n : b->n;
    for (size_t i = 0; i < n && a->p != b->p; i++) {
        int order = COW__ELEMENT_COMPARE(a->p + i, b->p + i);
        if (order) return order;
    }
    return (a->n > b->n) - (a->n < b->n);
}

/* Hash of all elements in their order. Equal arrays have equal hashes. O(n). */
COW__INLINE uint64_t COW__F(hash)(const COW__N *a, uint64_t seed) {
    COW__NEED(COW__ELEMENT_HAS_HASH, needs_COW_HASH);
    uint64_t h = cow_hash_u64((uint64_t)a->n, seed);
    for (size_t i = 0; i < a->n; i++) h = COW__ELEMENT_HASH(a->p + i, h);
    return h;
}

/* Index of the first element equal to *v, or of the first at `from` or behind; COW_NPOS when there is none. O(n). */
COW__INLINE size_t COW__F(index_of_from)(const COW__N *a, const COW__T *v, size_t from) {
    COW__NEED(COW__ELEMENT_HAS_EQUAL, needs_COW_EQUAL);
    for (size_t i = from; i < a->n; i++)
        if (COW__ELEMENT_EQUAL(a->p + i, v)) return i;
    return COW_NPOS;
}

COW__INLINE size_t COW__F(index_of)(const COW__N *a, const COW__T *v) { return COW__F(index_of_from)(a, v, 0); }

/* Index of the last element equal to *v, or of the last at `from` or before; COW_NPOS when there is none. O(n). */
COW__INLINE size_t COW__F(last_index_of_from)(const COW__N *a, const COW__T *v, size_t from) {
    COW__NEED(COW__ELEMENT_HAS_EQUAL, needs_COW_EQUAL);
    for (size_t i = from < a->n ? from + 1 : a->n; i > 0; i--)
        if (COW__ELEMENT_EQUAL(a->p + i - 1, v)) return i - 1;
    return COW_NPOS;
}

COW__INLINE size_t COW__F(last_index_of)(const COW__N *a, const COW__T *v) {
    return COW__F(last_index_of_from)(a, v, COW_NPOS);
}

/* Borrows the first element equal to *v; NULL with COW_ABSENT when there is none. O(n). */
COW__INLINE const COW__T *COW__F(find)(const COW__N *a, const COW__T *v) {
    size_t i = COW__F(index_of)(a, v);
    if (i != COW_NPOS) return a->p + i;
    (void)cow__fail(COW_ABSENT);
    return NULL;
}

/* Whether an element equals *v. O(n). */
COW__INLINE bool COW__F(contains)(const COW__N *a, const COW__T *v) { return COW__F(index_of)(a, v) != COW_NPOS; }

/* How many elements equal *v. O(n). */
COW__INLINE size_t COW__F(count)(const COW__N *a, const COW__T *v) {
    COW__NEED(COW__ELEMENT_HAS_EQUAL, needs_COW_EQUAL);
    size_t found = 0;
    for (size_t i = 0; i < a->n; i++)
        if (COW__ELEMENT_EQUAL(a->p + i, v)) found++;
    return found;
}

/* Makes every element a copy of *v (zero bytes when `v` is NULL). O(n). */
COW__INLINE bool COW__F(fill)(COW__N *a, const COW__T *v) {
    COW__BEGIN_CHANGE(a);
    bool ok = cow__array_fill(&r, v, &COW__F(_type));
    COW__END_CHANGE(a);
    return ok;
}

struct COW__F(_keep) {
    bool (*keep)(const COW__T *e, void *ctx);
    void *ctx;
};

static inline bool COW__F(_keep_if)(void *ctx, const void *e, const void *last_kept) {
    struct COW__F(_keep) *k = (struct COW__F(_keep) *)ctx;
    (void)last_kept;
    return k->keep((const COW__T *)e, k->ctx);
}

/* Keeps the elements for which `keep` returns true, in their order, and drops the others last. `keep` sees each element
   once. O(n). When all stay, a shared value is not copied. */
COW__INLINE bool COW__F(retain_if)(COW__N *a, bool (*keep)(const COW__T *e, void *ctx), void *ctx) {
    struct COW__F(_keep) k;
    k.keep = keep;
    k.ctx = ctx;
    COW__BEGIN_CHANGE(a);
    bool ok = cow__array_filter(&r, COW__F(_keep_if), &k, &COW__F(_type));
    COW__END_CHANGE(a);
    return ok;
}

static inline bool COW__F(_differs)(void *ctx, const void *e, const void *last_kept) {
    (void)ctx;
    return !last_kept || !COW__ELEMENT_EQUAL((const COW__T *)e, (const COW__T *)last_kept);
}

/* Of each run of equal neighbours keeps the first. O(n). */
COW__INLINE bool COW__F(dedup)(COW__N *a) {
    COW__NEED(COW__ELEMENT_HAS_EQUAL, needs_COW_EQUAL);
    COW__BEGIN_CHANGE(a);
    bool ok = cow__array_filter(&r, COW__F(_differs), NULL, &COW__F(_type));
    COW__END_CHANGE(a);
    return ok;
}

#endif

/* array_order: sorting typed arrays and searching sorted ones. Floor 4, built on array_search. Ends the instantiation.

   The comparator is COW_COMPARE, or the built-in order of scalars; the `_by` functions take one with a context. Either way
   the algorithms are forced inline into one function per use, so that the compiler sees the comparator and inlines it. A
   comparator that contradicts itself gives some order of the same elements; nothing is lost and nothing is overrun. */
#if defined(COW_ARRAY) && !defined(COW_FORWARD)


/* A comparator with a context. */
typedef int (*COW__F(compare_fn))(const COW__T *a, const COW__T *b, void *ctx);

/* The order of the element type, as such a comparator. */
static inline int COW__F(_compare_elements)(const COW__T *a, const COW__T *b, void *ctx) {
    (void)ctx;
    return COW__ELEMENT_COMPARE(a, b);
}

COW__ALWAYS_INLINE void COW__F(_exchange)(COW__T *x, COW__T *y) {
    COW__T t = *x;
    *x = *y;
    *y = t;
}

COW__ALWAYS_INLINE void COW__F(_reverse)(COW__T *p, size_t n) {
    for (size_t i = 0, j = n; i + 1 < j; i++) COW__F(_exchange)(p + i, p + --j);
}

/* For short runs. */
COW__ALWAYS_INLINE void COW__F(_sort_insertion)(COW__T *p, size_t n, COW__F(compare_fn) cmp, void *ctx) {
    for (size_t i = 1; i < n; i++) {
        COW__T x = p[i];
        size_t j = i;
        for (; j > 0 && cmp(&x, p + j - 1, ctx) < 0; j--) p[j] = p[j - 1];
        p[j] = x;
    }
}

/* For runs that quicksort splits badly: O(n log n) whatever the input. */
COW__ALWAYS_INLINE void COW__F(_sort_heap)(COW__T *p, size_t n, COW__F(compare_fn) cmp, void *ctx) {
    for (size_t left = n / 2, right = n; right > 1;) {
        if (left > 0)
            left--;
        else
            COW__F(_exchange)(p, p + --right);
        for (size_t i = left, child; (child = 2 * i + 1) < right; i = child) {
            if (child + 1 < right && cmp(p + child, p + child + 1, ctx) < 0) child++;
            if (cmp(p + i, p + child, ctx) >= 0) break;
            COW__F(_exchange)(p + i, p + child);
        }
    }
}

/* Splits [0, n), n >= 3, around the median of three (Hoare): returns m with 0 < m < n for an honest comparator, such that
   nothing in [0, m) follows anything in [m, n). The bounds hold for any comparator. */
COW__ALWAYS_INLINE size_t COW__F(_sort_split)(COW__T *p, size_t n, COW__F(compare_fn) cmp, void *ctx) {
    size_t middle = (n - 1) / 2, i = 0, j = n - 1;
    if (cmp(p + middle, p, ctx) < 0) COW__F(_exchange)(p + middle, p);
    if (cmp(p + j, p + middle, ctx) < 0) COW__F(_exchange)(p + j, p + middle);
    if (cmp(p + middle, p, ctx) < 0) COW__F(_exchange)(p + middle, p);
    COW__T pivot = p[middle];
    for (;;) {
        while (i < n - 1 && cmp(p + i, &pivot, ctx) < 0) i++;
        while (j > 0 && cmp(&pivot, p + j, ctx) < 0) j--;
        if (i >= j) return j + 1;
        COW__F(_exchange)(p + i++, p + j--);
    }
}

/* Introsort (Musser 1997): quicksort that gives up on a part after too many splits led to it, with a stack of its own: the
   larger part waits, so that 64 entries are enough for any length. */
COW__ALWAYS_INLINE void COW__F(_sort_intro)(COW__T *p, size_t n, COW__F(compare_fn) cmp, void *ctx) {
    struct {
        COW__T *p;
        size_t n, splits;
    } waiting[64];
    size_t depth = 0, splits = 0, allowed = 4;
    for (size_t k = n; k > 1; k /= 2) allowed += 2;
    for (;;) {
        while (n > 24 && splits < allowed) {
            size_t m = COW__F(_sort_split)(p, n, cmp, ctx);
            splits++;
            bool left_larger = m > n - m;
            waiting[depth].p = left_larger ? p : p + m;
            waiting[depth].n = left_larger ? m : n - m;
            waiting[depth++].splits = splits;
            p = left_larger ? p + m : p;
            n = left_larger ? n - m : m;
        }
        if (n > 24)
            COW__F(_sort_heap)(p, n, cmp, ctx);
        else
            COW__F(_sort_insertion)(p, n, cmp, ctx);
        if (!depth) return;
        p = waiting[--depth].p;
        n = waiting[depth].n;
        splits = waiting[depth].splits;
    }
}

/* Merges the sorted runs [0, m) and [m, n); `spare` has room for the shorter one. */
COW__ALWAYS_INLINE void COW__F(_merge)(COW__T *p, size_t m, size_t n, COW__T *spare, COW__F(compare_fn) cmp,
                                       void *ctx) {
    size_t to, i, j;
    if (m <= n - m) {
        memcpy(spare, p, m * sizeof *p);
        for (to = 0, i = 0, j = m; i < m; to++) p[to] = j < n && cmp(p + j, spare + i, ctx) < 0 ? p[j++] : spare[i++];
    } else {
        memcpy(spare, p + m, (n - m) * sizeof *p);
        for (to = n, i = m, j = n - m; j > 0; to--)
            p[to - 1] = i > 0 && cmp(spare + j - 1, p + i - 1, ctx) < 0 ? p[--i] : spare[--j];
    }
}

/* Merge sort from runs of 16 upwards; `spare` has room for n / 2 elements. */
COW__ALWAYS_INLINE void COW__F(_sort_merge)(COW__T *p, size_t n, COW__T *spare, COW__F(compare_fn) cmp, void *ctx) {
    const size_t run = 16;
    for (size_t i = 0; i < n; i += run) COW__F(_sort_insertion)(p + i, n - i < run ? n - i : run, cmp, ctx);
    for (size_t width = run; width < n; width *= 2) {
        for (size_t i = 0; i + width < n; i += 2 * width) {
            size_t both = n - i < 2 * width ? n - i : 2 * width;
            if (cmp(p + i + width, p + i + width - 1, ctx) < 0) COW__F(_merge)(p + i, width, both, spare, cmp, ctx);
        }
    }
}

/* Whether no element precedes the one before it. O(n). */
COW__ALWAYS_INLINE bool COW__F(is_sorted_by)(const COW__N *a, COW__F(compare_fn) cmp, void *ctx) {
    for (size_t i = 1; i < a->n; i++)
        if (cmp(a->p + i, a->p + i - 1, ctx) < 0) return false;
    return true;
}

COW__INLINE bool COW__F(is_sorted)(const COW__N *a) {
    COW__NEED(COW__ELEMENT_HAS_COMPARE, needs_COW_COMPARE);
    return COW__F(is_sorted_by)(a, COW__F(_compare_elements), NULL);
}

/* Sorts; equal elements may change their order. O(n log n), no memory; a sorted array is not touched. */
COW__ALWAYS_INLINE bool COW__F(sort_by)(COW__N *a, COW__F(compare_fn) cmp, void *ctx) {
    if (COW__F(is_sorted_by)(a, cmp, ctx)) return true;
    if (!COW__F(_own)(a)) return false;
    COW__WRITER_ENTER(a, COW__F(_type).name);
    COW__F(_sort_intro)(a->p, a->n, cmp, ctx);
    COW__WRITER_LEAVE(a);
    return true;
}

COW__INLINE bool COW__F(sort)(COW__N *a) {
    COW__NEED(COW__ELEMENT_HAS_COMPARE, needs_COW_COMPARE);
    return COW__F(sort_by)(a, COW__F(_compare_elements), NULL);
}

/* Sorts; equal elements keep their order. O(n log n), with room for half the elements while it runs. */
COW__ALWAYS_INLINE bool COW__F(sort_stable_by)(COW__N *a, COW__F(compare_fn) cmp, void *ctx) {
    void *block = NULL;
    size_t size = 0;
    if (COW__F(is_sorted_by)(a, cmp, ctx)) return true;
    const cow_alloc *alloc = a->h ? a->h->alloc : COW__F(_type).alloc;
    COW__T *spare = (COW__T *)cow__scratch(&COW__F(_type), alloc, a->n / 2 + 1, &block, &size);
    if (!spare) return false;
    bool owned = COW__F(_own)(a);
    COW__WRITER_ENTER(a, COW__F(_type).name);
    if (owned) COW__F(_sort_merge)(a->p, a->n, spare, cmp, ctx);
    COW__WRITER_LEAVE(a);
    cow__release(alloc, block, size);
    return owned;
}

COW__INLINE bool COW__F(sort_stable)(COW__N *a) {
    COW__NEED(COW__ELEMENT_HAS_COMPARE, needs_COW_COMPARE);
    return COW__F(sort_stable_by)(a, COW__F(_compare_elements), NULL);
}

/* In a sorted array: the index of the first element that does not precede *key. O(log n). */
COW__ALWAYS_INLINE size_t COW__F(lower_bound_by)(const COW__N *a, const COW__T *key, COW__F(compare_fn) cmp,
                                                 void *ctx) {
    size_t first = 0;
    for (size_t n = a->n; n > 0;) {
        size_t half = n / 2;
        if (cmp(a->p + first + half, key, ctx) < 0) {
            first += half + 1;
            n -= half + 1;
        } else {
            n = half;
        }
    }
    return first;
}

COW__INLINE size_t COW__F(lower_bound)(const COW__N *a, const COW__T *key) {
    COW__NEED(COW__ELEMENT_HAS_COMPARE, needs_COW_COMPARE);
    return COW__F(lower_bound_by)(a, key, COW__F(_compare_elements), NULL);
}

/* In a sorted array: the index of the first element that follows *key. O(log n). */
COW__ALWAYS_INLINE size_t COW__F(upper_bound_by)(const COW__N *a, const COW__T *key, COW__F(compare_fn) cmp,
                                                 void *ctx) {
    size_t first = 0;
    for (size_t n = a->n; n > 0;) {
        size_t half = n / 2;
        if (cmp(key, a->p + first + half, ctx) < 0) {
            n = half;
        } else {
            first += half + 1;
            n -= half + 1;
        }
    }
    return first;
}

COW__INLINE size_t COW__F(upper_bound)(const COW__N *a, const COW__T *key) {
    COW__NEED(COW__ELEMENT_HAS_COMPARE, needs_COW_COMPARE);
    return COW__F(upper_bound_by)(a, key, COW__F(_compare_elements), NULL);
}

/* In a sorted array: the index of the first element that compares equal to *key; COW_NPOS when there is none. O(log n). */
COW__ALWAYS_INLINE size_t COW__F(search_by)(const COW__N *a, const COW__T *key, COW__F(compare_fn) cmp, void *ctx) {
    size_t i = COW__F(lower_bound_by)(a, key, cmp, ctx);
    return i < a->n && cmp(a->p + i, key, ctx) == 0 ? i : COW_NPOS;
}

COW__INLINE size_t COW__F(search)(const COW__N *a, const COW__T *key) {
    COW__NEED(COW__ELEMENT_HAS_COMPARE, needs_COW_COMPARE);
    return COW__F(search_by)(a, key, COW__F(_compare_elements), NULL);
}

/* Reverses the elements. O(n). */
COW__INLINE bool COW__F(reverse)(COW__N *a) {
    if (a->n < 2) return true;
    if (!COW__F(_own)(a)) return false;
    COW__WRITER_ENTER(a, COW__F(_type).name);
    COW__F(_reverse)(a->p, a->n);
    COW__WRITER_LEAVE(a);
    return true;
}

/* Moves the first `by` elements behind the others; COW_RANGE when there are fewer. O(n). */
COW__INLINE bool COW__F(rotate)(COW__N *a, size_t by) {
    if (by > a->n) return cow__fail(COW_RANGE);
    if (by == 0 || by == a->n) return true;
    if (!COW__F(_own)(a)) return false;
    COW__WRITER_ENTER(a, COW__F(_type).name);
    COW__F(_reverse)(a->p, by);
    COW__F(_reverse)(a->p + by, a->n - by);
    COW__F(_reverse)(a->p, a->n);
    COW__WRITER_LEAVE(a);
    return true;
}

#endif

/* node: what maps are made of: leaves, and inner nodes that may borrow. Floor 3, built on type and refcount.

   A map is a tree over the bits of its keys' hashes, 4 bits a level from the top. Every node is counted; values that share
   a node never change it.

   A leaf holds up to 32 pairs in no order. In front of them stand their tags: the lowest 8 bits of each hash, compared all
   at once. A leaf of span s stands in 2^s neighbouring slots of its inner node (extendible hashing, Fagin et al. 1979,
   inside one node), so a full leaf becomes two, not sixteen.

   An inner node has 16 slots. One that is made because another was shared borrows: it takes over all 16 references and
   counts none. `base`, the node it was made from, keeps them alive; `own` marks the slots that were replaced since and are
   counted here. So the path of a write costs one count a level, not sixteen, and reading costs nothing extra. When nobody
   else holds the base any more, its references are adopted; when too many slots are owned, all are counted and the base is
   let go. A base never borrows itself. A node in a borrowed slot is shared, whatever its own count says.

   Where the hash has no more bits, keys that collide in all 64 of them stand in a tree of twigs (see collision). */
#ifndef COW__NODE_H
#define COW__NODE_H


/* The explorer makes these smaller (tests/model/maps.c), so that a few pairs make trees of all shapes. All but OWN_MAX are
   powers of two; a leaf has room for whole steps. */
#ifndef COW__LEAF_MAX
#define COW__LEAF_MAX 32u
#define COW__LEAF_STEP 8u
#define COW__FAN_BITS 4u
/* Runs of slots that a borrowing node may own beside its base. */
#define COW__OWN_MAX 4u
#endif
/* Tags that are compared at once, however many there are. */
#define COW__LEAF_TAGS 32u
#define COW__FAN (1u << COW__FAN_BITS)
#define COW__LEVELS (64u / COW__FAN_BITS)
COW__STATIC_ASSERT(COW__LEAF_MAX <= COW__LEAF_TAGS, "cow: a leaf has a tag for each pair");

/* A counted reference to a node. Bit 0 tells leaves from inner nodes, so that a lookup need not read an inner node's head.
   0: none. */
typedef uintptr_t cow__ref;

/* Which of `n` pairs have `bit` set in the hash of their key: what splitting a leaf asks, typed because it hashes them all. */
typedef uint32_t (*cow__upper_fn)(const void *pairs, unsigned n, unsigned bit, uint64_t seed);

/* What the shared code knows about a kind of map. A pair is a key and its value; of a set, the key alone. */
typedef struct cow__map_type {
    cow_type pair;
    size_t key_size;
    cow_hash_fn hash; /* of keys */
    cow__upper_fn upper;
    cow_equal_fn equal;
    cow_compare_fn compare;      /* NULL: keys have no order */
    size_t value_at, value_size; /* where the value stands in a pair; a set has none: 0 bytes */
    cow_equal_fn value_equal;    /* NULL: values are compared bit by bit */
    cow_hash_fn value_hash;
    bool key_bits, value_bits; /* the same bits mean equal: so of types with an equality of their own */
    size_t pairs_at;           /* where the pairs stand in a leaf */
    bool stored_hash;          /* COW_STORE_HASH: leaves keep the upper 32 bits of each hash */
} cow__map_type;

/* What every function on nodes needs to know of their map. */
typedef struct cow__env {
    const cow__map_type *type;
    const cow_alloc *alloc;
    uint64_t seed;
} cow__env;

enum cow__node_kind { COW__LEAF, COW__COLLISION };

/* A leaf, or in its place a collision node, which has no pairs of its own. */
typedef struct cow__node {
    cow__atomic_u32 rc;
    uint8_t kind, n, cap, span;
#if COW__DEBUG
    cow__watch watch;
#endif
#if COW__LIVE
    cow__live live;
#endif
    uint8_t tags[COW__LEAF_TAGS];
} cow__node;

typedef struct cow__inner {
    cow__atomic_u32 rc;
    uint16_t own;  /* the slots that are counted here, in a node that borrows */
    uint8_t owned; /* how many times a slot was marked so */
#if COW__DEBUG
    cow__watch watch;
    cow__atomic_u32 watched; /* the leaves below are */
#endif
#if COW__LIVE
    cow__live live;
#endif
    struct cow__inner *base; /* NULL: every slot is counted here */
    cow__ref slot[COW__FAN];
} cow__inner;

static inline bool cow__ref_is_leaf(cow__ref r) { return (r & 1) != 0; }
static inline cow__node *cow__ref_leaf(cow__ref r) { return (cow__node *)(r - 1); }
static inline cow__inner *cow__ref_inner(cow__ref r) { return (cow__inner *)r; }
static inline cow__ref cow__leaf_ref(const cow__node *leaf) { return (uintptr_t)leaf + 1; }
static inline cow__ref cow__inner_ref(const cow__inner *inner) { return (uintptr_t)inner; }

/* The count stands first in both. */
static inline cow__atomic_u32 *cow__ref_rc(cow__ref r) { return (cow__atomic_u32 *)(r & ~(uintptr_t)1); }

static inline char *cow__pair_at(const cow__node *leaf, size_t i, const cow__map_type *type) {
    return (char *)(uintptr_t)leaf + type->pairs_at + i * type->pair.size;
}

/* The upper halves of the hashes stand behind the pairs. */
static inline uint32_t *cow__leaf_hashes(const cow__node *leaf, const cow__map_type *type) {
    size_t at = (type->pairs_at + leaf->cap * type->pair.size + 3) & ~(size_t)3;
    return (uint32_t *)(void *)((char *)(uintptr_t)leaf + at);
}

/* The first slot behind the run of slots that hold what slot `i` holds. */
static inline unsigned cow__run_end(const cow__inner *inner, unsigned i) {
    cow__ref r = inner->slot[i];
    do i++;
    while (i < COW__FAN && inner->slot[i] == r);
    return i;
}

/* The slots of the run that begins at `i`, as bits. */
static inline uint32_t cow__run_bits(const cow__inner *inner, unsigned i) {
    return ((1u << cow__run_end(inner, i)) - 1) & ~((1u << i) - 1);
}

/* Whether slot `i` is counted by its node, or by the node's base alone. */
static inline bool cow__slot_counted(const cow__inner *inner, unsigned i) {
    return !inner->base || (inner->own >> i & 1) != 0;
}

/* Bit i of the result: tag i is `tag`. Bits from n on may be anything. */
#if defined(__SSE2__) && defined(__GNUC__) && !COW__ASAN
typedef char cow__bytes16 __attribute__((vector_size(16)));
static inline uint32_t cow__tags_equal16(const uint8_t *tags, cow__bytes16 wanted) {
    cow__bytes16 found;
    memcpy(&found, tags, sizeof found);
    return (uint32_t)__builtin_ia32_pmovmskb128((cow__bytes16)(found == wanted));
}
static inline uint32_t cow__tags_equal(const uint8_t *tags, uint8_t tag) {
    char c = (char)tag;
    cow__bytes16 wanted = {c, c, c, c, c, c, c, c, c, c, c, c, c, c, c, c};
    return cow__tags_equal16(tags, wanted) | cow__tags_equal16(tags + 16, wanted) << 16;
}
#else
/* 8 at a time: bytes that are equal become 0, zero bytes become their highest bit, and the multiplication gathers those. */
static inline uint32_t cow__tags_equal(const uint8_t *tags, uint8_t tag) {
    const uint64_t low = 0x7f7f7f7f7f7f7f7fu;
    uint32_t mask = 0;
    for (unsigned i = 0; i < COW__LEAF_TAGS; i += 8) {
        uint64_t x = cow__read_u64(tags + i) ^ 0x0101010101010101u * tag;
        uint64_t zero = ~(((x & low) + low) | x | low);
        mask |= (uint32_t)((zero >> 7) * 0x0102040810204080u >> 56) << i;
    }
    return mask;
}
#endif

static inline unsigned cow__count_bits(uint32_t bits) {
    unsigned n = 0;
    for (; bits; bits &= bits - 1) n++;
    return n;
}

/* All pairs of `leaf`, as bits, and those whose tags are those of hash `h`. */
static inline uint32_t cow__leaf_all(const cow__node *leaf) { return (uint32_t)(((uint64_t)1 << leaf->n) - 1); }

static inline uint32_t cow__leaf_candidates(const cow__node *leaf, uint64_t h) {
    return cow__tags_equal(leaf->tags, (uint8_t)h) & cow__leaf_all(leaf);
}

COW__BEGIN_C
/* Destroys a node with all that it alone holds. */
COW__API void cow__ref_destroy(cow__ref r, const cow__env *env);

/* Debug builds remember what the pairs of shared leaves hold, and die when it changes. */
#if COW__DEBUG
/* Dies of `mistake` unless the node is alive. */
COW__API void cow__ref_check(cow__ref r, const char *type, const char *mistake);
/* Watches the leaves below a node that is about to be shared. */
COW__API void cow__ref_watch(cow__ref r, const cow__map_type *type);
#define COW__REF_WATCH(r, type) cow__ref_watch((r), (type))
#define COW__NODE_UNWATCH(inner) COW__STORE(&(inner)->watched, 0u, COW__RELAXED)
#define COW__LEAF_FORGET(leaf, type) cow__watch_forget(&(leaf)->watch, (type)->pair.name)
#define COW__LEAF_CHECK(leaf, type) cow__watch_check((cow__watch *)(uintptr_t) & (leaf)->watch, (type)->pair.name)
#else
#define COW__REF_WATCH(r, type) ((void)0)
#define COW__NODE_UNWATCH(inner) ((void)0)
#define COW__LEAF_FORGET(leaf, type) ((void)0)
#define COW__LEAF_CHECK(leaf, type) ((void)0)
#endif

/* An empty leaf with room for `cap` pairs; NULL with COW_NOMEM. */
COW__API cow__node *cow__leaf_new(const cow__env *env, unsigned cap);
/* Frees the memory alone. */
COW__API void cow__leaf_free(cow__node *leaf, const cow__env *env);
/* The room that `n` pairs are given. */
COW__API unsigned cow__leaf_room(unsigned n);
/* The same pairs with room for `n`: made by the copy hooks, or moved bitwise from a leaf that is then freed. */
COW__API cow__node *cow__leaf_copy(const cow__node *leaf, unsigned n, const cow__env *env);
COW__API cow__node *cow__leaf_move(cow__node *leaf, unsigned n, const cow__env *env);
/* Where `key` with hash `h` stands in a leaf; COW__LEAF_MAX when nowhere. */
COW__API unsigned cow__leaf_find(const cow__node *leaf, const void *key, uint64_t h, const cow__env *env);
/* Takes note of one pair more, whose place it returns; the caller fills it. There is room. */
COW__API unsigned cow__leaf_append(cow__node *leaf, uint64_t h, const cow__env *env);
/* Closes the gap of pair `i`, which the caller has moved out, with the last one. */
COW__API void cow__leaf_remove(cow__node *leaf, unsigned i, const cow__env *env);

/* An inner node without a base; its slots are the caller's business. */
COW__API cow__inner *cow__inner_new(const cow__env *env);
COW__API void cow__inner_free(cow__inner *inner, const cow__env *env);
/* A node with the same slots for a writer to change. Takes over the caller's reference to `from` when `counted`. */
COW__API cow__inner *cow__inner_borrow(cow__inner *from, bool counted, const cow__env *env);
/* Readies a node that its caller owns alone for a change of slot `i`: adopts the base when nobody else holds it, or counts
   all slots when too many are owned. */
COW__API void cow__inner_open(cow__inner *inner, unsigned i, const cow__env *env);
/* Counts every slot and lets the base go. */
COW__API void cow__inner_densify(cow__inner *inner, const cow__env *env);
/* Lets the 2^span slots around `i` hold `r`, which is counted here from now on. */
COW__API void cow__inner_set(cow__inner *inner, unsigned i, unsigned span, cow__ref r);

/* The bytes of its block. */
COW__API size_t cow__leaf_size(unsigned cap, const cow__map_type *type);
COW__END_C

/* One reference less to a node. */
static inline void cow__ref_release(cow__ref r, const cow__env *env) {
    if (cow__rc_release(cow__ref_rc(r), env->type->pair.local)) cow__ref_destroy(r, env);
}

#endif

#if defined(COW__IMPLEMENT) && !defined(COW__NODE_BODY)
#define COW__NODE_BODY
COW__BEGIN_C

/* ---- Memory ---- */

static void *cow__node_allocate(size_t size, const cow__env *env) {
    void *p = cow__allocate(env->alloc, size);
    if (!p) {
        (void)cow__fail(COW_NOMEM);
        return NULL;
    }
    COW__COUNT(BUFFERS_NEW, 1);
    COW__COUNT(BYTES_ALLOCATED, size);
    return p;
}

static void cow__node_free(void *p, size_t size, const cow__env *env) {
    COW__COUNT(BUFFERS_FREED, 1);
#if COW__DEBUG
    if (!env->alloc) {
        cow__quarantine(p, size);
        return;
    }
#endif
    cow__release(env->alloc, p, size);
}

/* Nodes and twigs of debug builds know whether they are alive. */
#if COW__DEBUG
#define COW__NODE_BORN(node) cow__watch_begin(&(node)->watch)
#define COW__NODE_DIES(node, env) cow__node_dies(&(node)->watch, (env)->type->pair.name)

static void cow__node_dies(cow__watch *w, const char *type) {
    cow__watch_forget(w, type);
    w->magic = COW__MAGIC_DEAD;
}
#else
#define COW__NODE_BORN(node) ((void)0)
#define COW__NODE_DIES(node, env) ((void)0)
#endif
#if COW__LIVE
#define COW__NODE_LIVE(node, size, env) cow__live_add(&(node)->live, (env)->type->pair.name, (size))
#define COW__NODE_DEAD(node) cow__live_remove(&(node)->live)
#define COW__NODE_FROZEN(node) cow__live_freeze(&(node)->live)
#else
#define COW__NODE_LIVE(node, size, env) ((void)0)
#define COW__NODE_DEAD(node) ((void)0)
#define COW__NODE_FROZEN(node) ((void)0)
#endif

COW__API size_t cow__leaf_size(unsigned cap, const cow__map_type *type) {
    size_t pairs = type->pairs_at + cap * type->pair.size;
    return type->stored_hash ? ((pairs + 3) & ~(size_t)3) + 4 * (size_t)cap : pairs;
}

/* Small maps grow by doubling, larger leaves by steps: each is a fresh block, and half a step is what a leaf wastes. */
COW__API unsigned cow__leaf_room(unsigned n) {
    if (n <= COW__LEAF_STEP / 2) return n <= COW__LEAF_STEP / 4 ? COW__LEAF_STEP / 4 * (n != 0) : COW__LEAF_STEP / 2;
    return (n + COW__LEAF_STEP - 1) / COW__LEAF_STEP * COW__LEAF_STEP;
}

COW__API cow__node *cow__leaf_new(const cow__env *env, unsigned cap) {
    size_t size = cow__leaf_size(cap, env->type);
    cow__node *leaf = (cow__node *)cow__node_allocate(size, env);
    if (!leaf) return NULL;
    COW__STORE(&leaf->rc, 1u, COW__RELAXED);
    leaf->kind = COW__LEAF;
    leaf->n = 0;
    leaf->cap = (uint8_t)cap;
    leaf->span = 0;
    COW__NODE_BORN(leaf);
    COW__NODE_LIVE(leaf, size, env);
    return leaf;
}

COW__API void cow__leaf_free(cow__node *leaf, const cow__env *env) {
    COW__NODE_DIES(leaf, env);
    COW__NODE_DEAD(leaf);
    cow__node_free(leaf, cow__leaf_size(leaf->cap, env->type), env);
}

COW__API cow__inner *cow__inner_new(const cow__env *env) {
    cow__inner *inner = (cow__inner *)cow__node_allocate(sizeof *inner, env);
    if (!inner) return NULL;
    COW__STORE(&inner->rc, 1u, COW__RELAXED);
    inner->own = 0;
    inner->owned = 0;
    inner->base = NULL;
    COW__NODE_BORN(inner);
    COW__NODE_UNWATCH(inner);
    COW__NODE_LIVE(inner, sizeof *inner, env);
    return inner;
}

COW__API void cow__inner_free(cow__inner *inner, const cow__env *env) {
    COW__NODE_DIES(inner, env);
    COW__NODE_DEAD(inner);
    cow__node_free(inner, sizeof *inner, env);
}

/* ---- Leaves ---- */

/* Tags, hashes and number of pairs, as in `from`; the pairs themselves are the caller's business. */
static void cow__leaf_take_tags(cow__node *leaf, const cow__node *from, const cow__map_type *type) {
    memcpy(leaf->tags, from->tags, from->n);
    if (type->stored_hash && from->n)
        memcpy(cow__leaf_hashes(leaf, type), cow__leaf_hashes(from, type), 4u * (size_t)from->n);
    leaf->n = from->n;
    leaf->span = from->span;
}

/* Reports that pairs were duplicated because others share them. */
static void cow__pairs_copied(size_t n, const cow__env *env) {
    (void)n, (void)env;
    COW__TRACE_COPY(env->type->pair.name, n, n * env->type->pair.size, COW_REASON_SHARED);
    COW__COUNT(COPIES, 1);
    COW__COUNT(BYTES_COPIED, n * env->type->pair.size);
}

COW__API cow__node *cow__leaf_copy(const cow__node *leaf, unsigned n, const cow__env *env) {
    const cow_type *pair = &env->type->pair;
    COW__LEAF_CHECK(leaf, env->type);
    cow__node *copy = cow__leaf_new(env, cow__leaf_room(n));
    if (!copy) return NULL;
    if (!cow__elements_copy(pair, cow__pair_at(copy, 0, env->type), cow__pair_at(leaf, 0, env->type), leaf->n)) {
        cow__leaf_free(copy, env);
        return NULL;
    }
    cow__leaf_take_tags(copy, leaf, env->type);
    cow__pairs_copied(leaf->n, env);
    return copy;
}

COW__API cow__node *cow__leaf_move(cow__node *leaf, unsigned n, const cow__env *env) {
    cow__node *moved = cow__leaf_new(env, cow__leaf_room(n));
    if (!moved) return NULL;
    memcpy(cow__pair_at(moved, 0, env->type), cow__pair_at(leaf, 0, env->type), leaf->n * env->type->pair.size);
    cow__leaf_take_tags(moved, leaf, env->type);
    cow__leaf_free(leaf, env);
    return moved;
}

COW__API unsigned cow__leaf_find(const cow__node *leaf, const void *key, uint64_t h, const cow__env *env) {
    const cow__map_type *type = env->type;
    for (uint32_t m = cow__leaf_candidates(leaf, h); m; m &= m - 1) {
        unsigned i = cow__lowest_bit(m);
        if (type->stored_hash && cow__leaf_hashes(leaf, type)[i] != (uint32_t)(h >> 32)) continue;
        if (type->equal(cow__pair_at(leaf, i, type), key)) return i;
    }
    return COW__LEAF_MAX;
}

/* Moves one pair. Sizes that are known are a load and a store; others are a call. */
static void cow__pair_move(void *to, const void *from, size_t size) {
    if (size == 16)
        memcpy(to, from, 16);
    else if (size == 8)
        memcpy(to, from, 8);
    else
        memcpy(to, from, size);
}

COW__API unsigned cow__leaf_append(cow__node *leaf, uint64_t h, const cow__env *env) {
    unsigned i = leaf->n++;
#if COW__DEBUG
    /* Nobody shall rely on an order: the new pair changes places with one that the hash chooses, differently in each
       process. */
    unsigned j = (unsigned)(h >> 8 & 0xff) % leaf->n;
    if (j != i) {
        memcpy(cow__pair_at(leaf, i, env->type), cow__pair_at(leaf, j, env->type), env->type->pair.size);
        leaf->tags[i] = leaf->tags[j];
        if (env->type->stored_hash) cow__leaf_hashes(leaf, env->type)[i] = cow__leaf_hashes(leaf, env->type)[j];
        i = j;
    }
#endif
    leaf->tags[i] = (uint8_t)h;
    if (env->type->stored_hash) cow__leaf_hashes(leaf, env->type)[i] = (uint32_t)(h >> 32);
    return i;
}

COW__API void cow__leaf_remove(cow__node *leaf, unsigned i, const cow__env *env) {
    const cow__map_type *type = env->type;
    unsigned last = --leaf->n;
    if (i == last) return;
    cow__pair_move(cow__pair_at(leaf, i, type), cow__pair_at(leaf, last, type), type->pair.size);
    leaf->tags[i] = leaf->tags[last];
    if (type->stored_hash) cow__leaf_hashes(leaf, type)[i] = cow__leaf_hashes(leaf, type)[last];
}

/* ---- Inner nodes ---- */

#define COW__ALL_SLOTS ((1u << COW__FAN) - 1)

/* One reference more to, or one less from, the nodes in the slots that `slots` selects, whole runs of them. */
static void cow__slots_retain(const cow__inner *inner, uint32_t slots, const cow__map_type *type) {
    bool local = type->pair.local || COW__SINGLE_THREADED();
    for (cow__ref last = 0; slots; slots &= slots - 1) {
        cow__ref r = inner->slot[cow__lowest_bit(slots)];
        if (r != last) cow__rc_retain(cow__ref_rc(r), local);
        last = r;
    }
}

static void cow__slots_release(const cow__inner *inner, uint32_t slots, const cow__env *env) {
    bool local = env->type->pair.local || COW__SINGLE_THREADED();
    for (cow__ref last = 0; slots; slots &= slots - 1) {
        cow__ref r = inner->slot[cow__lowest_bit(slots)];
        if (r != last && cow__rc_release(cow__ref_rc(r), local)) cow__ref_destroy(r, env);
        last = r;
    }
}

COW__API cow__inner *cow__inner_borrow(cow__inner *from, bool counted, const cow__env *env) {
    bool local = env->type->pair.local;
    cow__inner *inner = cow__inner_new(env);
    if (!inner) return NULL;
    memcpy(inner->slot, from->slot, sizeof inner->slot);
    if (!from->base) {
        inner->base = from;
        if (!counted) cow__rc_retain(&from->rc, local);
        return inner;
    }
    inner->base = from->base;
    inner->own = from->own;
    inner->owned = from->owned;
    cow__rc_retain(&from->base->rc, local);
    cow__slots_retain(from, from->own, env->type);
    if (counted) cow__ref_release(cow__inner_ref(from), env);
    return inner;
}

/* The base is this node's alone: the slots it kept alive are counted here now, and those that were replaced are given up. */
static void cow__inner_adopt(cow__inner *inner, const cow__env *env) {
    cow__inner *base = inner->base;
    inner->base = NULL;
    cow__slots_release(base, inner->own, env);
    cow__inner_free(base, env);
}

COW__API void cow__inner_densify(cow__inner *inner, const cow__env *env) {
    cow__inner *base = inner->base;
    if (!base) return;
    if (cow__rc_unique(&base->rc)) {
        cow__inner_adopt(inner, env);
        return;
    }
    cow__slots_retain(inner, COW__ALL_SLOTS & ~(uint32_t)inner->own, env->type);
    inner->base = NULL;
    cow__ref_release(cow__inner_ref(base), env);
}

COW__API void cow__inner_open(cow__inner *inner, unsigned i, const cow__env *env) {
    if (!inner->base) return;
    if (cow__rc_unique(&inner->base->rc))
        cow__inner_adopt(inner, env);
    else if (!(inner->own >> i & 1) && inner->owned >= COW__OWN_MAX)
        cow__inner_densify(inner, env);
}

COW__API void cow__inner_set(cow__inner *inner, unsigned i, unsigned span, cow__ref r) {
    unsigned width = 1u << span, first = i & ~(width - 1);
    if (inner->base) {
        if (!(inner->own >> i & 1)) inner->owned++;
        inner->own = (uint16_t)(inner->own | ((1u << width) - 1) << first);
    }
    for (unsigned j = first; j < first + width; j++) inner->slot[j] = r;
}

/* ---- Counts and destruction ---- */

#if COW__DEBUG
COW__API void cow__ref_check(cow__ref r, const char *type, const char *mistake) {
    cow__watch_alive(cow__ref_is_leaf(r) ? &cow__ref_leaf(r)->watch : &cow__ref_inner(r)->watch, type, mistake);
}

COW__API void cow__ref_watch(cow__ref r, const cow__map_type *type) {
    if (cow__ref_is_leaf(r)) {
        cow__node *leaf = cow__ref_leaf(r);
        if (leaf->kind != COW__LEAF) return;
        cow__watch_share(&leaf->watch, cow__pair_at(leaf, 0, type), cow__pair_at(leaf, leaf->n, type), type->pair.name);
        return;
    }
    cow__inner *inner = cow__ref_inner(r);
    if (COW__LOAD(&inner->watched, COW__ACQUIRE)) return;
    for (unsigned i = 0; i < COW__FAN; i = cow__run_end(inner, i)) cow__ref_watch(inner->slot[i], type);
    COW__STORE(&inner->watched, 1u, COW__RELEASE);
}
#endif

/* A dead leaf or twig (told apart as references are) whose pairs wait to be dropped, as buffers do. It remembers this in
   what nothing else needs any more: a leaf's tags, a twig's links. */
typedef struct cow__doomed_pairs {
    uintptr_t next;
    const cow__map_type *type;
    const cow_alloc *alloc;
} cow__doomed_pairs;
static COW__THREAD_LOCAL uintptr_t cow__doomed_first;
COW__STATIC_ASSERT(sizeof(cow__doomed_pairs) <= COW__LEAF_TAGS, "cow: a dead leaf remembers its type in its tags");

static void cow__twig_destroy_one(uintptr_t t, const cow__env *env);

static void *cow__doomed_note(uintptr_t dead) {
    return cow__ref_is_leaf(dead) ? (void *)cow__ref_leaf(dead)->tags : (void *)dead;
}

static void cow__pairs_destroy_one(uintptr_t dead, const cow__env *env) {
    if (!cow__ref_is_leaf(dead)) {
        cow__twig_destroy_one(dead, env);
        return;
    }
    cow__node *leaf = cow__ref_leaf(dead);
    COW__LEAF_FORGET(leaf, env->type);
    cow__elements_drop(&env->type->pair, cow__pair_at(leaf, 0, env->type), cow__pair_at(leaf, leaf->n, env->type));
    cow__leaf_free(leaf, env);
}

COW__API void cow__destroy_waiting(void) {
    while (cow__doomed || cow__doomed_first) {
        cow__header *h = cow__doomed;
        uintptr_t dead = cow__doomed_first;
        if (h) {
            cow__doomed = (cow__header *)COW__LOAD(&h->limit, COW__RELAXED);
            cow__destroy_one(h);
        } else {
            cow__doomed_pairs d;
            memcpy(&d, cow__doomed_note(dead), sizeof d);
            cow__env env = {d.type, d.alloc, 0};
            cow__doomed_first = d.next;
            cow__pairs_destroy_one(dead, &env);
        }
    }
}

/* A level of maps takes more stack than one of buffers: the way down its tree. */
#define COW__EAGER_MAPS (COW__EAGER_LEVELS / 2)

/* Drops the pairs of a dead leaf or twig and frees it, or lets it wait when values are nested too deeply. */
static void cow__pairs_destroy(uintptr_t dead, const cow__env *env) {
    if (env->type->pair.drop && cow__destroy_level >= COW__EAGER_MAPS) {
        cow__doomed_pairs d = {cow__doomed_first, env->type, env->alloc};
        memcpy(cow__doomed_note(dead), &d, sizeof d);
        cow__doomed_first = dead;
        return;
    }
    cow__destroy_level++;
    cow__pairs_destroy_one(dead, env);
    if (cow__destroy_level == 1) cow__destroy_waiting();
    cow__destroy_level--;
}

static void cow__collision_destroy(cow__node *node, const cow__env *env);

static void cow__inner_destroy(cow__inner *inner, const cow__env *env) {
    cow__slots_release(inner, inner->base ? inner->own : COW__ALL_SLOTS, env);
    if (inner->base) cow__ref_release(cow__inner_ref(inner->base), env);
    cow__inner_free(inner, env);
}

COW__API void cow__ref_destroy(cow__ref r, const cow__env *env) {
    if (!cow__ref_is_leaf(r))
        cow__inner_destroy(cow__ref_inner(r), env);
    else if (cow__ref_leaf(r)->kind == COW__LEAF)
        cow__pairs_destroy(r, env);
    else
        cow__collision_destroy(cow__ref_leaf(r), env);
}

COW__END_C
#endif

/* collision: keys whose hashes are equal in all 64 bits. Floor 3, built on node.

   More than a leaf holds of them stand in a collision node: a persistent weight-balanced tree (Adams 1992, with the
   parameters that Hirai and Yamamoto proved in 2011) of twigs, a pair each. It is sorted when keys have an order, so
   100,000 keys under one hash stay cheap. Without an order a search looks at every twig. Pairs are reached by their rank,
   so both ways share the code that changes the tree. A change goes down once, making the path its own; when that fails, the
   tree holds what it held. */
#ifndef COW__COLLISION_H
#define COW__COLLISION_H


typedef struct cow__twig {
    cow__atomic_u32 rc;
    uint32_t size; /* twigs of this subtree */
    struct cow__twig *left, *right;
#if COW__DEBUG
    cow__watch watch;
#endif
#if COW__LIVE
    cow__live live;
#endif
} cow__twig;

/* Pairs need no more than plain alignment, which this keeps. */
#define COW__TWIG_PAIR ((sizeof(cow__twig) + 15) & ~(size_t)15)

static inline void *cow__twig_pair(const cow__twig *t) { return (char *)(uintptr_t)t + COW__TWIG_PAIR; }

/* The top of the tree stands where a leaf has its tags. */
static inline cow__twig *cow__collision_top(const cow__node *node) {
    cow__twig *top;
    memcpy(&top, node->tags, sizeof top);
    return top;
}

COW__BEGIN_C
/* The tree of a full leaf's pairs, which all have one hash. They are moved when `unique`, and the leaf is freed. */
COW__API cow__node *cow__collision_from(cow__node *leaf, bool unique, const cow__env *env);
/* The same tree under a node of its own. */
COW__API cow__node *cow__collision_copy(const cow__node *node, const cow__env *env);
/* A leaf of the pairs of a tree that is not larger than a leaf, in place of its unique node; NULL when memory runs out. */
COW__API cow__node *cow__collision_to_leaf(cow__node *node, uint64_t h, const cow__env *env);
COW__API size_t cow__collision_size(const cow__node *node);
/* The pair of rank `rank`, and the rank of `key` (COW_NPOS: it is not there, but belongs at *place). */
COW__API const void *cow__collision_at(const cow__node *node, size_t rank);
COW__API size_t cow__collision_rank(const cow__node *node, const void *key, size_t *place, const cow__env *env);
/* Of a unique node: the pair of rank `rank` for writing; a new pair at rank `rank`, not filled; a pair taken out to *out. */
COW__API void *cow__collision_reach(cow__node *node, size_t rank, const cow__env *env);
COW__API void *cow__collision_insert(cow__node *node, size_t rank, const cow__env *env);
COW__API bool cow__collision_remove(cow__node *node, size_t rank, void *out, const cow__env *env);
/* Bytes of the node and its twigs, but for those that the `n` nodes at `known` have as well; and of those that it alone
   holds. */
COW__API size_t cow__collision_bytes(const cow__node *node, const cow__node *const *known, size_t n,
                                     const cow__env *env);
COW__API size_t cow__collision_bytes_owned(const cow__node *node, const cow__env *env);
COW__API void cow__collision_freeze(cow__node *node, bool unique, const cow__env *env);
COW__END_C

#endif

#if defined(COW__IMPLEMENT) && !defined(COW__COLLISION_BODY)
#define COW__COLLISION_BODY
COW__BEGIN_C

/* ---- Twigs ---- */

static size_t cow__twig_size(const cow__twig *t) { return t ? t->size : 0; }

static size_t cow__twig_block(const cow__env *env) { return COW__TWIG_PAIR + env->type->pair.size; }

static cow__twig *cow__twig_new(const cow__env *env) {
    cow__twig *t = (cow__twig *)cow__node_allocate(cow__twig_block(env), env);
    if (!t) return NULL;
    COW__STORE(&t->rc, 1u, COW__RELAXED);
    t->size = 1;
    t->left = t->right = NULL;
    COW__NODE_BORN(t);
    COW__NODE_LIVE(t, cow__twig_block(env), env);
    return t;
}

static void cow__twig_free(cow__twig *t, const cow__env *env) {
    COW__NODE_DIES(t, env);
    COW__NODE_DEAD(t);
    cow__node_free(t, cow__twig_block(env), env);
}

static void cow__twig_retain(cow__twig *t, const cow__env *env) {
    if (t) cow__rc_retain(&t->rc, env->type->pair.local);
}

/* The depth of recursion is that of the tree: at most 2 * log2 of its size, if memory never ran out while it was balanced. */
static void cow__twig_release(cow__twig *t, const cow__env *env) {
    if (!t || !cow__rc_release(&t->rc, env->type->pair.local)) return;
    cow__twig_release(t->left, env);
    cow__twig_release(t->right, env);
    cow__pairs_destroy((uintptr_t)t, env);
}

static void cow__twig_destroy_one(uintptr_t t, const cow__env *env) {
    if (env->type->pair.drop) env->type->pair.drop(cow__twig_pair((cow__twig *)t));
    cow__twig_free((cow__twig *)t, env);
}
COW__STATIC_ASSERT(sizeof(cow__doomed_pairs) <= offsetof(cow__twig, right) + sizeof(void *),
                   "cow: a dead twig remembers its type in its fields");

/* Makes *at the caller's own. */
static bool cow__twig_own(cow__twig **at, const cow__env *env) {
    cow__twig *t = *at, *own;
    if (cow__rc_unique(&t->rc)) return true;
    own = cow__twig_new(env);
    if (!own) return false;
    if (!cow__elements_copy(&env->type->pair, cow__twig_pair(own), cow__twig_pair(t), 1)) {
        cow__twig_free(own, env);
        return false;
    }
    own->size = t->size;
    own->left = t->left;
    own->right = t->right;
    cow__twig_retain(t->left, env);
    cow__twig_retain(t->right, env);
    cow__twig_release(t, env);
    *at = own;
    cow__pairs_copied(1, env);
    return true;
}

static void cow__twig_measure(cow__twig *t) {
    t->size = (uint32_t)(1 + cow__twig_size(t->left) + cow__twig_size(t->right));
}

/* ---- Balance: neither side is more than 3 times as heavy as the other. A rotation that finds no memory is left out: the
   tree stays right, and is balanced by later changes. *at is the caller's own. ---- */

static bool cow__twig_heavy(const cow__twig *a, const cow__twig *b) {
    return cow__twig_size(a) + 1 > 3 * (cow__twig_size(b) + 1);
}

static bool cow__twig_rotate_right(cow__twig **at, const cow__env *env) {
    cow__twig *t = *at, *up;
    if (!cow__twig_own(&t->left, env)) return false;
    up = t->left;
    t->left = up->right;
    up->right = t;
    cow__twig_measure(t);
    cow__twig_measure(up);
    *at = up;
    return true;
}

static bool cow__twig_rotate_left(cow__twig **at, const cow__env *env) {
    cow__twig *t = *at, *up;
    if (!cow__twig_own(&t->right, env)) return false;
    up = t->right;
    t->right = up->left;
    up->left = t;
    cow__twig_measure(t);
    cow__twig_measure(up);
    *at = up;
    return true;
}

static bool cow__twig_inner_heavy(const cow__twig *inner, const cow__twig *outer) {
    return cow__twig_size(inner) + 1 >= 2 * (cow__twig_size(outer) + 1);
}

static void cow__twig_balance(cow__twig **at, const cow__env *env) {
    cow__twig *t = *at;
    cow__twig_measure(t);
    if (cow__twig_heavy(t->left, t->right)) {
        if (!cow__twig_own(&t->left, env)) return;
        if (cow__twig_inner_heavy(t->left->right, t->left->left)) (void)cow__twig_rotate_left(&t->left, env);
        (void)cow__twig_rotate_right(at, env);
    } else if (cow__twig_heavy(t->right, t->left)) {
        if (!cow__twig_own(&t->right, env)) return;
        if (cow__twig_inner_heavy(t->right->left, t->right->right)) (void)cow__twig_rotate_right(&t->right, env);
        (void)cow__twig_rotate_left(at, env);
    }
}

/* ---- Searching ---- */

static size_t cow__twig_rank_of_any(const cow__twig *t, const void *key, const cow__env *env) {
    if (!t) return COW_NPOS;
    if (env->type->equal(cow__twig_pair(t), key)) return cow__twig_size(t->left);
    size_t rank = cow__twig_rank_of_any(t->left, key, env);
    if (rank != COW_NPOS) return rank;
    rank = cow__twig_rank_of_any(t->right, key, env);
    return rank == COW_NPOS ? COW_NPOS : cow__twig_size(t->left) + 1 + rank;
}

/* Where `key` is or belongs. */
static size_t cow__twig_rank_in_order(const cow__twig *t, const void *key, bool *found, const cow__env *env) {
    size_t before = 0;
    *found = false;
    while (t && !*found) {
        int c = env->type->compare(key, cow__twig_pair(t));
        if (c < 0) {
            t = t->left;
            continue;
        }
        before += cow__twig_size(t->left);
        if (c == 0)
            *found = true;
        else
            before++;
        t = t->right;
    }
    return before;
}

COW__API size_t cow__collision_rank(const cow__node *node, const void *key, size_t *place, const cow__env *env) {
    bool found;
    *place = 0;
    if (!env->type->compare) return cow__twig_rank_of_any(cow__collision_top(node), key, env);
    *place = cow__twig_rank_in_order(cow__collision_top(node), key, &found, env);
    return found ? *place : COW_NPOS;
}

COW__API size_t cow__collision_size(const cow__node *node) { return cow__twig_size(cow__collision_top(node)); }

COW__API const void *cow__collision_at(const cow__node *node, size_t rank) {
    const cow__twig *t = cow__collision_top(node);
    for (;;) {
        size_t before = cow__twig_size(t->left);
        if (rank == before) return cow__twig_pair(t);
        t = rank < before ? t->left : t->right;
        if (rank > before) rank -= before + 1;
    }
}

/* ---- Changing ---- */

COW__API void *cow__collision_reach(cow__node *node, size_t rank, const cow__env *env) {
    cow__twig *top = cow__collision_top(node), **at = &top;
    bool owned;
    while ((owned = cow__twig_own(at, env))) {
        cow__twig *t = *at;
        size_t before = cow__twig_size(t->left);
        if (rank == before) break;
        at = rank < before ? &t->left : &t->right;
        if (rank > before) rank -= before + 1;
    }
    memcpy(node->tags, &top, sizeof top);
    return owned ? cow__twig_pair(*at) : NULL;
}

/* Puts `fresh` at rank `rank`. Nothing has changed when it fails. */
static bool cow__twig_insert(cow__twig **at, size_t rank, cow__twig *fresh, const cow__env *env) {
    if (!*at) {
        *at = fresh;
        return true;
    }
    if (!cow__twig_own(at, env)) return false;
    cow__twig *t = *at;
    size_t before = cow__twig_size(t->left);
    if (!(rank <= before ? cow__twig_insert(&t->left, rank, fresh, env)
                         : cow__twig_insert(&t->right, rank - before - 1, fresh, env)))
        return false;
    cow__twig_balance(at, env);
    return true;
}

COW__API void *cow__collision_insert(cow__node *node, size_t rank, const cow__env *env) {
    cow__twig *top = cow__collision_top(node), *fresh;
    if (cow__twig_size(top) == UINT32_MAX) return (void)cow__fail(COW_RANGE), (void *)NULL;
    fresh = cow__twig_new(env);
    if (!fresh) return NULL;
    bool inserted = cow__twig_insert(&top, rank, fresh, env);
    memcpy(node->tags, &top, sizeof top);
    if (inserted) return cow__twig_pair(fresh);
    cow__twig_free(fresh, env);
    return NULL;
}

/* Takes the twig of rank `rank` out of the tree, for the caller, who owns it alone. NULL when memory ran out. */
static cow__twig *cow__twig_remove(cow__twig **at, size_t rank, const cow__env *env) {
    if (!cow__twig_own(at, env)) return NULL;
    cow__twig *t = *at, *out = t;
    size_t before = cow__twig_size(t->left);
    if (rank < before) {
        out = cow__twig_remove(&t->left, rank, env);
    } else if (rank > before) {
        out = cow__twig_remove(&t->right, rank - before - 1, env);
    } else if (!t->left || !t->right) {
        *at = t->left ? t->left : t->right;
        return out;
    } else {
        cow__twig *next = cow__twig_remove(&t->right, 0, env);
        if (!next) return NULL;
        next->left = t->left;
        next->right = t->right;
        *at = next;
    }
    if (out) cow__twig_balance(at, env);
    return out;
}

COW__API bool cow__collision_remove(cow__node *node, size_t rank, void *out, const cow__env *env) {
    cow__twig *top = cow__collision_top(node), *t = cow__twig_remove(&top, rank, env);
    memcpy(node->tags, &top, sizeof top);
    if (!t) return false;
    memcpy(out, cow__twig_pair(t), env->type->pair.size);
    cow__twig_free(t, env);
    return true;
}

/* ---- Making and unmaking ---- */

static cow__node *cow__collision_new(cow__twig *top, const cow__env *env) {
    cow__node *node = cow__leaf_new(env, 0);
    if (!node) return NULL;
    node->kind = COW__COLLISION;
    memcpy(node->tags, &top, sizeof top);
    return node;
}

COW__API cow__node *cow__collision_copy(const cow__node *node, const cow__env *env) {
    cow__node *copy = cow__collision_new(cow__collision_top(node), env);
    if (copy) cow__twig_retain(cow__collision_top(node), env);
    return copy;
}

static void cow__collision_destroy(cow__node *node, const cow__env *env) {
    cow__twig_release(cow__collision_top(node), env);
    cow__leaf_free(node, env);
}

/* Memory for `n` twigs; all or none. */
static bool cow__twigs_new(cow__twig **twigs, unsigned n, const cow__env *env) {
    for (unsigned i = 0; i < n; i++) {
        twigs[i] = cow__twig_new(env);
        if (twigs[i]) continue;
        while (i--) cow__twig_free(twigs[i], env);
        return false;
    }
    return true;
}

/* Fills the twigs with copies of a leaf's pairs; all or none. */
static bool cow__twigs_copy(cow__twig **twigs, const cow__node *leaf, const cow__env *env) {
    const cow_type *pair = &env->type->pair;
    for (unsigned i = 0; i < leaf->n; i++) {
        if (cow__elements_copy(pair, cow__twig_pair(twigs[i]), cow__pair_at(leaf, i, env->type), 1)) continue;
        while (i--)
            if (pair->drop) pair->drop(cow__twig_pair(twigs[i]));
        return false;
    }
    return true;
}

/* Links twigs that are filled. Nobody else holds one of them, so nothing can fail. */
static cow__twig *cow__twigs_link(cow__twig **twigs, unsigned n, const cow__env *env) {
    cow__twig *top = NULL;
    for (unsigned i = 0; i < n; i++) {
        bool found;
        size_t rank = 0;
        if (env->type->compare) rank = cow__twig_rank_in_order(top, cow__twig_pair(twigs[i]), &found, env);
        (void)cow__twig_insert(&top, rank, twigs[i], env);
    }
    return top;
}

COW__API cow__node *cow__collision_from(cow__node *leaf, bool unique, const cow__env *env) {
    cow__twig *twigs[COW__LEAF_MAX], *top;
    cow__node *node = cow__collision_new(NULL, env);
    unsigned n = leaf->n;
    if (!node) return NULL;
    if (!cow__twigs_new(twigs, n, env)) goto free_node;
    if (unique) {
        for (unsigned i = 0; i < n; i++)
            memcpy(cow__twig_pair(twigs[i]), cow__pair_at(leaf, i, env->type), env->type->pair.size);
        cow__leaf_free(leaf, env);
    } else if (!cow__twigs_copy(twigs, leaf, env)) {
        goto free_twigs;
    }
    top = cow__twigs_link(twigs, n, env);
    memcpy(node->tags, &top, sizeof top);
    return node;
free_twigs:
    for (unsigned i = 0; i < n; i++) cow__twig_free(twigs[i], env);
free_node:
    cow__leaf_free(node, env);
    return NULL;
}

COW__API cow__node *cow__collision_to_leaf(cow__node *node, uint64_t h, const cow__env *env) {
    const cow_type *pair = &env->type->pair;
    unsigned n = (unsigned)cow__collision_size(node);
    cow__node *leaf = cow__leaf_new(env, cow__leaf_room(n));
    if (!leaf) return NULL;
    for (unsigned i = 0; i < n; i++) {
        char *to = cow__pair_at(leaf, i, env->type);
        if (!cow__elements_copy(pair, to, cow__collision_at(node, i), 1)) {
            cow__elements_drop(pair, cow__pair_at(leaf, 0, env->type), to);
            cow__leaf_free(leaf, env);
            return NULL;
        }
    }
    memset(leaf->tags, (uint8_t)h, n);
    leaf->n = (uint8_t)n;
    for (unsigned i = 0; env->type->stored_hash && i < n; i++)
        cow__leaf_hashes(leaf, env->type)[i] = (uint32_t)(h >> 32);
    cow__pairs_copied(n, env);
    cow__ref_release(cow__leaf_ref(node), env);
    return leaf;
}

/* ---- Walks ---- */

/* Whether a tree has this very twig, and so all that is below it. */
static bool cow__collision_has(const cow__node *node, const cow__twig *t, const cow__env *env) {
    size_t place, rank = cow__collision_rank(node, cow__twig_pair(t), &place, env);
    return rank != COW_NPOS && cow__collision_at(node, rank) == cow__twig_pair(t);
}

static size_t cow__twig_bytes(const cow__twig *t, const cow__node *const *known, size_t n, const cow__env *env) {
    if (!t) return 0;
    for (size_t i = 0; i < n; i++)
        if (cow__collision_has(known[i], t, env)) return 0;
    return cow__twig_block(env) + cow__twig_bytes(t->left, known, n, env) + cow__twig_bytes(t->right, known, n, env);
}

COW__API size_t cow__collision_bytes(const cow__node *node, const cow__node *const *known, size_t n,
                                     const cow__env *env) {
    return cow__leaf_size(0, env->type) + cow__twig_bytes(cow__collision_top(node), known, n, env);
}

static size_t cow__twig_bytes_owned(const cow__twig *t, const cow__env *env) {
    if (!t || !cow__rc_unique((cow__atomic_u32 *)(uintptr_t)&t->rc)) return 0;
    return cow__twig_block(env) + cow__twig_bytes_owned(t->left, env) + cow__twig_bytes_owned(t->right, env);
}

COW__API size_t cow__collision_bytes_owned(const cow__node *node, const cow__env *env) {
    return cow__leaf_size(0, env->type) + cow__twig_bytes_owned(cow__collision_top(node), env);
}

static void cow__twig_freeze(cow__twig *t, bool unique, const cow__env *env) {
    if (!t) return;
    unique = unique && cow__rc_unique(&t->rc);
    cow__twig_freeze(t->left, unique, env);
    cow__twig_freeze(t->right, unique, env);
    if (unique && env->type->pair.freeze) env->type->pair.freeze(cow__twig_pair(t));
    cow__rc_saturate(&t->rc);
    COW__NODE_FROZEN(t);
    COW__FORGET_LEAK(t);
}

COW__API void cow__collision_freeze(cow__node *node, bool unique, const cow__env *env) {
    cow__twig_freeze(cow__collision_top(node), unique, env);
}

COW__END_C
#endif

/* map_core: what all typed maps share: the way down, splitting, merging. Floor 4, built on collision.

   A change goes down from the root once. It makes every node of its path its own, in place while they are unshared, and
   links each copy at once: so when memory runs out on the way, the map holds what it held. */
#ifndef COW__MAP_CORE_H
#define COW__MAP_CORE_H


/* What a typed map is. All-zero is empty. `from` is the allocator, 0 for the type's own; its bit 0 marks a frozen value. */
typedef struct cow__map {
    cow__ref root;
    size_t n;
    uint64_t seed;
    uintptr_t from;
} cow__map;

#define COW__MAP_FROZEN ((uintptr_t)1)

static inline const cow_alloc *cow__map_alloc(const cow__map *m, const cow__map_type *type) {
    const cow_alloc *own = (const cow_alloc *)(m->from & ~COW__MAP_FROZEN);
    return own ? own : type->pair.alloc;
}

static inline cow__env cow__map_env(const cow__map *m, const cow__map_type *type) {
    cow__env env;
    env.type = type;
    env.alloc = cow__map_alloc(m, type);
    env.seed = m->seed;
    return env;
}

/* A frozen root is not counted by its handle, nor is it unshared. */
static inline bool cow__map_root_counted(const cow__map *m) { return (m->from & COW__MAP_FROZEN) == 0; }

/* Room for a pair outside any node: on the stack for a small one, else from the map's allocator. */
typedef struct cow__loose {
    max_align_t small[256 / sizeof(max_align_t)];
    void *pair, *block;
    size_t size;
} cow__loose;

/* The way from the root to a pair: inner nodes, and the slot taken in each. */
typedef struct cow__path {
    cow__inner *inner[COW__LEVELS];
    uint8_t slot[COW__LEVELS];
    unsigned depth;
    cow__node *leaf; /* or a collision node */
    size_t at;       /* the pair's place in the leaf, or rank in the tree */
} cow__path;

COW__BEGIN_C
/* Makes the value and its nodes immortal. */
COW__API void cow__map_freeze(cow__map *m, const cow__map_type *type);
/* The pair of `key`, for reading; NULL when there is none. */
COW__API const void *cow__map_find(const cow__map *m, const void *key, uint64_t h, const cow__map_type *type);
COW__API const void *cow__map_find_below(cow__ref r, unsigned shift, const void *key, uint64_t h, const cow__env *env);
/* The same by another kind of key; `equal` is given a key of the map and `probe`. */
COW__API const void *cow__map_find_as(const cow__map *m, uint64_t h, cow_equal_fn equal, const void *probe,
                                      const cow__map_type *type);
/* The pair of `key`, for writing: the map owns its path alone. NULL with COW_ABSENT, COW_NOMEM or COW_HOOK. */
COW__API void *cow__map_reach(cow__map *m, const void *key, uint64_t h, const cow__map_type *type);
/* The same, with a pair made for a key that is absent: the caller fills it at once. */
COW__API void *cow__map_enter(cow__map *m, const void *key, uint64_t h, bool *inserted, const cow__map_type *type);
/* Removes the pair of `key` and moves it to *out. */
COW__API bool cow__map_remove(cow__map *m, const void *key, uint64_t h, void *out, const cow__map_type *type);
/* The same, and drops it. */
COW__API bool cow__map_discard(cow__map *m, const void *key, uint64_t h, const cow__map_type *type);
/* Moves *pair into the map. Of a key that is there, the value is replaced and the key stays. */
COW__API bool cow__map_store(cow__map *m, void *pair, uint64_t h, const cow__map_type *type);
/* Stores a copy of *pair, which may be of another map. */
COW__API bool cow__map_store_copy(cow__map *m, const void *pair, const cow__map_type *type);
/* Room for a pair, and its end. NULL with COW_NOMEM. */
COW__API void *cow__loose_begin(cow__loose *l, const cow_type *pair, const cow_alloc *alloc);
COW__API void cow__loose_end(cow__loose *l, const cow_alloc *alloc);
/* Makes every node the map's own. */
COW__API bool cow__map_own(cow__map *m, const cow__map_type *type);
/* Lets go of what only the bases of its own nodes keep alive. */
COW__API void cow__map_compact(cow__map *m, const cow__map_type *type);
COW__END_C

/* The seed its keys are hashed with; an empty map has none yet, and takes the process's. */
static inline uint64_t cow__map_seed(const cow__map *m) { return m->root ? m->seed : cow_seed(); }

/* One more value of the same nodes. Cost: one increment. */
static inline cow__map cow__map_copy(const cow__map *m, const cow__map_type *type) {
    if (!m->root) return *m;
    COW__REF_WATCH(m->root, type);
    if (cow__map_root_counted(m)) {
        cow__rc_retain(cow__ref_rc(m->root), type->pair.local);
        COW__COUNT(RETAINS, 1);
    }
    return *m;
}

/* One value less; leaves it empty. */
static inline void cow__map_drop(cow__map *m, const cow__map_type *type) {
    cow__map old = *m;
    m->root = 0;
    m->n = 0;
    m->from &= ~COW__MAP_FROZEN;
    if (!old.root || !cow__map_root_counted(&old) || !cow__rc_release(cow__ref_rc(old.root), type->pair.local)) return;
    cow__env env = cow__map_env(&old, type);
    cow__ref_destroy(old.root, &env);
}

#endif

#if defined(COW__IMPLEMENT) && !defined(COW__MAP_CORE_BODY)
#define COW__MAP_CORE_BODY
COW__BEGIN_C

/* Ends an operation: the result takes the place of *m, or is given up. */
static bool cow__map_conclude(cow__map *m, cow__map *result, bool ok, const cow__map_type *type) {
    cow__map old = *m;
    if (ok)
        *m = *result;
    else
        old = *result;
    cow__map_drop(&old, type);
    return ok;
}

static cow__map cow__map_empty_like(const cow__map *m) {
    cow__map empty = {0, 0, 0, m->from & ~COW__MAP_FROZEN};
    return empty;
}

/* ---- Finding ---- */

COW__API const void *cow__map_find_below(cow__ref r, unsigned shift, const void *key, uint64_t h, const cow__env *env) {
    while (!cow__ref_is_leaf(r)) {
        shift -= COW__FAN_BITS;
        r = cow__ref_inner(r)->slot[h >> shift & (COW__FAN - 1)];
    }
    const cow__node *leaf = cow__ref_leaf(r);
    if (leaf->kind == COW__COLLISION) {
        size_t place, rank = cow__collision_rank(leaf, key, &place, env);
        return rank == COW_NPOS ? NULL : cow__collision_at(leaf, rank);
    }
    unsigned i = cow__leaf_find(leaf, key, h, env);
    return i == COW__LEAF_MAX ? NULL : cow__pair_at(leaf, i, env->type);
}

COW__API const void *cow__map_find(const cow__map *m, const void *key, uint64_t h, const cow__map_type *type) {
    cow__env env = cow__map_env(m, type);
    return m->root ? cow__map_find_below(m->root, 64, key, h, &env) : NULL;
}

/* An order of keys says nothing of other kinds: so a collision node is searched twig by twig. */
COW__API const void *cow__map_find_as(const cow__map *m, uint64_t h, cow_equal_fn equal, const void *probe,
                                      const cow__map_type *type) {
    cow__map_type other = *type;
    other.equal = equal;
    other.compare = NULL;
    return cow__map_find(m, probe, h, &other);
}

/* ---- The way down for writers ---- */

/* A reference that a writer is about to follow: the slot it stands in, and whether it is counted there. */
typedef struct cow__spot {
    cow__map *map;
    cow__ref *slot;
    cow__inner *parent; /* NULL: the slot is the map's root */
    unsigned index, shift;
    bool counted;
} cow__spot;

static cow__spot cow__spot_root(cow__map *m) {
    cow__spot s = {m, &m->root, NULL, 0, 64, cow__map_root_counted(m)};
    return s;
}

static cow__ref cow__spot_ref(const cow__spot *s) { return *s->slot; }

static bool cow__spot_unique(const cow__spot *s) { return s->counted && cow__rc_unique(cow__ref_rc(cow__spot_ref(s))); }

static void cow__spot_set(cow__spot *s, unsigned span, cow__ref r) {
    if (s->parent) {
        cow__inner_set(s->parent, s->index, span, r);
    } else {
        *s->slot = r;
        s->map->from &= ~COW__MAP_FROZEN;
    }
    s->counted = true;
}

/* Makes the inner node at `s` the map's own. */
static cow__inner *cow__spot_own_inner(cow__spot *s, const cow__env *env) {
    cow__inner *inner = cow__ref_inner(cow__spot_ref(s));
    if (!cow__spot_unique(s)) {
        inner = cow__inner_borrow(inner, s->counted, env);
        if (!inner) return NULL;
        cow__spot_set(s, 0, cow__inner_ref(inner));
    }
    COW__NODE_UNWATCH(inner);
    return inner;
}

/* The same, and goes on to the slot of hash `h` below it. */
static bool cow__spot_descend(cow__spot *s, uint64_t h, const cow__env *env) {
    cow__inner *inner = cow__spot_own_inner(s, env);
    if (!inner) return false;
    s->shift -= COW__FAN_BITS;
    s->index = (unsigned)(h >> s->shift) & (COW__FAN - 1);
    s->parent = inner;
    s->slot = &inner->slot[s->index];
    cow__inner_open(inner, s->index, env);
    s->counted = cow__slot_counted(inner, s->index);
    return true;
}

static bool cow__spot_down(cow__spot *s, uint64_t h, cow__path *path, const cow__env *env) {
    while (!cow__ref_is_leaf(cow__spot_ref(s))) {
        if (!cow__spot_descend(s, h, env)) return false;
        path->inner[path->depth] = s->parent;
        path->slot[path->depth++] = (uint8_t)s->index;
    }
    path->leaf = cow__ref_leaf(cow__spot_ref(s));
    return true;
}

/* Puts a new leaf in the place of the one at `s`, which is given up unless it was moved from. */
static void cow__spot_replace(cow__spot *s, const cow__node *fresh, bool moved, const cow__env *env) {
    cow__ref old = cow__spot_ref(s);
    bool counted = s->counted && !moved;
    cow__spot_set(s, fresh->span, cow__leaf_ref(fresh));
    if (counted) cow__ref_release(old, env);
}

/* Makes the leaf at `s` the map's own, with room for `n` pairs. */
static cow__node *cow__spot_own_leaf(cow__spot *s, unsigned n, const cow__env *env) {
    cow__node *leaf = cow__ref_leaf(cow__spot_ref(s)), *fresh;
    bool unique = cow__spot_unique(s);
    if (unique) COW__LEAF_FORGET(leaf, env->type);
    if (unique && n <= leaf->cap) return leaf;
    fresh = unique ? cow__leaf_move(leaf, n, env) : cow__leaf_copy(leaf, n, env);
    if (fresh) cow__spot_replace(s, fresh, unique, env);
    return fresh;
}

/* The same for a collision node. */
static cow__node *cow__spot_own_collision(cow__spot *s, const cow__env *env) {
    cow__node *node = cow__ref_leaf(cow__spot_ref(s)), *fresh;
    if (cow__spot_unique(s)) return node;
    fresh = cow__collision_copy(node, env);
    if (fresh) cow__spot_replace(s, fresh, false, env);
    return fresh;
}

/* ---- Splitting ---- */

/* Which pairs of a full leaf go to the upper half: those whose hash has `bit` set. */
static uint32_t cow__leaf_upper(const cow__node *leaf, unsigned bit, const cow__env *env) {
    const cow__map_type *type = env->type;
    uint32_t upper = 0;
    if (!type->stored_hash || bit < 32) return type->upper(cow__pair_at(leaf, 0, type), leaf->n, bit, env->seed);
    for (unsigned i = 0; i < leaf->n; i++) upper |= (cow__leaf_hashes(leaf, type)[i] >> (bit - 32) & 1) << i;
    return upper;
}

/* Appends pair `i` of `from`, bitwise or by the copy hooks. */
static bool cow__leaf_append_from(cow__node *leaf, const cow__node *from, unsigned i, bool move, const cow__env *env) {
    const cow__map_type *type = env->type;
    char *to = cow__pair_at(leaf, leaf->n, type), *pair = cow__pair_at(from, i, type);
    if (move)
        cow__pair_move(to, pair, type->pair.size);
    else if (!cow__elements_copy(&type->pair, to, pair, 1))
        return false;
    leaf->tags[leaf->n] = from->tags[i];
    if (type->stored_hash) cow__leaf_hashes(leaf, type)[leaf->n] = cow__leaf_hashes(from, type)[i];
    leaf->n++;
    return true;
}

/* Drops the pairs of a new leaf and frees it. */
static void cow__leaf_undo(cow__node *leaf, const cow__env *env) {
    const cow__map_type *type = env->type;
    cow__elements_drop(&type->pair, cow__pair_at(leaf, 0, type), cow__pair_at(leaf, leaf->n, type));
    cow__leaf_free(leaf, env);
}

/* Deals the pairs of a leaf out to its halves, bitwise: all that a bulk load does beside appending. */
static void cow__leaf_deal(const cow__node *leaf, uint32_t upper, cow__node *const half[2], const cow__env *env) {
    const cow__map_type *type = env->type;
    size_t size = type->pair.size;
    const char *from = cow__pair_at(leaf, 0, type);
    char *to[2] = {cow__pair_at(half[0], 0, type), cow__pair_at(half[1], 0, type)};
    for (unsigned i = 0; i < leaf->n; i++, from += size) {
        unsigned which = upper >> i & 1, at = half[which]->n++;
        cow__pair_move(to[which], from, size);
        to[which] += size;
        half[which]->tags[at] = leaf->tags[i];
        if (type->stored_hash) cow__leaf_hashes(half[which], type)[at] = cow__leaf_hashes(leaf, type)[i];
    }
}

/* The same by the copy hooks. */
static bool cow__leaf_deal_copies(const cow__node *leaf, uint32_t upper, cow__node *const half[2],
                                  const cow__env *env) {
    for (unsigned i = 0; i < leaf->n; i++)
        if (!cow__leaf_append_from(half[upper >> i & 1], leaf, i, false, env)) return false;
    cow__pairs_copied(leaf->n, env);
    return true;
}

/* Two empty leaves for `n` pairs, `upper` of which go to the second, each with room for one more. */
static bool cow__leaf_halves(const cow__node *leaf, unsigned upper, cow__node *half[2], const cow__env *env) {
    unsigned n[2] = {leaf->n - upper, upper};
    for (unsigned i = 0; i < 2; i++) {
        half[i] = cow__leaf_new(env, cow__leaf_room(n[i] && n[i] < COW__LEAF_MAX ? n[i] + 1 : n[i]));
        if (!half[i]) {
            if (i) cow__leaf_free(half[0], env);
            return false;
        }
        half[i]->span = (uint8_t)(leaf->span - 1);
    }
    return true;
}

/* Puts two leaves in the slots of the one at `s`, which has a span. */
static bool cow__spot_halve(cow__spot *s, const cow__env *env) {
    cow__node *leaf = cow__ref_leaf(cow__spot_ref(s)), *half[2];
    bool unique = cow__spot_unique(s), counted = s->counted && !unique;
    unsigned width = 1u << leaf->span, first = s->index & ~(width - 1);
    uint32_t upper = cow__leaf_upper(leaf, s->shift + leaf->span - 1u, env);
    if (!cow__leaf_halves(leaf, cow__count_bits(upper), half, env)) return false;
    if (unique) {
        cow__leaf_deal(leaf, upper, half, env);
    } else if (!cow__leaf_deal_copies(leaf, upper, half, env)) {
        cow__leaf_undo(half[0], env);
        cow__leaf_undo(half[1], env);
        return false;
    }
    cow__inner_set(s->parent, first, half[0]->span, cow__leaf_ref(half[0]));
    cow__inner_set(s->parent, first + width / 2, half[1]->span, cow__leaf_ref(half[1]));
    s->counted = true;
    if (unique) cow__leaf_free(leaf, env);
    if (counted) cow__ref_release(cow__leaf_ref(leaf), env);
    return true;
}

/* Puts the leaf at `s`, which has a single slot, below an inner node of its own. */
static bool cow__spot_deepen(cow__spot *s, const cow__env *env) {
    cow__node *leaf = cow__ref_leaf(cow__spot_ref(s));
    leaf = cow__spot_own_leaf(s, leaf->n, env);
    if (!leaf) return false;
    cow__inner *inner = cow__inner_new(env);
    if (!inner) return false;
    leaf->span = COW__FAN_BITS;
    cow__inner_set(inner, 0, COW__FAN_BITS, cow__leaf_ref(leaf));
    cow__spot_set(s, 0, cow__inner_ref(inner));
    return true;
}

/* One step towards room beside the full leaf at `s`: halves it; below a new inner node first when it has a single slot;
   where the hash has no more bits, makes it a tree. Halving may leave one half full. */
static bool cow__spot_split(cow__spot *s, const cow__env *env) {
    cow__node *leaf = cow__ref_leaf(cow__spot_ref(s)), *tree;
    if (leaf->span) return cow__spot_halve(s, env);
    if (s->shift) return cow__spot_deepen(s, env);
    bool unique = cow__spot_unique(s);
    tree = cow__collision_from(leaf, unique, env);
    if (tree) cow__spot_replace(s, tree, unique, env);
    return tree != NULL;
}

/* ---- Reaching a pair ---- */

/* Looks for `key` in the leaf or collision node at the end of a path: path->at is where it is. False: it is not there, but
   belongs at *place of a collision node. */
static bool cow__path_find(cow__path *path, const void *key, uint64_t h, size_t *place, const cow__env *env) {
    *place = 0;
    if (path->leaf->kind == COW__COLLISION) {
        path->at = cow__collision_rank(path->leaf, key, place, env);
        return path->at != COW_NPOS;
    }
    path->at = cow__leaf_find(path->leaf, key, h, env);
    return path->at != COW__LEAF_MAX;
}

/* The pair that was found, the map's own from now on. */
static void *cow__path_own(cow__path *path, cow__spot *s, const cow__env *env) {
    bool collides = path->leaf->kind == COW__COLLISION;
    path->leaf = collides ? cow__spot_own_collision(s, env) : cow__spot_own_leaf(s, path->leaf->n, env);
    if (!path->leaf) return NULL;
    return collides ? cow__collision_reach(path->leaf, path->at, env) : cow__pair_at(path->leaf, path->at, env->type);
}

/* The pair of a key that is there. Looks before it changes anything: a key that is absent costs no copy. */
static void *cow__map_path(cow__map *m, const void *key, uint64_t h, cow__path *path, const cow__env *env) {
    cow__spot s = cow__spot_root(m);
    size_t place;
    path->depth = 0;
    if (!m->root || !cow__map_find_below(m->root, 64, key, h, env)) return (void)cow__fail(COW_ABSENT), (void *)NULL;
    if (!cow__spot_down(&s, h, path, env)) return NULL;
    /* A hash or equality that lies may say something else this time. */
    if (!cow__path_find(path, key, h, &place, env)) return (void)cow__fail(COW_ABSENT), (void *)NULL;
    return cow__path_own(path, &s, env);
}

COW__API void *cow__map_reach(cow__map *m, const void *key, uint64_t h, const cow__map_type *type) {
    cow__env env = cow__map_env(m, type);
    cow__path path;
    return cow__map_path(m, key, h, &path, &env);
}

/* The first leaf of an empty map. */
static bool cow__map_begin(cow__map *m, const cow__env *env) {
    cow__node *leaf = cow__leaf_new(env, cow__leaf_room(1));
    if (leaf) m->root = cow__leaf_ref(leaf);
    return leaf != NULL;
}

/* A new pair in the leaf at `s`, which has room or may grow. */
static void *cow__spot_append(cow__spot *s, unsigned n, uint64_t h, const cow__env *env) {
    cow__node *leaf = cow__spot_own_leaf(s, n + 1, env);
    return leaf ? cow__pair_at(leaf, cow__leaf_append(leaf, h, env), env->type) : NULL;
}

/* A new pair at rank `place` of the collision node at `s`. */
static void *cow__spot_collide(cow__spot *s, size_t place, const cow__env *env) {
    cow_error_code before = cow_error();
    cow__node *node = cow__spot_own_collision(s, env);
    void *pair = node ? cow__collision_insert(node, place, env) : NULL;
    if (pair) cow__set_error(before);
    return pair;
}

COW__API void *cow__map_enter(cow__map *m, const void *key, uint64_t h, bool *inserted, const cow__map_type *type) {
    cow__env env = cow__map_env(m, type);
    cow__path path;
    path.depth = 0;
    *inserted = false;
    if (!m->root && !cow__map_begin(m, &env)) return NULL;
    cow__spot s = cow__spot_root(m);
    while (cow__spot_down(&s, h, &path, &env)) {
        unsigned n = path.leaf->n;
        bool collides = path.leaf->kind == COW__COLLISION;
        size_t place;
        if (cow__path_find(&path, key, h, &place, &env)) return cow__path_own(&path, &s, &env);
        if (collides || n < COW__LEAF_MAX) {
            void *pair = collides ? cow__spot_collide(&s, place, &env) : cow__spot_append(&s, n, h, &env);
            *inserted = pair != NULL;
            m->n += *inserted;
            return pair;
        }
        if (!cow__spot_split(&s, &env)) break;
    }
    return NULL;
}

/* ---- Removing ---- */

/* The other leaf of the pair of halves that `leaf`, in slot `i`, belongs to; NULL when it is split further. */
static cow__node *cow__leaf_buddy(const cow__inner *inner, unsigned i, const cow__node *leaf) {
    cow__ref r = inner->slot[i ^ (1u << leaf->span)];
    if (!cow__ref_is_leaf(r)) return NULL;
    cow__node *buddy = cow__ref_leaf(r);
    return buddy->kind == COW__LEAF && buddy->span == leaf->span ? buddy : NULL;
}

/* A leaf of both halves' pairs: `leaf` itself when it has room. It is the map's own; `buddy` is moved from when `unique`.
   NULL, and nothing has changed, when memory runs out or a hook fails: merging can wait. */
static cow__node *cow__leaf_merge(cow__node *leaf, const cow__node *buddy, bool unique, const cow__env *env) {
    unsigned total = leaf->n + buddy->n, before = leaf->n;
    cow__node *to = total > leaf->cap ? cow__leaf_new(env, cow__leaf_room(total)) : leaf;
    if (!to) return NULL;
    for (unsigned i = 0; i < buddy->n; i++) {
        if (cow__leaf_append_from(to, buddy, i, unique, env)) continue;
        char *first = cow__pair_at(to, to == leaf ? before : 0, env->type);
        cow__elements_drop(&env->type->pair, first, cow__pair_at(to, to->n, env->type));
        if (to == leaf)
            leaf->n = (uint8_t)before;
        else
            cow__leaf_free(to, env);
        return NULL;
    }
    if (!unique) cow__pairs_copied(buddy->n, env);
    if (to == leaf) return leaf;
    for (unsigned i = 0; i < before; i++) (void)cow__leaf_append_from(to, leaf, i, true, env);
    to->span = leaf->span;
    cow__leaf_free(leaf, env);
    return to;
}

/* Joins a small leaf with the other half of what was once one leaf. False: they stay two. */
static bool cow__path_join(cow__path *path, const cow__env *env) {
    cow__inner *inner = path->inner[path->depth - 1];
    unsigned i = path->slot[path->depth - 1], other = i ^ (1u << path->leaf->span);
    cow__node *buddy = cow__leaf_buddy(inner, i, path->leaf), *leaf;
    if (!buddy || buddy->n + path->leaf->n > COW__LEAF_MAX / 2) return false;
    bool counted = cow__slot_counted(inner, other);
    bool unique = counted && cow__rc_unique(&buddy->rc);
    leaf = cow__leaf_merge(path->leaf, buddy, unique, env);
    if (!leaf) return false;
    leaf->span++;
    cow__inner_set(inner, i, leaf->span, cow__leaf_ref(leaf));
    if (unique)
        cow__leaf_free(buddy, env);
    else if (counted)
        cow__ref_release(cow__leaf_ref(buddy), env);
    path->leaf = leaf;
    return true;
}

/* Puts the leaf, which is alone in its inner node, in that node's place. */
static void cow__path_collapse(cow__map *m, cow__path *path, const cow__env *env) {
    cow__inner *inner = path->inner[--path->depth];
    path->leaf->span = 0;
    if (path->depth)
        cow__inner_set(path->inner[path->depth - 1], path->slot[path->depth - 1], 0, cow__leaf_ref(path->leaf));
    else
        m->root = cow__leaf_ref(path->leaf);
    if (inner->base) cow__ref_release(cow__inner_ref(inner->base), env);
    cow__inner_free(inner, env);
}

/* Keeps the tree small after a removal: at most a quarter full, a leaf joins its other half when both fit into half a leaf. */
static void cow__path_merge(cow__map *m, cow__path *path, const cow__env *env) {
    while (path->depth && path->leaf->n <= COW__LEAF_MAX / 4) {
        if (path->leaf->span == COW__FAN_BITS)
            cow__path_collapse(m, path, env);
        else if (!cow__path_join(path, env))
            return;
    }
}

/* Takes the reached pair out of a leaf or tree. */
static bool cow__path_remove(cow__path *path, uint64_t h, void *out, const cow__env *env) {
    cow__node *node = path->leaf;
    if (node->kind == COW__LEAF) {
        memcpy(out, cow__pair_at(node, path->at, env->type), env->type->pair.size);
        cow__leaf_remove(node, (unsigned)path->at, env);
        return true;
    }
    if (!cow__collision_remove(node, path->at, out, env)) return false;
    if (cow__collision_size(node) > COW__LEAF_MAX / 4) return true;
    cow__node *leaf = cow__collision_to_leaf(node, h, env);
    if (!leaf) return true;
    cow__inner_set(path->inner[path->depth - 1], path->slot[path->depth - 1], 0, cow__leaf_ref(leaf));
    path->leaf = leaf;
    return true;
}

COW__API bool cow__map_remove(cow__map *m, const void *key, uint64_t h, void *out, const cow__map_type *type) {
    cow__env env = cow__map_env(m, type);
    cow__path path;
    cow_error_code before = cow_error();
    if (!cow__map_path(m, key, h, &path, &env) || !cow__path_remove(&path, h, out, &env)) return false;
    if (--m->n == 0)
        cow__map_drop(m, type);
    else if (path.leaf->kind == COW__LEAF)
        cow__path_merge(m, &path, &env);
    cow__set_error(before); /* a merge or rotation that found no memory is nobody's business */
    return true;
}

/* ---- Storing whole pairs ---- */

COW__API bool cow__map_store(cow__map *m, void *pair, uint64_t h, const cow__map_type *type) {
    bool inserted;
    char *at = (char *)cow__map_enter(m, pair, h, &inserted, type);
    if (!at) return false;
    if (inserted) {
        memcpy(at, pair, type->pair.size);
        return true;
    }
    cow__elements_swap(at + type->value_at, (char *)pair + type->value_at, type->value_size);
    if (type->pair.drop) type->pair.drop(pair);
    return true;
}

COW__API void *cow__loose_begin(cow__loose *l, const cow_type *pair, const cow_alloc *alloc) {
    l->block = NULL;
    l->size = 0;
    l->pair = pair->size <= sizeof l->small ? (void *)l->small : cow__scratch(pair, alloc, 1, &l->block, &l->size);
    return l->pair;
}

COW__API void cow__loose_end(cow__loose *l, const cow_alloc *alloc) {
    if (l->block) cow__release(alloc, l->block, l->size);
}

COW__API bool cow__map_store_copy(cow__map *m, const void *pair, const cow__map_type *type) {
    const cow_alloc *alloc = cow__map_alloc(m, type);
    cow__loose copy;
    if (!m->root) m->seed = cow_seed();
    if (!cow__loose_begin(&copy, &type->pair, alloc)) return false;
    bool made = cow__elements_copy(&type->pair, copy.pair, pair, 1);
    bool stored = made && cow__map_store(m, copy.pair, type->hash(pair, m->seed), type);
    if (made && !stored && type->pair.drop) type->pair.drop(copy.pair);
    cow__loose_end(&copy, alloc);
    return stored;
}

COW__API bool cow__map_discard(cow__map *m, const void *key, uint64_t h, const cow__map_type *type) {
    const cow_alloc *alloc = cow__map_alloc(m, type);
    cow__loose out;
    if (!cow__loose_begin(&out, &type->pair, alloc)) return false;
    bool removed = cow__map_remove(m, key, h, out.pair, type);
    if (removed && type->pair.drop) type->pair.drop(out.pair);
    cow__loose_end(&out, alloc);
    return removed;
}

/* ---- The whole map ---- */

static bool cow__spot_own_tree(cow__spot *s, const cow__env *env) {
    cow__node *node = cow__spot_own_collision(s, env);
    for (size_t i = 0; node && i < cow__collision_size(node); i++)
        if (!cow__collision_reach(node, i, env)) return false;
    return node != NULL;
}

static bool cow__spot_own_all(cow__spot *s, const cow__env *env) {
    cow__ref r = cow__spot_ref(s);
    if (cow__ref_is_leaf(r)) {
        const cow__node *leaf = cow__ref_leaf(r);
        return leaf->kind == COW__LEAF ? cow__spot_own_leaf(s, leaf->n, env) != NULL : cow__spot_own_tree(s, env);
    }
    cow__inner *inner = cow__spot_own_inner(s, env);
    if (!inner) return false;
    cow__inner_densify(inner, env);
    for (unsigned i = 0; i < COW__FAN; i = cow__run_end(inner, i)) {
        cow__spot child = {s->map, &inner->slot[i], inner, i, 0, true};
        if (!cow__spot_own_all(&child, env)) return false;
    }
    return true;
}

COW__API bool cow__map_own(cow__map *m, const cow__map_type *type) {
    cow__env env = cow__map_env(m, type);
    cow__spot s = cow__spot_root(m);
    return !m->root || cow__spot_own_all(&s, &env);
}

static void cow__ref_compact(cow__ref r, const cow__env *env) {
    if (cow__ref_is_leaf(r) || !cow__rc_unique(cow__ref_rc(r))) return;
    cow__inner *inner = cow__ref_inner(r);
    cow__inner_densify(inner, env);
    for (unsigned i = 0; i < COW__FAN; i = cow__run_end(inner, i)) cow__ref_compact(inner->slot[i], env);
}

COW__API void cow__map_compact(cow__map *m, const cow__map_type *type) {
    cow__env env = cow__map_env(m, type);
    if (m->root && cow__map_root_counted(m)) cow__ref_compact(m->root, &env);
}

static void cow__ref_freeze(cow__ref r, bool unique, const cow__env *env);

static void cow__inner_freeze(cow__inner *inner, bool unique, const cow__env *env) {
    for (unsigned i = 0; i < COW__FAN; i = cow__run_end(inner, i))
        cow__ref_freeze(inner->slot[i], unique && cow__slot_counted(inner, i), env);
    if (inner->base) cow__ref_freeze(cow__inner_ref(inner->base), false, env);
}

/* Makes a node and all below it immortal. What is immortal already has been here. Pairs that nobody else can be reading are
   frozen with it. */
static void cow__ref_freeze(cow__ref r, bool unique, const cow__env *env) {
    cow__atomic_u32 *rc = cow__ref_rc(r);
    if (COW__LOAD(rc, COW__RELAXED) >= COW__RC_STUCK) return;
    unique = unique && cow__rc_unique(rc);
    cow__rc_saturate(rc);
    COW__FORGET_LEAK(rc);
    if (!cow__ref_is_leaf(r)) {
        COW__NODE_FROZEN(cow__ref_inner(r));
        cow__inner_freeze(cow__ref_inner(r), unique, env);
        return;
    }
    cow__node *leaf = cow__ref_leaf(r);
    COW__NODE_FROZEN(leaf);
    if (leaf->kind == COW__COLLISION) cow__collision_freeze(leaf, unique, env);
    COW__LEAF_FORGET(leaf, env->type);
    for (unsigned i = 0; unique && env->type->pair.freeze && i < leaf->n; i++)
        env->type->pair.freeze(cow__pair_at(leaf, i, env->type));
}

COW__API void cow__map_freeze(cow__map *m, const cow__map_type *type) {
    cow__env env = cow__map_env(m, type);
    if (!m->root) return;
    cow__ref_freeze(m->root, cow__map_root_counted(m), &env);
    m->from |= COW__MAP_FROZEN;
}

COW__END_C
#endif

/* map_walk: walks over a map, or over two of them side by side. Floor 4, built on map_core.

   A scan hands out the pairs in runs, leaf by leaf. A versus walks one map beside another and hands out the pairs that the
   other lacks or has differently; nodes that both share are skipped, so versions of one map are compared at the cost of
   what differs. Difference, equality, subsets and the algebra of whole maps are all made of it. Neither writes or counts. */
#ifndef COW__MAP_WALK_H
#define COW__MAP_WALK_H


typedef struct cow__scan {
    const cow__map_type *type;
    const cow__inner *inner[COW__LEVELS];
    uint8_t next[COW__LEVELS];
    unsigned depth;
    bool more;   /* of COW_MAP_EACH: its body has not broken off */
    cow__ref at; /* what comes next, 0: the next slot of the innermost level */
    const cow__node *tree;
    size_t rank;
    const void *run, *end; /* the pairs handed out last */
} cow__scan;

typedef struct cow__versus {
    const cow__map_type *type;
    const cow__inner *inner[COW__LEVELS];
    cow__ref other[COW__LEVELS]; /* what stands beside inner[i]; above it, when it covers more */
    uint8_t next[COW__LEVELS];
    unsigned depth;
    bool alike;  /* the two hash alike: nodes may be shared, and have their counterparts */
    bool values; /* pairs whose values differ count as well */
    uint64_t seed;
    cow__ref at, beside;   /* this map's next node; what the other has beside it, or covers it with */
    unsigned shift;        /* hash bits that `beside` has not used */
    const cow__node *leaf; /* whose pairs are being looked up */
    const cow__node *twin; /* the leaf beside it, when there is just one */
    size_t i, n;
} cow__versus;

COW__BEGIN_C
COW__API void cow__scan_begin(cow__scan *s, const cow__map *m, const cow__map_type *type);
/* The next run is [run, end); false when there is none. */
COW__API bool cow__scan_next(cow__scan *s);
/* Walks `mine` beside `theirs`. With `values`, pairs are handed out also when the values differ. */
COW__API void cow__versus_begin(cow__versus *v, const cow__map *mine, const cow__map *theirs, bool values,
                                const cow__map_type *type);
/* The next pair that the other map lacks (*theirs is NULL) or has with another value. False when there is none. */
COW__API bool cow__versus_next(cow__versus *v, const void **mine, const void **theirs);
COW__API bool cow__map_equal(const cow__map *a, const cow__map *b, const cow__map_type *type);
COW__API bool cow__map_within(const cow__map *a, const cow__map *b, const cow__map_type *type);
/* A hash of all pairs, whatever their order. */
COW__API uint64_t cow__map_hash(const cow__map *m, uint64_t seed, const cow__map_type *type);
COW__END_C

#endif

#if defined(COW__IMPLEMENT) && !defined(COW__MAP_WALK_BODY)
#define COW__MAP_WALK_BODY
COW__BEGIN_C

/* Asks for the memory of a node that will be read soon. */
#if defined(__GNUC__)
#define COW__PREFETCH(p) __builtin_prefetch(p)
#else
#define COW__PREFETCH(p) ((void)(p))
#endif

/* The first `n` cache lines of a node. Inlined by force, as all that only prefetches: gcc takes it for without effect, and
   removes calls of it. */
COW__ALWAYS_INLINE void cow__ref_prefetch(cow__ref r, unsigned n) {
    const char *p = (const char *)(r & ~(uintptr_t)1);
    for (unsigned i = 0; i < n; i++) COW__PREFETCH(p + 64 * i);
    (void)p;
}

/* ---- Scanning ---- */

COW__API void cow__scan_begin(cow__scan *s, const cow__map *m, const cow__map_type *type) {
    s->type = type;
    s->depth = 0;
    s->more = true;
    s->at = m->root;
    s->tree = NULL;
    s->rank = 0;
    s->run = s->end = NULL;
}

static void cow__scan_hand_out(cow__scan *s, const void *run, size_t n) {
    s->run = run;
    s->end = (const char *)run + n * s->type->pair.size;
}

/* The next slot of the innermost inner node that is not done; 0 at the end. */
static cow__ref cow__scan_slot(cow__scan *s) {
    while (s->depth && s->next[s->depth - 1] == COW__FAN) s->depth--;
    if (!s->depth) return 0;
    const cow__inner *inner = s->inner[s->depth - 1];
    unsigned i = s->next[s->depth - 1], end = cow__run_end(inner, i);
    if (end < COW__FAN) cow__ref_prefetch(inner->slot[end], 8);
    s->next[s->depth - 1] = (uint8_t)end;
    return inner->slot[i];
}

/* A leaf is read faster than memory delivers it: so the heads of all of a node's are asked for at once, and
   its inner nodes whole. */
COW__ALWAYS_INLINE void cow__scan_prefetch(const cow__inner *inner) {
    for (unsigned i = 0; i < COW__FAN; i++)
        if (!i || inner->slot[i] != inner->slot[i - 1]) cow__ref_prefetch(inner->slot[i], 3);
}

COW__API bool cow__scan_next(cow__scan *s) {
    for (;;) {
        if (s->tree && s->rank < cow__collision_size(s->tree)) {
            cow__scan_hand_out(s, cow__collision_at(s->tree, s->rank++), 1);
            return true;
        }
        cow__ref r = s->at ? s->at : cow__scan_slot(s);
        s->tree = NULL;
        s->at = 0;
        if (!r) return false;
        if (!cow__ref_is_leaf(r)) {
            s->inner[s->depth] = cow__ref_inner(r);
            s->next[s->depth++] = 0;
            cow__scan_prefetch(cow__ref_inner(r));
            continue;
        }
        const cow__node *leaf = cow__ref_leaf(r);
        if (leaf->kind == COW__COLLISION) {
            s->tree = leaf;
            s->rank = 0;
        } else if (leaf->n) {
            cow__scan_hand_out(s, cow__pair_at(leaf, 0, s->type), leaf->n);
            return true;
        }
    }
}

/* ---- Two maps side by side ---- */

COW__API void cow__versus_begin(cow__versus *v, const cow__map *mine, const cow__map *theirs, bool values,
                                const cow__map_type *type) {
    v->type = type;
    v->depth = 0;
    v->alike = mine->seed == theirs->seed;
    v->values = values;
    v->seed = theirs->seed;
    v->beside = theirs->root;
    v->at = mine->root == theirs->root ? 0 : mine->root;
    v->shift = 64;
    v->leaf = v->twin = NULL;
    v->i = v->n = 0;
}

/* What the other map has where slots [i, end) of the innermost level are: sets beside and shift. */
static void cow__versus_beside(cow__versus *v, unsigned i, unsigned end) {
    cow__ref other = v->other[v->depth - 1];
    v->beside = other;
    if (!v->alike || !other || cow__ref_is_leaf(other)) return;
    const cow__inner *inner = cow__ref_inner(other);
    bool one = end - i == 1 || (inner->slot[i] == inner->slot[end - 1] && cow__ref_is_leaf(inner->slot[i]));
    v->shift = 64 - COW__FAN_BITS * (v->depth - 1);
    if (!one) return;
    v->beside = inner->slot[i];
    v->shift -= COW__FAN_BITS;
}

/* The first slot from `i` on in which two nodes differ. */
static unsigned cow__versus_shared(const cow__inner *a, const cow__inner *b, unsigned i) {
    const cow__ref *x = a->slot, *y = b->slot;
    while (i + 4 <= COW__FAN &&
           ((x[i] ^ y[i]) | (x[i + 1] ^ y[i + 1]) | (x[i + 2] ^ y[i + 2]) | (x[i + 3] ^ y[i + 3])) == 0)
        i += 4;
    while (i < COW__FAN && x[i] == y[i]) i++;
    return i;
}

/* Goes to this map's next node that is not shared; 0 at the end. */
static cow__ref cow__versus_slot(cow__versus *v) {
    for (;;) {
        while (v->depth && v->next[v->depth - 1] == COW__FAN) v->depth--;
        if (!v->depth) return 0;
        const cow__inner *inner = v->inner[v->depth - 1];
        unsigned i = v->next[v->depth - 1];
        cow__ref other = v->other[v->depth - 1];
        if (v->alike && other && !cow__ref_is_leaf(other)) i = cow__versus_shared(inner, cow__ref_inner(other), i);
        v->next[v->depth - 1] = (uint8_t)(i < COW__FAN ? cow__run_end(inner, i) : i);
        if (i == COW__FAN) continue;
        cow__versus_beside(v, i, v->next[v->depth - 1]);
        return inner->slot[i];
    }
}

/* How many bytes from the first one on are the same, in whole words or to the end. */
static size_t cow__same_prefix(const char *a, const char *b, size_t n) {
    size_t i = 0;
    for (uint64_t x[4], y[4]; i + sizeof x <= n; i += sizeof x) {
        memcpy(x, a + i, sizeof x);
        memcpy(y, b + i, sizeof y);
        if ((x[0] ^ y[0]) | (x[1] ^ y[1]) | (x[2] ^ y[2]) | (x[3] ^ y[3])) break;
    }
    for (uint64_t x, y; i + 8 <= n; i += 8) {
        memcpy(&x, a + i, 8);
        memcpy(&y, b + i, 8);
        if (x != y) return i;
    }
    while (i < n && a[i] == b[i]) i++;
    return i;
}

static bool cow__value_same(const char *a, const char *b, const cow__map_type *type) {
    size_t size = type->value_size;
    a += type->value_at;
    b += type->value_at;
    /* Of 8 bytes it is a load and a comparison, not a call. */
    if (type->value_bits && (size == 8 ? memcmp(a, b, 8) : memcmp(a, b, size)) == 0) return true;
    return type->value_equal && type->value_equal(a, b);
}

/* Passes over the pairs whose bits are the same in the same place: the twin is often a copy of the leaf. Padding has no
   meaning, so pairs with any between key and value are left to their equality. */
static void cow__versus_skip(cow__versus *v) {
    const cow__map_type *type = v->type;
    size_t size = type->pair.size, n = v->n < v->twin->n ? v->n : v->twin->n;
    if (v->i >= n || !type->key_bits || !type->value_bits || type->key_size + type->value_size != size) return;
    const char *a = cow__pair_at(v->leaf, v->i, type), *b = cow__pair_at(v->twin, v->i, type);
    size_t bytes = (n - v->i) * size;
    v->i = memcmp(a, b, bytes) == 0 ? n : v->i + cow__same_prefix(a, b, bytes) / size;
}

/* Begins to look up the pairs of a leaf or collision node. */
static void cow__versus_leaf_begin(cow__versus *v, const cow__node *leaf) {
    bool plain = leaf->kind == COW__LEAF;
    v->leaf = leaf;
    v->twin = NULL;
    v->i = 0;
    v->n = plain ? leaf->n : cow__collision_size(leaf);
    if (!plain || !v->alike || !cow__ref_is_leaf(v->beside) || cow__ref_leaf(v->beside)->kind != COW__LEAF) return;
    v->twin = cow__ref_leaf(v->beside);
    cow__versus_skip(v);
}

/* The twin's pair for the key of pair `i`: in the same place as a rule, else among those with the same tag. */
static const void *cow__versus_in_twin(const cow__versus *v, const char *mine, size_t i) {
    const cow__map_type *type = v->type;
    uint8_t tag = v->leaf->tags[i];
    if (i < v->twin->n && v->twin->tags[i] == tag) {
        const char *theirs = cow__pair_at(v->twin, i, type);
        if (type->equal(theirs, mine)) return theirs;
    }
    for (uint32_t m = cow__leaf_candidates(v->twin, tag); m; m &= m - 1) {
        const char *theirs = cow__pair_at(v->twin, cow__lowest_bit(m), type);
        if (type->equal(theirs, mine)) return theirs;
    }
    return NULL;
}

/* The other map's pair for the key of `mine`, pair `i` of its leaf. */
static const void *cow__versus_counterpart(const cow__versus *v, const char *mine, size_t i) {
    cow__env env = {v->type, NULL, v->seed};
    if (v->twin) return cow__versus_in_twin(v, mine, i);
    if (!v->beside) return NULL;
    return cow__map_find_below(v->beside, v->shift, mine, v->type->hash(mine, v->seed), &env);
}

/* The next pair of the leaf that is not the same in the other map. */
static bool cow__versus_leaf(cow__versus *v, const void **mine, const void **theirs) {
    while (v->i < v->n) {
        size_t i = v->i++;
        const char *pair = v->leaf->kind == COW__LEAF ? cow__pair_at(v->leaf, i, v->type)
                                                      : (const char *)cow__collision_at(v->leaf, i);
        const char *other = (const char *)cow__versus_counterpart(v, pair, i);
        if (other && (!v->values || cow__value_same(pair, other, v->type))) continue;
        if (other && v->twin) cow__versus_skip(v);
        *mine = pair;
        *theirs = other;
        return true;
    }
    return false;
}

COW__API bool cow__versus_next(cow__versus *v, const void **mine, const void **theirs) {
    for (;;) {
        if (v->leaf && cow__versus_leaf(v, mine, theirs)) return true;
        cow__ref r = v->at ? v->at : cow__versus_slot(v);
        v->leaf = NULL;
        v->at = 0;
        if (!r) return false;
        if (cow__ref_is_leaf(r)) {
            cow__versus_leaf_begin(v, cow__ref_leaf(r));
        } else {
            v->inner[v->depth] = cow__ref_inner(r);
            v->other[v->depth] = v->beside;
            v->next[v->depth++] = 0;
        }
    }
}

COW__API bool cow__map_within(const cow__map *a, const cow__map *b, const cow__map_type *type) {
    cow__versus v;
    const void *mine, *theirs;
    if (a->n > b->n) return false;
    cow__versus_begin(&v, a, b, false, type);
    return !cow__versus_next(&v, &mine, &theirs);
}

COW__API bool cow__map_equal(const cow__map *a, const cow__map *b, const cow__map_type *type) {
    cow__versus v;
    const void *mine, *theirs;
    if (a->n != b->n) return false;
    cow__versus_begin(&v, a, b, true, type);
    return !cow__versus_next(&v, &mine, &theirs);
}

COW__API uint64_t cow__map_hash(const cow__map *m, uint64_t seed, const cow__map_type *type) {
    uint64_t sum = 0;
    cow__scan s;
    cow__scan_begin(&s, m, type);
    while (cow__scan_next(&s)) {
        for (const char *p = (const char *)s.run; p != s.end; p += type->pair.size) {
            uint64_t h = type->hash(p, seed);
            if (type->value_hash) h = type->value_hash(p + type->value_at, h);
            sum += cow_hash_u64(h, seed); /* a sum needs terms without structure */
        }
    }
    return cow_hash_u64(sum ^ (uint64_t)m->n, seed);
}

COW__END_C
#endif

/* map_algebra: unions, intersections and differences of whole maps. Floor 4, built on map_walk.

   Each works on a copy, which shares all its nodes with the original, and puts it in the original's place when everything
   went well. So a failure changes nothing, and a map may be combined with itself. */
#ifndef COW__MAP_ALGEBRA_H
#define COW__MAP_ALGEBRA_H


/* Settles two values for one key: edits *mine. False: the whole operation fails. `fn` and `ctx` are the user's. */
typedef struct cow__conflict {
    bool (*settle)(const struct cow__conflict *c, void *mine, const void *key, const void *theirs);
    void (*fn)(void);
    void *ctx;
} cow__conflict;

COW__BEGIN_C
/* *a becomes its union, intersection, difference, or symmetric difference with *b. `c` NULL: a union takes the values of
   *b, an intersection keeps those of *a. */
COW__API bool cow__map_union(cow__map *a, const cow__map *b, const cow__conflict *c, const cow__map_type *type);
COW__API bool cow__map_intersection(cow__map *a, const cow__map *b, const cow__conflict *c, const cow__map_type *type);
COW__API bool cow__map_difference(cow__map *a, const cow__map *b, const cow__map_type *type);
COW__API bool cow__map_symmetric_difference(cow__map *a, const cow__map *b, const cow__map_type *type);
COW__END_C

#endif

#if defined(COW__IMPLEMENT) && !defined(COW__MAP_ALGEBRA_BODY)
#define COW__MAP_ALGEBRA_BODY
COW__BEGIN_C

/* Removes the key of *pair. A key that equals nothing, not even itself, cannot be found, and stays. */
static bool cow__map_discard_pair(cow__map *m, const void *pair, const cow__map_type *type) {
    uint64_t h = type->hash(pair, m->seed);
    return !cow__map_find(m, pair, h, type) || cow__map_discard(m, pair, h, type);
}

/* Lets the user settle the value of the key of `theirs` in *m. */
static bool cow__map_settle(cow__map *m, const void *theirs, const cow__conflict *c, const cow__map_type *type) {
    uint64_t h = type->hash(theirs, m->seed);
    if (!cow__map_find(m, theirs, h, type)) return true;
    char *mine = (char *)cow__map_reach(m, theirs, h, type);
    if (!mine) return false;
    if (c->settle(c, mine + type->value_at, mine, (const char *)theirs + type->value_at)) return true;
    return cow__fail(COW_HOOK);
}

COW__API bool cow__map_union(cow__map *a, const cow__map *b, const cow__conflict *c, const cow__map_type *type) {
    /* When nobody is asked, the larger map is the one to start from. */
    bool from_b = !c && b->n > a->n && cow__map_alloc(a, type) == cow__map_alloc(b, type);
    const cow__map *other = from_b ? a : b;
    cow__map result = cow__map_copy(from_b ? b : a, type), held = cow__map_copy(other, type);
    cow__versus v;
    const void *mine, *theirs;
    bool ok = true;
    cow__versus_begin(&v, &held, from_b ? b : a, !from_b && type->value_size, type);
    while (ok && cow__versus_next(&v, &mine, &theirs))
        ok = theirs && c ? cow__map_settle(&result, mine, c, type) : cow__map_store_copy(&result, mine, type);
    ok = cow__map_conclude(a, &result, ok, type);
    cow__map_drop(&held, type);
    return ok;
}

/* The pairs of *a whose keys *b has, when *b is small: looks each of them up. */
static bool cow__map_pick(cow__map *result, const cow__map *a, const cow__map *b, const cow__conflict *c,
                          const cow__map_type *type) {
    cow__scan s;
    cow__scan_begin(&s, b, type);
    while (cow__scan_next(&s)) {
        for (const char *p = (const char *)s.run; p != s.end; p += type->pair.size) {
            const char *mine = (const char *)cow__map_find(a, p, type->hash(p, a->seed), type);
            if (!mine) continue;
            if (!cow__map_store_copy(result, mine, type)) return false;
            if (c && !cow__value_same(mine, p, type) && !cow__map_settle(result, p, c, type)) return false;
        }
    }
    return true;
}

/* Whether looking up each pair of `few` in `many` is cheaper than walking both. */
static bool cow__map_fewer(const cow__map *few, const cow__map *many) { return few->n < many->n / 4; }

COW__API bool cow__map_intersection(cow__map *a, const cow__map *b, const cow__conflict *c, const cow__map_type *type) {
    cow__map result = cow__map_fewer(b, a) ? cow__map_empty_like(a) : cow__map_copy(a, type);
    bool ok = true;
    if (cow__map_fewer(b, a)) {
        ok = cow__map_pick(&result, a, b, c, type);
    } else {
        cow__versus v;
        const void *mine, *theirs;
        cow__versus_begin(&v, a, b, c != NULL, type);
        while (ok && cow__versus_next(&v, &mine, &theirs))
            ok = theirs ? cow__map_settle(&result, theirs, c, type) : cow__map_discard_pair(&result, mine, type);
    }
    return cow__map_conclude(a, &result, ok, type);
}

/* Adds copies of the pairs of *a whose keys *b has not. */
static bool cow__map_add_missing(cow__map *result, const cow__map *a, const cow__map *b, const cow__map_type *type) {
    cow__versus v;
    const void *mine, *theirs;
    cow__versus_begin(&v, a, b, false, type);
    while (cow__versus_next(&v, &mine, &theirs))
        if (!cow__map_store_copy(result, mine, type)) return false;
    return true;
}

COW__API bool cow__map_difference(cow__map *a, const cow__map *b, const cow__map_type *type) {
    bool few = cow__map_fewer(b, a), ok = true;
    cow__map result = few ? cow__map_copy(a, type) : cow__map_empty_like(a);
    if (few) {
        cow__scan s;
        cow__scan_begin(&s, b, type);
        while (ok && cow__scan_next(&s))
            for (const char *p = (const char *)s.run; ok && p != s.end; p += type->pair.size)
                ok = cow__map_discard_pair(&result, p, type);
    } else {
        ok = cow__map_add_missing(&result, a, b, type);
    }
    return cow__map_conclude(a, &result, ok, type);
}

COW__API bool cow__map_symmetric_difference(cow__map *a, const cow__map *b, const cow__map_type *type) {
    cow__map result = cow__map_empty_like(a);
    bool ok = cow__map_add_missing(&result, a, b, type) && cow__map_add_missing(&result, b, a, type);
    return cow__map_conclude(a, &result, ok, type);
}

COW__END_C
#endif

/* map_filter: keeping some pairs of a map. Floor 4, built on map_walk.

   The tree is rebuilt node by node, without a look at hashes; a node that keeps all its pairs stays shared. */
#ifndef COW__MAP_FILTER_H
#define COW__MAP_FILTER_H


/* Says yes or no to a pair. */
typedef struct cow__test {
    bool (*passes)(const struct cow__test *t, const void *pair);
    void (*fn)(void);
    void *ctx;
} cow__test;

COW__BEGIN_C
/* Keeps the pairs that pass, or parts a map in two. Each pair is tested once. */
COW__API bool cow__map_retain(cow__map *m, const cow__test *keep, const cow__map_type *type);
COW__API bool cow__map_partition(const cow__map *m, const cow__test *pred, cow__map *yes, cow__map *no,
                                 const cow__map_type *type);
COW__END_C

#endif

#if defined(COW__IMPLEMENT) && !defined(COW__MAP_FILTER_BODY)
#define COW__MAP_FILTER_BODY
COW__BEGIN_C

static bool cow__ref_filter(cow__ref r, const cow__test *keep, cow__ref *out, size_t *n, const cow__env *env);

/* Makes *out a leaf of the pairs whose bits are set. */
static bool cow__leaf_pick(const cow__node *leaf, uint32_t kept, cow__ref *out, const cow__env *env) {
    cow__node *made = cow__leaf_new(env, cow__leaf_room(cow__count_bits(kept)));
    if (!made) return false;
    made->span = leaf->span;
    for (uint32_t m = kept; m; m &= m - 1) {
        if (cow__leaf_append_from(made, leaf, cow__lowest_bit(m), false, env)) continue;
        cow__leaf_undo(made, env);
        return false;
    }
    cow__pairs_copied(made->n, env);
    *out = cow__leaf_ref(made);
    return true;
}

static bool cow__leaf_filter(const cow__node *leaf, const cow__test *keep, cow__ref *out, size_t *n,
                             const cow__env *env) {
    uint32_t kept = 0;
    for (unsigned i = 0; i < leaf->n; i++) kept |= (uint32_t)keep->passes(keep, cow__pair_at(leaf, i, env->type)) << i;
    *n += cow__count_bits(kept);
    if (kept != cow__leaf_all(leaf)) return cow__leaf_pick(leaf, kept, out, env);
    *out = cow__leaf_ref(leaf);
    cow__rc_retain(cow__ref_rc(*out), env->type->pair.local);
    return true;
}

static bool cow__collision_filter(const cow__node *node, const cow__test *keep, cow__ref *out, size_t *n,
                                  const cow__env *env) {
    size_t size = cow__collision_size(node), left = 0;
    cow__node *made = cow__collision_copy(node, env);
    cow__loose gone;
    bool ok = made && cow__loose_begin(&gone, &env->type->pair, env->alloc);
    for (size_t i = 0; ok && i < size; i++) {
        if (keep->passes(keep, cow__collision_at(node, i)))
            left++;
        else if ((ok = cow__collision_remove(made, left, gone.pair, env)) && env->type->pair.drop)
            env->type->pair.drop(gone.pair);
    }
    if (ok) cow__loose_end(&gone, env->alloc);
    *out = cow__leaf_ref(ok && left < size ? made : node);
    *n += left;
    if (made && *out != cow__leaf_ref(made)) cow__ref_release(cow__leaf_ref(made), env);
    if (ok && left == size) cow__rc_retain(cow__ref_rc(*out), env->type->pair.local);
    return ok;
}

/* Makes one leaf of the few pairs below a fresh inner node, in its place. When that fails, the node stays as it is. */
static void cow__inner_gather(cow__ref *r, size_t n, const cow__env *env) {
    cow__inner *inner = cow__ref_inner(*r);
    cow__node *leaf;
    for (unsigned i = 0; i < COW__FAN; i++)
        if (!cow__ref_is_leaf(inner->slot[i]) || cow__ref_leaf(inner->slot[i])->kind != COW__LEAF) return;
    if (!(leaf = cow__leaf_new(env, cow__leaf_room((unsigned)n)))) return;
    for (unsigned i = 0; i < COW__FAN; i = cow__run_end(inner, i)) {
        const cow__node *from = cow__ref_leaf(inner->slot[i]);
        for (unsigned j = 0; j < from->n; j++) {
            if (cow__leaf_append_from(leaf, from, j, false, env)) continue;
            cow__leaf_undo(leaf, env);
            return;
        }
    }
    cow__ref_release(*r, env);
    *r = cow__leaf_ref(leaf);
}

static bool cow__inner_filter(const cow__inner *inner, const cow__test *keep, cow__ref *out, size_t *n,
                              const cow__env *env) {
    cow__inner *made = cow__inner_new(env);
    size_t before = *n;
    unsigned i = 0;
    bool same = true, ok = made != NULL;
    for (unsigned end; ok && i < COW__FAN; i = end) {
        cow__ref r;
        end = cow__run_end(inner, i);
        ok = cow__ref_filter(inner->slot[i], keep, &r, n, env);
        same = same && ok && r == inner->slot[i];
        for (unsigned j = i; ok && j < end; j++) made->slot[j] = r;
        if (!ok) break;
    }
    if (!ok && made) cow__slots_release(made, (1u << i) - 1, env);
    if (!ok && made) cow__inner_free(made, env);
    if (!ok) return false;
    *out = cow__inner_ref(made);
    if (same) {
        cow__ref_release(*out, env);
        *out = cow__inner_ref(inner);
        cow__rc_retain(cow__ref_rc(*out), env->type->pair.local);
    } else if (*n - before <= COW__LEAF_MAX / 2) {
        cow__inner_gather(out, *n - before, env);
    }
    return true;
}

/* Makes *out a reference to what is left of a node, and adds its pairs to *n. */
static bool cow__ref_filter(cow__ref r, const cow__test *keep, cow__ref *out, size_t *n, const cow__env *env) {
    if (!cow__ref_is_leaf(r)) return cow__inner_filter(cow__ref_inner(r), keep, out, n, env);
    if (cow__ref_leaf(r)->kind == COW__COLLISION) return cow__collision_filter(cow__ref_leaf(r), keep, out, n, env);
    return cow__leaf_filter(cow__ref_leaf(r), keep, out, n, env);
}

/* Makes *out a map of the pairs of *m that pass. */
static bool cow__map_sift(const cow__map *m, const cow__test *keep, cow__map *out, const cow__map_type *type) {
    cow__env env = cow__map_env(m, type);
    cow_error_code before = cow_error();
    *out = cow__map_empty_like(m);
    out->seed = m->seed;
    if (!m->root) return true;
    COW__REF_WATCH(m->root, type);
    if (!cow__ref_filter(m->root, keep, &out->root, &out->n, &env)) return false;
    if (!out->n) cow__map_drop(out, type);
    cow__set_error(before); /* gathering that found no memory is nobody's business */
    return true;
}

COW__API bool cow__map_retain(cow__map *m, const cow__test *keep, const cow__map_type *type) {
    cow__map result;
    return cow__map_sift(m, keep, &result, type) && cow__map_conclude(m, &result, true, type);
}

/* What was said of each pair, in the order of a scan. */
typedef struct cow__verdicts {
    uint8_t *bits;
    size_t at;
    bool wanted;
} cow__verdicts;

static bool cow__verdict_passes(const cow__test *t, const void *pair) {
    cow__verdicts *v = (cow__verdicts *)t->ctx;
    (void)pair;
    bool yes = (v->bits[v->at / 8] >> v->at % 8 & 1) != 0;
    v->at++;
    return yes == v->wanted;
}

COW__API bool cow__map_partition(const cow__map *m, const cow__test *pred, cow__map *yes, cow__map *no,
                                 const cow__map_type *type) {
    cow__verdicts v = {NULL, 0, true};
    cow__test read = {cow__verdict_passes, NULL, &v};
    size_t size = m->n / 8 + 1, at = 0;
    cow__map kept, rest;
    cow__scan s;
    if (!m->root) {
        *yes = *no = cow__map_empty_like(m);
        return true;
    }
    v.bits = (uint8_t *)cow__allocate(cow__map_alloc(m, type), size);
    if (!v.bits) return cow__fail(COW_NOMEM);
    memset(v.bits, 0, size);
    cow__scan_begin(&s, m, type);
    while (cow__scan_next(&s))
        for (const char *p = (const char *)s.run; p != s.end; p += type->pair.size, at++)
            v.bits[at / 8] = (uint8_t)(v.bits[at / 8] | (pred->passes(pred, p) ? 1u : 0u) << at % 8);
    bool ok = cow__map_sift(m, &read, &kept, type);
    v.at = 0;
    v.wanted = false;
    if (ok && !(ok = cow__map_sift(m, &read, &rest, type))) cow__map_drop(&kept, type);
    if (ok) {
        *yes = kept;
        *no = rest;
    }
    cow__release(cow__map_alloc(m, type), v.bits, size);
    return ok;
}

COW__END_C
#endif

/* map_memory: the bytes of nodes that maps keep alive. Floor 4, built on map_core.

   A borrowing node keeps its base alive, and the base what was replaced since. So in one place of the tree a map may keep
   several versions of a node, which share most of what is below them. A census goes down place by place, with the set of
   all that is kept there, and counts each node once. It needs no memory: of a place with more than 64 versions, some are
   left out, and so are twigs that only dying versions of one collision tree share. */
#ifndef COW__MAP_MEMORY_H
#define COW__MAP_MEMORY_H


COW__BEGIN_C
/* Bytes of all nodes that a value keeps alive; of those that would be freed with it; of those that two values keep alive. */
COW__API size_t cow__map_bytes(const cow__map *m, const cow__map_type *type);
COW__API size_t cow__map_bytes_owned(const cow__map *m, const cow__map_type *type);
COW__API size_t cow__map_bytes_shared(const cow__map *a, const cow__map *b, const cow__map_type *type);
COW__END_C

#endif

#if defined(COW__IMPLEMENT) && !defined(COW__MAP_MEMORY_BODY)
#define COW__MAP_MEMORY_BODY
COW__BEGIN_C

/* A node that is kept in some place. It dies with the value when `refs`, the references of what dies, are all it has. */
typedef struct cow__kept {
    cow__ref r;
    uint32_t refs;
    bool dies;
} cow__kept;

#define COW__KEPT_MAX 64u

typedef struct cow__place {
    cow__kept kept[COW__KEPT_MAX];
    unsigned n;
} cow__place;

static void cow__place_add(cow__place *p, cow__ref r, bool dying) {
    unsigned i = 0;
    while (i < p->n && p->kept[i].r != r) i++;
    if (i == COW__KEPT_MAX) return;
    if (i == p->n) {
        p->kept[i].r = r;
        p->kept[i].refs = 0;
        p->n++;
    }
    p->kept[i].refs += dying;
}

static const cow__inner *cow__kept_base(const cow__kept *k) {
    return cow__ref_is_leaf(k->r) ? NULL : cow__ref_inner(k->r)->base;
}

static void cow__kept_judge(cow__kept *k) { k->dies = COW__LOAD(cow__ref_rc(k->r), COW__ACQUIRE) == k->refs; }

/* Adds the bases, and finds out what dies: the nodes that borrow first, because their bases depend on them. */
static void cow__place_complete(cow__place *p) {
    for (unsigned i = 0, n = p->n; i < n; i++) {
        const cow__inner *base = cow__kept_base(&p->kept[i]);
        if (!base) continue;
        cow__kept_judge(&p->kept[i]);
        cow__place_add(p, cow__inner_ref(base), p->kept[i].dies);
    }
    for (unsigned i = 0; i < p->n; i++)
        if (!cow__kept_base(&p->kept[i])) cow__kept_judge(&p->kept[i]);
}

/* Bytes of node `k` of a place. Versions of a collision node share twigs, which count with the first that has them. */
static size_t cow__kept_bytes(const cow__place *p, unsigned k, bool owned, const cow__env *env) {
    const cow__node *leaf, *known[COW__KEPT_MAX];
    size_t n = 0;
    if (owned && !p->kept[k].dies) return 0;
    if (!cow__ref_is_leaf(p->kept[k].r)) return sizeof(cow__inner);
    leaf = cow__ref_leaf(p->kept[k].r);
    if (leaf->kind == COW__LEAF) return cow__leaf_size(leaf->cap, env->type);
    if (owned) return cow__collision_bytes_owned(leaf, env);
    for (unsigned i = 0; i < k; i++)
        if (cow__ref_is_leaf(p->kept[i].r) && cow__ref_leaf(p->kept[i].r)->kind == COW__COLLISION)
            known[n++] = cow__ref_leaf(p->kept[i].r);
    return cow__collision_bytes(leaf, known, n, env);
}

/* What is kept in slot `i` below a place. A leaf with a span is met in its first slot alone. */
static void cow__place_below(const cow__place *p, unsigned i, cow__place *below) {
    below->n = 0;
    for (unsigned k = 0; k < p->n; k++) {
        if (cow__ref_is_leaf(p->kept[k].r)) continue;
        const cow__inner *inner = cow__ref_inner(p->kept[k].r);
        if (i && inner->slot[i] == inner->slot[i - 1]) continue;
        cow__place_add(below, inner->slot[i], p->kept[k].dies && cow__slot_counted(inner, i));
    }
}

static size_t cow__place_bytes(cow__place *p, bool owned, const cow__env *env) {
    size_t bytes = 0;
    bool inner = false;
    cow__place_complete(p);
    for (unsigned k = 0; k < p->n; k++) {
        bytes += cow__kept_bytes(p, k, owned, env);
        inner = inner || !cow__ref_is_leaf(p->kept[k].r);
    }
    for (unsigned i = 0; inner && i < COW__FAN; i++) {
        cow__place below;
        cow__place_below(p, i, &below);
        if (below.n) bytes += cow__place_bytes(&below, owned, env);
    }
    return bytes;
}

static size_t cow__census(const cow__map *a, const cow__map *b, bool owned, const cow__map_type *type) {
    cow__env env = cow__map_env(a, type);
    cow__place top;
    top.n = 0;
    if (a->root) cow__place_add(&top, a->root, cow__map_root_counted(a));
    if (b && b->root) cow__place_add(&top, b->root, cow__map_root_counted(b));
    return cow__place_bytes(&top, owned, &env);
}

COW__API size_t cow__map_bytes(const cow__map *m, const cow__map_type *type) {
    return cow__census(m, NULL, false, type);
}

COW__API size_t cow__map_bytes_owned(const cow__map *m, const cow__map_type *type) {
    return cow__census(m, NULL, true, type);
}

COW__API size_t cow__map_bytes_shared(const cow__map *a, const cow__map *b, const cow__map_type *type) {
    return cow__census(a, NULL, false, type) + cow__census(b, NULL, false, type) - cow__census(a, b, false, type);
}

COW__END_C
#endif

/* map: `#define COW_MAP x, K, V` or `#define COW_SET x, K` and include: hash maps and sets with value semantics. Floor 4,
   built on map_algebra and map_filter.

   A value is a small handle; its copy is one increment. A change of an unshared map writes in place; a change of a shared
   one copies one leaf of at most 32 pairs, and a small node a level. A set is a map without values: where a map hands out
   pairs, a set hands out keys. Unless a function says otherwise: its cost does not depend on the size but through caches
   and the depth of the tree, which grows by one when the size grows sixteenfold; false or NULL means that nothing happened,
   and cow_error() says why (COW_NOMEM, COW_HOOK from a copy hook, COW_ABSENT, COW_EXISTS), but lookups that find nothing
   leave cow_error() as it is; an argument passed by value belongs to the map on success and stays the caller's on failure;
   pointers given to a function may point into the map itself; one variable may be read by many threads at once, and changed
   by one thread alone. The order of iteration is not specified, and differs between processes.

   Keys need a hash and equality, found by type, or given by COW_HASH(key, seed) and COW_EQUAL(a, b). An order,
   COW_COMPARE(a, b), keeps many keys under one hash cheap; without one, keys whose 64 hash bits are all equal cost a search
   of all of them. */
#if defined(COW_MAP) || defined(COW_SET)


#ifdef COW_MAP
#define COW__N COW__CALL(COW__FIRST_OF_3, COW_MAP)
#define COW__HAS_VALUES 1
#else
#define COW__N COW__CALL(COW__FIRST, COW_SET)
#define COW__HAS_VALUES 0
#endif
#define COW__F(function) COW__CAT3(COW__N, _, function)

#if defined(COW_FORWARD) || !defined(COW_FORWARDED)
/* The handle. All-zero is an empty map. */
typedef struct COW__N {
    cow__map m;
} COW__N;
#endif

#ifdef COW_FORWARD

/* COW_FORWARD declares the handle alone, so that V may contain it. Instantiate again later, with COW_FORWARDED. */
COW__INLINE COW__N COW__F(copy)(const COW__N *m);
COW__INLINE void COW__F(drop)(COW__N *m);

#else

/* Key and value under names that no parameter below can hide. */
#define COW__K COW__F(_key)
#define COW__V COW__F(_value)
#define COW__PAIR COW__F(pair)
#if COW__HAS_VALUES
typedef COW__CALL(COW__SECOND_OF_3, COW_MAP) COW__K;
typedef COW__CALL(COW__THIRD_OF_3, COW_MAP) COW__V;
typedef struct COW__PAIR {
    COW__K key;
    COW__V value;
} COW__PAIR;
#define COW__KEY_OF(pair) (&(pair)->key)
#else
typedef COW__CALL(COW__SECOND, COW_SET) COW__K;
typedef COW__K COW__PAIR;
#define COW__KEY_OF(pair) (pair)
#endif

#ifdef __cplusplus
static_assert(__is_trivially_copyable(COW__PAIR),
              "cow: pairs are moved bitwise, so K and V must be trivially copyable");
#endif
#if (defined(COW_DROP) && !defined(COW_COPY)) || (defined(COW_VALUE_DROP) && !defined(COW_VALUE_COPY))
#error "cow: COW_DROP needs COW_COPY, and COW_VALUE_DROP needs COW_VALUE_COPY: bitwise copies would be dropped twice"
#endif
COW__STATIC_ASSERT(sizeof(COW__PAIR) <= PTRDIFF_MAX / 64, "cow: keys and values of a map are too large");
COW__STATIC_ASSERT(COW__ALIGNOF(COW__PAIR) <= COW__PLAIN_ALIGN, "cow: keys and values of a map need plain alignment");

/* ---- The hooks of keys and values: the user's, else those found by type ---- */

#ifdef COW_COPY
static inline bool COW__F(_key_copy)(void *to, const void *from) {
    return COW_COPY((COW__K *)to, (const COW__K *)from);
}
#define COW__KEY_COPY COW__F(_key_copy)
#define COW__KEY_OWNS 1
#else
#define COW__KEY_COPY COW__COPY_OF(COW__K)
#define COW__KEY_OWNS COW__HAS_COPY(COW__K)
#endif
#ifdef COW_DROP
static inline void COW__F(_key_drop)(void *e) { COW_DROP((COW__K *)e); }
#define COW__KEY_DROP COW__F(_key_drop)
#else
#define COW__KEY_DROP COW__DROP_OF(COW__K)
#endif

#if defined(COW_EQUAL)
#define COW__KEY_EQUAL(a, b) (COW_EQUAL((a), (b)))
#define COW__KEY_HAS_EQUAL 1
#elif defined(COW_COMPARE)
#define COW__KEY_EQUAL(a, b) (COW_COMPARE((a), (b)) == 0)
#define COW__KEY_HAS_EQUAL 1
#else
#define COW__KEY_EQUAL(a, b) (COW__EQUAL_OF(COW__K)((a), (b)))
#define COW__KEY_HAS_EQUAL COW__HAS_EQUAL(COW__K)
#endif

/* Structs may have padding, so their bits say nothing. */
#if defined(COW_EQUAL) || defined(COW_COMPARE)
#define COW__KEY_BITS false
#else
#define COW__KEY_BITS true
#endif

/* An order found by type says nothing of keys that are equal by the user's own measure. */
#if defined(COW_COMPARE)
#define COW__KEY_COMPARE(a, b) (COW_COMPARE((a), (b)))
#define COW__KEY_HAS_COMPARE 1
#elif defined(COW_EQUAL)
#define COW__KEY_COMPARE(a, b) (cow__compare_none((a), (b)))
#define COW__KEY_HAS_COMPARE 0
#else
#define COW__KEY_COMPARE(a, b) (COW__COMPARE_OF(COW__K)((a), (b)))
#define COW__KEY_HAS_COMPARE COW__HAS_COMPARE(COW__K)
#endif

/* A hash of the user's is finished by a multiplication, so it need not spread its bits well. */
#if defined(COW_HASH) && defined(COW__HASH_AS_IS)
#define COW__KEY_HASH(key, seed) (COW_HASH((key), (seed)))
#elif defined(COW_HASH)
#define COW__KEY_HASH(key, seed) (cow__hash_word((uint64_t)(COW_HASH((key), (seed))), (seed)))
#else
#define COW__KEY_HASH(key, seed) (COW__HASH_OF(COW__K)((key), (seed)))
#endif
#ifdef COW_HASH
#define COW__KEY_HAS_HASH 1
#else
#define COW__KEY_HAS_HASH COW__HAS_HASH(COW__K)
#endif

COW__STATIC_ASSERT(COW__KEY_HAS_HASH, "cow: the key type has no hash: #define COW_HASH before including cow.h");
COW__STATIC_ASSERT(COW__KEY_HAS_EQUAL, "cow: the key type has no equality: #define COW_EQUAL before including cow.h");

static inline uint64_t COW__F(_hash)(const void *key, uint64_t seed) {
    return COW__KEY_HASH((const COW__K *)key, seed);
}
static inline uint32_t COW__F(_upper)(const void *pairs, unsigned n, unsigned bit, uint64_t seed) {
    uint32_t upper = 0;
    for (unsigned i = 0; i < n; i++) {
        const COW__PAIR *pair = (const COW__PAIR *)pairs + i;
        upper |= (uint32_t)(COW__KEY_HASH(COW__KEY_OF(pair), seed) >> bit & 1) << i;
    }
    return upper;
}
static inline bool COW__F(_equal)(const void *a, const void *b) {
    return COW__KEY_EQUAL((const COW__K *)a, (const COW__K *)b);
}
static inline int COW__F(_compare)(const void *a, const void *b) {
    return COW__KEY_COMPARE((const COW__K *)a, (const COW__K *)b);
}

#if COW__HAS_VALUES

#ifdef COW_VALUE_COPY
static inline bool COW__F(_value_copy)(void *to, const void *from) {
    return COW_VALUE_COPY((COW__V *)to, (const COW__V *)from);
}
#define COW__VALUE_COPY COW__F(_value_copy)
#define COW__VALUE_OWNS 1
#else
#define COW__VALUE_COPY COW__COPY_OF(COW__V)
#define COW__VALUE_OWNS COW__HAS_COPY(COW__V)
#endif
#ifdef COW_VALUE_DROP
static inline void COW__F(_value_drop)(void *e) { COW_VALUE_DROP((COW__V *)e); }
#define COW__VALUE_DROP COW__F(_value_drop)
#else
#define COW__VALUE_DROP COW__DROP_OF(COW__V)
#endif
#ifdef COW_VALUE_EQUAL
#define COW__VALUE_EQUAL(a, b) (COW_VALUE_EQUAL((a), (b)))
#define COW__VALUE_HAS_EQUAL 1
#define COW__VALUE_BITS false
#else
#define COW__VALUE_BITS true
#define COW__VALUE_EQUAL(a, b) (COW__EQUAL_OF(COW__V)((a), (b)))
#define COW__VALUE_HAS_EQUAL COW__HAS_EQUAL(COW__V)
#endif
#ifdef COW_VALUE_HASH
#define COW__VALUE_HASH(v, seed) (COW_VALUE_HASH((v), (seed)))
#define COW__VALUE_HAS_HASH 1
#else
#define COW__VALUE_HASH(v, seed) (COW__HASH_OF(COW__V)((v), (seed)))
#define COW__VALUE_HAS_HASH COW__HAS_HASH(COW__V)
#endif
static inline bool COW__F(_value_equal)(const void *a, const void *b) {
    return COW__VALUE_EQUAL((const COW__V *)a, (const COW__V *)b);
}
static inline uint64_t COW__F(_value_hash)(const void *v, uint64_t seed) {
    return COW__VALUE_HASH((const COW__V *)v, seed);
}

/* The hooks of a pair are those of its halves. Their names here must not hide the user's. */
static inline bool COW__F(_pair_copy)(void *to, const void *from) {
    COW__PAIR *t = (COW__PAIR *)to;
    const COW__PAIR *f = (const COW__PAIR *)from;
    cow_copy_fn cow__key_copy = COW__KEY_COPY, cow__value_copy = COW__VALUE_COPY;
    cow_drop_fn cow__key_drop = COW__KEY_DROP;
    if (!cow__key_copy)
        t->key = f->key;
    else if (!cow__key_copy(&t->key, &f->key))
        return false;
    if (!cow__value_copy)
        t->value = f->value;
    else if (!cow__value_copy(&t->value, &f->value)) {
        if (cow__key_drop) cow__key_drop(&t->key);
        return false;
    }
    return true;
}
static inline void COW__F(_pair_drop)(void *e) {
    COW__PAIR *pair = (COW__PAIR *)e;
    cow_drop_fn cow__key_drop = COW__KEY_DROP, cow__value_drop = COW__VALUE_DROP;
    if (cow__key_drop) cow__key_drop(&pair->key);
    if (cow__value_drop) cow__value_drop(&pair->value);
}
static inline void COW__F(_pair_freeze)(void *e) {
    COW__PAIR *pair = (COW__PAIR *)e;
    cow_drop_fn cow__key_freeze = COW__FREEZE_OF(COW__K), cow__value_freeze = COW__FREEZE_OF(COW__V);
    if (cow__key_freeze) cow__key_freeze(&pair->key);
    if (cow__value_freeze) cow__value_freeze(&pair->value);
}
#define COW__PAIR_HOOK(hook) ((COW__KEY_OWNS || COW__VALUE_OWNS) ? COW__F(_pair_##hook) : 0)

#else
#define COW__VALUE_BITS true
#endif

#ifndef COW_ALLOC
#define COW_ALLOC NULL
#endif
#ifdef COW_NONATOMIC
#define COW__LOCAL true
#else
#define COW__LOCAL false
#endif
#ifdef COW_STORE_HASH
#define COW__STORED_HASH true
#else
#define COW__STORED_HASH false
#endif

enum {
    COW__F(_pairs_at) =
        (sizeof(cow__node) + COW__ALIGNOF(COW__PAIR) - 1) / COW__ALIGNOF(COW__PAIR) * COW__ALIGNOF(COW__PAIR)
};

static const cow__map_type COW__F(_type) = {
    {
        COW__TEXT(COW__N),       /* name */
        sizeof(COW__PAIR),       /* size */
        COW__ALIGNOF(COW__PAIR), /* align */
#if COW__HAS_VALUES
        COW__PAIR_HOOK(copy), COW__PAIR_HOOK(drop), COW__PAIR_HOOK(freeze),
#else
        COW__KEY_COPY, COW__KEY_DROP, COW__FREEZE_OF(COW__K),
#endif
        COW_ALLOC,  /* alloc */
        &COW__ABI,  /* abi */
        COW__LOCAL, /* local */
        true,       /* recursive */
    },
    sizeof(COW__K),
    COW__F(_hash),
    COW__F(_upper),
    COW__F(_equal),
    COW__KEY_HAS_COMPARE ? COW__F(_compare) : 0,
#if COW__HAS_VALUES
    offsetof(COW__PAIR, value),
    sizeof(COW__V),
    COW__VALUE_HAS_EQUAL ? COW__F(_value_equal) : 0,
    COW__VALUE_HAS_HASH ? COW__F(_value_hash) : 0,
#else
    sizeof(COW__PAIR),
    0,
    0,
    0,
#endif
    COW__KEY_BITS,
    COW__VALUE_BITS,
    COW__F(_pairs_at),
    COW__STORED_HASH,
};

/* A change of *m stands between these two. */
#define COW__BEGIN_CHANGE(m)               \
    COW__F(_check)((m), "use after drop"); \
    COW__MARK_SITE();                      \
    COW__WRITER_ENTER(m, COW__F(_type).pair.name)
#define COW__END_CHANGE(m) COW__WRITER_LEAVE(m)

/* ---- Making, sharing and giving up values ---- */

/* Dies in COW_DEBUG builds when the value was dropped before. */
COW__INLINE void COW__F(_check)(const COW__N *m, const char *mistake) {
    (void)m, (void)mistake;
#if COW__DEBUG
    if (m->m.root) cow__ref_check(m->m.root, COW__F(_type).pair.name, mistake);
#endif
}

/* Another value with the same pairs: all nodes are shared until one of the two changes. Cost: one increment; never fails. */
COW__INLINE COW__N COW__F(copy)(const COW__N *m) {
    COW__N out;
    COW__F(_check)(m, "use after drop");
    out.m = cow__map_copy(&m->m, &COW__F(_type));
    return out;
}

/* Gives up the value and leaves it empty; may be repeated. The last value to share a node drops its pairs and frees it,
   however deeply values are nested, with a bounded stack. */
COW__INLINE void COW__F(drop)(COW__N *m) {
    COW__F(_check)(m, "double drop");
    COW__BEGIN_CHANGE(m);
    cow__map_drop(&m->m, &COW__F(_type));
    COW__END_CHANGE(m);
}

/* Takes the value out of the variable and leaves that empty. No count changes. */
COW__INLINE COW__N COW__F(move)(COW__N *m) {
    COW__N out = *m;
    m->m.root = 0;
    m->m.n = 0;
    m->m.from &= ~COW__MAP_FROZEN;
    return out;
}

/* Exchanges two values. */
COW__INLINE void COW__F(swap)(COW__N *a, COW__N *b) {
    COW__N t = *a;
    *a = *b;
    *b = t;
}

/* Makes *to another value of *from and gives up what it was. The two may be the same variable. */
COW__INLINE void COW__F(assign)(COW__N *to, const COW__N *from) {
    COW__N shared = COW__F(copy)(from);
    COW__F(drop)(to);
    *to = shared;
}

/* Removes all pairs; the map keeps its allocator. */
COW__INLINE void COW__F(clear)(COW__N *m) { COW__F(drop)(m); }

/* Makes *out an empty map whose nodes come from `alloc` (NULL: the type's own), which must outlive it and its copies. */
COW__INLINE bool COW__F(new_in)(COW__N *out, const cow_alloc *alloc) {
    out->m.root = 0;
    out->m.n = 0;
    out->m.seed = 0;
    out->m.from = (uintptr_t)alloc;
    return true;
}

/* Makes the value immortal: reading and copying it writes nothing from now on, so that forked workers keep its pages
   shared. A change of a frozen value copies the nodes of its path. Containers in pairs that nobody else shares are frozen
   with it. The memory is never freed. O(n). */
COW__INLINE void COW__F(freeze)(COW__N *m) {
    COW__BEGIN_CHANGE(m);
    cow__map_freeze(&m->m, &COW__F(_type));
    COW__END_CHANGE(m);
}

/* ---- Reading: nothing is written, not even a count ---- */

COW__INLINE size_t COW__F(len)(const COW__N *m) { return m->m.n; }

COW__INLINE bool COW__F(is_empty)(const COW__N *m) { return m->m.n == 0; }

/* Whether another value shares the root, or the value is frozen. After one change of a shared value the root is its own
   again, although nearly all that is below it is still shared: see bytes_owned. */
COW__INLINE bool COW__F(is_shared)(const COW__N *m) {
    return m->m.root && !(cow__map_root_counted(&m->m) && cow__rc_unique(cow__ref_rc(m->m.root)));
}

/* Whether two values are the same nodes: equal without a look at the pairs. */
COW__INLINE bool COW__F(same)(const COW__N *a, const COW__N *b) { return a->m.root == b->m.root; }

/* The seed its keys are hashed with: for find_as. */
COW__INLINE uint64_t COW__F(seed)(const COW__N *m) { return cow__map_seed(&m->m); }

/* The pair of `key` in a leaf; NULL when it is not there. */
COW__INLINE COW__PAIR *COW__F(_in_leaf)(const cow__node *leaf, const COW__K *key, uint64_t h) {
    COW__PAIR *pairs = (COW__PAIR *)(void *)((char *)(uintptr_t)leaf + COW__F(_pairs_at));
    for (uint32_t found = cow__leaf_candidates(leaf, h); found; found &= found - 1) {
        unsigned i = cow__lowest_bit(found);
        if (COW__STORED_HASH && cow__leaf_hashes(leaf, &COW__F(_type))[i] != (uint32_t)(h >> 32)) continue;
        if (COW__F(_equal)(COW__KEY_OF(pairs + i), key)) return pairs + i;
    }
    return NULL;
}

/* The stored pair of `key`, borrowed until the next change or drop of this variable; NULL when there is none. */
COW__INLINE const COW__PAIR *COW__F(find)(const COW__N *m, const COW__K *key) {
    cow__ref r = m->m.root;
    COW__F(_check)(m, "use after drop");
    if (!r) return NULL;
    uint64_t h = COW__F(_hash)(key, m->m.seed), bits = h;
    for (; !cow__ref_is_leaf(r); bits <<= COW__FAN_BITS) r = cow__ref_inner(r)->slot[bits >> (64 - COW__FAN_BITS)];
    const cow__node *leaf = cow__ref_leaf(r);
    const COW__PAIR *pair = COW__F(_in_leaf)(leaf, key, h);
    if (!pair && leaf->kind == COW__COLLISION) pair = (const COW__PAIR *)cow__map_find(&m->m, key, h, &COW__F(_type));
    return pair;
}

/* Whether there is a pair of `key`. */
COW__INLINE bool COW__F(contains)(const COW__N *m, const COW__K *key) { return COW__F(find)(m, key) != NULL; }

#if COW__HAS_VALUES
/* Borrows the value of `key` until the next change or drop of this variable; NULL when there is none. */
COW__INLINE const COW__V *COW__F(get)(const COW__N *m, const COW__K *key) {
    const COW__PAIR *pair = COW__F(find)(m, key);
    return pair ? &pair->value : NULL;
}

/* The value of `key`, or `otherwise`. A value that owns something is still the map's: use its copy to keep it. */
COW__INLINE COW__V COW__F(get_or)(const COW__N *m, const COW__K *key, COW__V otherwise) {
    const COW__PAIR *pair = COW__F(find)(m, key);
    return pair ? pair->value : otherwise;
}
#else
/* Borrows the stored key that equals `key` until the next change or drop of this variable; NULL when there is none. */
COW__INLINE const COW__K *COW__F(get)(const COW__N *m, const COW__K *key) { return COW__F(find)(m, key); }
#endif

/* The thunks below carry typed functions of the user's through shared code. */
typedef bool (*COW__F(_probe_fn))(const COW__K *key, const void *probe);
typedef struct COW__F(_probe) {
    COW__F(_probe_fn) equal;
    const void *probe;
} COW__F(_probe);
static inline bool COW__F(_probe_equal)(const void *key, const void *probe) {
    const COW__F(_probe) *p = (const COW__F(_probe) *)probe;
    return p->equal((const COW__K *)key, p->probe);
}

/* The pair whose key `equal` finds equal to *probe, a key of another kind: nothing is allocated to look it up. `hash` must
   be what the key's own hash is under x_seed(m): of a cow_str, cow_hash_bytes(p, n, x_seed(m)); of a key with COW_HASH,
   what that gives. Numbers are better converted to the key type. */
COW__INLINE const COW__PAIR *COW__F(find_as)(const COW__N *m, uint64_t hash,
                                             bool (*equal)(const COW__K *key, const void *probe), const void *probe) {
    COW__F(_probe) p = {equal, probe};
    COW__F(_check)(m, "use after drop");
#if defined(COW_HASH) && !defined(COW__HASH_AS_IS)
    hash = cow__hash_word(hash, COW__F(seed)(m));
#endif
    return (const COW__PAIR *)cow__map_find_as(&m->m, hash, COW__F(_probe_equal), &p, &COW__F(_type));
}

/* ---- Changing single pairs ---- */

/* Hash of a key that may be put: an empty map takes the seed of the process now. */
COW__INLINE uint64_t COW__F(_hash_for)(COW__N *m, const COW__K *key) {
    if (!m->m.root) m->m.seed = cow_seed();
    return COW__F(_hash)(key, m->m.seed);
}

/* The leaf of hash `h` when the map owns it and the way to it alone; NULL sends the caller to the shared code. So does a
   base that nobody else holds: it should be given up. */
COW__INLINE cow__node *COW__F(_own_leaf)(const COW__N *m, uint64_t h) {
    cow__ref r = m->m.root;
    if (!COW__FAST_PATHS || !r || !cow__map_root_counted(&m->m)) return NULL;
    for (; !cow__ref_is_leaf(r); h <<= COW__FAN_BITS) {
        cow__inner *inner = cow__ref_inner(r);
        unsigned i = (unsigned)(h >> (64 - COW__FAN_BITS));
        if (!cow__rc_unique(&inner->rc)) return NULL;
        if (inner->base && (!(inner->own >> i & 1) || cow__rc_unique(&inner->base->rc))) return NULL;
        r = inner->slot[i];
    }
    cow__node *leaf = cow__ref_leaf(r);
    return cow__rc_unique(&leaf->rc) && leaf->kind == COW__LEAF ? leaf : NULL;
}

/* The pair of `key` for writing: the map owns its path alone. */
COW__INLINE COW__PAIR *COW__F(_reach)(COW__N *m, const COW__K *key) {
    if (!m->m.root) return (void)cow__fail(COW_ABSENT), (COW__PAIR *)NULL;
    uint64_t h = COW__F(_hash)(key, m->m.seed);
    const cow__node *leaf = COW__F(_own_leaf)(m, h);
    COW__PAIR *pair = leaf ? COW__F(_in_leaf)(leaf, key, h) : NULL;
    return pair ? pair : (COW__PAIR *)cow__map_reach(&m->m, key, h, &COW__F(_type));
}

/* The pair of `key` for writing, or a new one that holds nothing yet. The fast path is a leaf of the map's own with room. */
COW__INLINE COW__PAIR *COW__F(_enter)(COW__N *m, const COW__K *key, bool *inserted) {
    uint64_t h = COW__F(_hash_for)(m, key);
    cow__node *leaf = COW__F(_own_leaf)(m, h);
    if (leaf) {
        COW__PAIR *pairs = (COW__PAIR *)(void *)((char *)leaf + COW__F(_pairs_at)),
                  *pair = COW__F(_in_leaf)(leaf, key, h);
        *inserted = !pair;
        if (pair) return pair;
        if (leaf->n < leaf->cap) {
            unsigned i = leaf->n++;
            leaf->tags[i] = (uint8_t)h;
            if (COW__STORED_HASH) cow__leaf_hashes(leaf, &COW__F(_type))[i] = (uint32_t)(h >> 32);
            m->m.n++;
            return pairs + i;
        }
    }
    return (COW__PAIR *)cow__map_enter(&m->m, key, h, inserted, &COW__F(_type));
}

COW__INLINE void COW__F(_drop_key)(COW__K *key) {
    cow_drop_fn cow__drop = COW__KEY_DROP;
    if (cow__drop) cow__drop(key);
}

#if COW__HAS_VALUES

COW__INLINE void COW__F(_drop_value)(COW__V *value) {
    cow_drop_fn cow__drop = COW__VALUE_DROP;
    if (cow__drop) cow__drop(value);
}

/* Makes the value of `key` be `value`. A key that is there already stays, and `key` is dropped. */
COW__INLINE bool COW__F(put)(COW__N *m, COW__K key, COW__V value) {
    bool inserted;
    COW__BEGIN_CHANGE(m);
    COW__PAIR *pair = COW__F(_enter)(m, &key, &inserted);
    if (pair && inserted) {
        pair->key = key;
        pair->value = value;
    } else if (pair) {
        COW__V old = pair->value;
        pair->value = value;
        COW__F(_drop_key)(&key);
        COW__F(_drop_value)(&old);
    }
    COW__END_CHANGE(m);
    return pair != NULL;
}

/* Puts a pair for a key that is absent; false with COW_EXISTS when it is there. */
COW__INLINE bool COW__F(put_if_absent)(COW__N *m, COW__K key, COW__V value) {
    if (COW__F(contains)(m, &key)) return cow__fail(COW_EXISTS);
    return COW__F(put)(m, key, value);
}

/* Replaces the value of a key that is there; false with COW_ABSENT when it is not. */
COW__INLINE bool COW__F(replace)(COW__N *m, const COW__K *key, COW__V value) {
    COW__BEGIN_CHANGE(m);
    COW__PAIR *pair = COW__F(_reach)(m, key);
    if (pair) {
        COW__V old = pair->value;
        pair->value = value;
        COW__F(_drop_value)(&old);
    }
    COW__END_CHANGE(m);
    return pair != NULL;
}

/* Borrows the value of `key` for writing until the next change, copy or drop of this variable; iterators and diffs, a union
   with it and a partition of it copy it as well. NULL with COW_ABSENT when there is none. */
COW__INLINE COW__V *COW__F(mut)(COW__N *m, const COW__K *key) {
    COW__BEGIN_CHANGE(m);
    COW__PAIR *pair = COW__F(_reach)(m, key);
    COW__END_CHANGE(m);
    return pair ? &pair->value : NULL;
}

/* Finds or makes the pair of `key`, and borrows its value for writing as mut does. A new value is all zero bytes, which is
   the empty value of every container; *inserted, unless NULL, tells whether it is new. A key that is there stays, and `key`
   is dropped. */
COW__INLINE COW__V *COW__F(entry)(COW__N *m, COW__K key, bool *inserted) {
    bool fresh = false;
    COW__BEGIN_CHANGE(m);
    COW__PAIR *pair = COW__F(_enter)(m, &key, &fresh);
    if (pair && fresh) {
        pair->key = key;
        memset((void *)&pair->value, 0, sizeof pair->value);
    } else if (pair) {
        COW__F(_drop_key)(&key);
    }
    COW__END_CHANGE(m);
    if (inserted) *inserted = fresh;
    return pair ? &pair->value : NULL;
}

/* Lets `fn` change the value of a key that is there, in place while the map is unshared. False with COW_ABSENT when it is
   not there. */
COW__INLINE bool COW__F(update)(COW__N *m, const COW__K *key, void (*fn)(COW__V *value, void *ctx), void *ctx) {
    COW__BEGIN_CHANGE(m);
    COW__PAIR *pair = COW__F(_reach)(m, key);
    if (pair) fn(&pair->value, ctx);
    COW__END_CHANGE(m);
    return pair != NULL;
}

#else

/* Adds `key`. One that is there already stays, and `key` is dropped. */
COW__INLINE bool COW__F(put)(COW__N *m, COW__K key) {
    bool inserted;
    COW__BEGIN_CHANGE(m);
    COW__K *at = COW__F(_enter)(m, &key, &inserted);
    if (at && inserted)
        *at = key;
    else if (at)
        COW__F(_drop_key)(&key);
    COW__END_CHANGE(m);
    return at != NULL;
}

/* Adds a key that is absent; false with COW_EXISTS when it is there. */
COW__INLINE bool COW__F(put_if_absent)(COW__N *m, COW__K key) {
    if (COW__F(contains)(m, &key)) return cow__fail(COW_EXISTS);
    return COW__F(put)(m, key);
}

#endif

/* Removes the pair of `key` and moves it to *out. The fast path is a leaf of the map's own that stays so full that it need
   not be merged. */
COW__INLINE bool COW__F(_remove)(COW__N *m, const COW__K *key, COW__PAIR *out) {
    if (!m->m.root) return cow__fail(COW_ABSENT);
    uint64_t h = COW__F(_hash)(key, m->m.seed);
    cow__node *leaf = COW__F(_own_leaf)(m, h);
    COW__PAIR *pair = leaf && leaf->n > COW__LEAF_MAX / 4 + 1 ? COW__F(_in_leaf)(leaf, key, h) : NULL;
    if (!pair) return cow__map_remove(&m->m, key, h, out, &COW__F(_type));
    COW__PAIR *pairs = (COW__PAIR *)(void *)((char *)leaf + COW__F(_pairs_at));
    unsigned last = --leaf->n, i = (unsigned)(pair - pairs);
    *out = *pair;
    *pair = pairs[last];
    leaf->tags[i] = leaf->tags[last];
    if (COW__STORED_HASH) {
        uint32_t *hashes = cow__leaf_hashes(leaf, &COW__F(_type));
        hashes[i] = hashes[last];
    }
    m->m.n--;
    return true;
}

/* Removes and drops the pair of `key`; false with COW_ABSENT when there is none. */
COW__INLINE bool COW__F(erase)(COW__N *m, const COW__K *key) {
    COW__PAIR out;
    COW__BEGIN_CHANGE(m);
    bool removed = COW__F(_remove)(m, key, &out);
    if (removed && COW__F(_type).pair.drop) COW__F(_type).pair.drop(&out);
    COW__END_CHANGE(m);
    return removed;
}

#if COW__HAS_VALUES
/* Removes the pair of `key` and gives its value to *out (a copy of it when others share it); the key is dropped. False with
   COW_ABSENT when there is none. */
COW__INLINE bool COW__F(take)(COW__N *m, const COW__K *key, COW__V *out) {
    COW__PAIR pair;
    COW__BEGIN_CHANGE(m);
    bool removed = COW__F(_remove)(m, key, &pair);
    if (removed) {
        *out = pair.value;
        COW__F(_drop_key)(&pair.key);
    }
    COW__END_CHANGE(m);
    return removed;
}
#else
/* Removes the key that equals `key` and gives it to *out (a copy of it when others share it). False with COW_ABSENT when
   there is none. */
COW__INLINE bool COW__F(take)(COW__N *m, const COW__K *key, COW__K *out) {
    COW__K taken;
    COW__BEGIN_CHANGE(m);
    bool removed = COW__F(_remove)(m, key, &taken);
    if (removed) *out = taken;
    COW__END_CHANGE(m);
    return removed;
}
#endif

#endif
#endif

/* map_whole: whole maps and sets: making, iterating, filtering, combining, comparing. Floor 4, built on map. Continues the
   instantiation.

   Versions of one map share nodes, and what two maps share is skipped: combining or comparing them costs what differs, not
   what they hold. */
#if (defined(COW_MAP) || defined(COW_SET)) && !defined(COW_FORWARD)


/* Never defined. Their names say which type lacks what; compilers and linkers print them. */
extern void COW__F(needs_COW_VALUE_EQUAL)(void)
    COW__COMPILE_ERROR("cow: equality of values is needed here: #define COW_VALUE_EQUAL before including cow.h");
extern void COW__F(needs_COW_VALUE_HASH)(void)
    COW__COMPILE_ERROR("cow: a hash of values is needed here: #define COW_VALUE_HASH before including cow.h");
#if COW__HAS_VALUES
#define COW__NEED_VALUE(has, what)  \
    do {                            \
        if (!(has)) COW__F(what)(); \
    } while (0)
#define COW__PAIR_HAS_EQUAL COW__VALUE_HAS_EQUAL
#define COW__PAIR_HAS_HASH COW__VALUE_HAS_HASH
#else
#define COW__NEED_VALUE(has, what) ((void)0)
#define COW__PAIR_HAS_EQUAL 1
#define COW__PAIR_HAS_HASH 1
#endif

/* ---- Iterating ---- */

COW__INLINE cow__scan COW__F(_scan)(const COW__N *m) {
    cow__scan s;
    COW__F(_check)(m, "use after drop");
    cow__scan_begin(&s, &m->m, &COW__F(_type));
    return s;
}

/* Calls `fn` with runs of pairs until it returns false; returns whether it never did. */
COW__INLINE bool COW__F(each)(const COW__N *m, bool (*fn)(const COW__PAIR *run, size_t n, void *ctx), void *ctx) {
    cow__scan s = COW__F(_scan)(m);
    while (cow__scan_next(&s)) {
        const COW__PAIR *run = (const COW__PAIR *)s.run;
        if (!fn(run, (size_t)((const COW__PAIR *)s.end - run), ctx)) return false;
    }
    return true;
}

/* Lets `fn` gather all pairs into *acc. */
COW__INLINE void COW__F(fold)(const COW__N *m, void (*fn)(void *acc, const COW__PAIR *pair), void *acc) {
    COW__EACH_RUN (COW__PAIR, it, COW__F(_scan)(m)) fn(acc, it);
}

/* An iterator holds its own copy: it sees the map as it was when it began, whatever happens to the variable. */
#define COW__ITER COW__F(iter)
typedef struct COW__ITER {
    COW__N held;
    cow__scan scan;
} COW__ITER;

COW__INLINE COW__ITER COW__F(iter_of)(const COW__N *m) {
    COW__ITER it;
    it.held = COW__F(copy)(m);
    it.scan = COW__F(_scan)(&it.held);
    return it;
}

/* Gives up an iterator before its end; may be repeated. */
COW__INLINE void COW__F(iter_drop)(COW__ITER *it) { COW__F(drop)(&it->held); }

/* Points *out at the next pair, until the next call; false at the end, and then the iterator is dropped. */
COW__INLINE bool COW__F(iter_next)(COW__ITER *it, const COW__PAIR **out) {
    if (it->held.m.root && (it->scan.run != it->scan.end || cow__scan_next(&it->scan))) {
        *out = (const COW__PAIR *)it->scan.run;
        it->scan.run = *out + 1;
        return true;
    }
    COW__F(iter_drop)(it);
    return false;
}

/* ---- Making from many ---- */

#if COW__HAS_VALUES
/* Makes *out a map of copies of the `n` keys and values; of equal keys, the last one's value stays. O(n). *out is not read. */
COW__INLINE bool COW__F(from)(COW__N *out, const COW__K *keys, const COW__V *values, size_t n) {
    COW__N made;
    (void)COW__F(new_in)(&made, NULL);
    for (size_t i = 0; i < n; i++) {
        COW__PAIR lent; /* still the caller's: a copy of it is stored */
        lent.key = keys[i];
        lent.value = values[i];
        if (cow__map_store_copy(&made.m, &lent, &COW__F(_type))) continue;
        COW__F(drop)(&made);
        return false;
    }
    *out = made;
    return true;
}

/* Lets `fn` change every value, after making the map unshared: O(n) then. Returns whether all values were visited: false
   when `fn` returned false, which ends it, or when a node could not be copied (COW_NOMEM, COW_HOOK), and then `fn` was
   never called. */
COW__INLINE bool COW__F(update_all)(COW__N *m, bool (*fn)(const COW__K *key, COW__V *value, void *ctx), void *ctx) {
    COW__BEGIN_CHANGE(m);
    bool all = cow__map_own(&m->m, &COW__F(_type));
    cow__scan s = COW__F(_scan)(m);
    while (all && cow__scan_next(&s))
        for (COW__PAIR *p = (COW__PAIR *)(uintptr_t)s.run; all && p != s.end; p++) all = fn(&p->key, &p->value, ctx);
    COW__END_CHANGE(m);
    return all;
}

/* Makes *out a map of the same keys, with values that `fn` makes at `to`. When `fn` returns false, having made nothing, the
   whole fails with COW_HOOK. O(n). *out is not read. */
COW__INLINE bool COW__F(map_values)(COW__N *out, const COW__N *m,
                                    bool (*fn)(COW__V *to, const COW__K *key, const COW__V *from, void *ctx),
                                    void *ctx) {
    COW__N made;
    cow_copy_fn cow__key_copy = COW__KEY_COPY;
    cow__scan s = COW__F(_scan)(m);
    bool ok = COW__F(new_in)(&made, cow__map_alloc(&m->m, &COW__F(_type)));
    while (ok && cow__scan_next(&s)) {
        for (const COW__PAIR *p = (const COW__PAIR *)s.run; ok && p != s.end; p++) {
            COW__K key = p->key;
            COW__V value;
            ok = (!cow__key_copy || cow__key_copy(&key, &p->key)) || cow__fail(COW_HOOK);
            if (!ok) break;
            ok = fn(&value, &p->key, &p->value, ctx) || cow__fail(COW_HOOK);
            if (ok && COW__F(put)(&made, key, value)) continue;
            if (ok) COW__F(_drop_value)(&value);
            COW__F(_drop_key)(&key);
            ok = false;
        }
    }
    if (ok)
        *out = made;
    else
        COW__F(drop)(&made);
    return ok;
}

#else

/* Makes *out a set of copies of the `n` keys. O(n). *out is not read. */
COW__INLINE bool COW__F(from)(COW__N *out, const COW__K *keys, size_t n) {
    COW__N made;
    (void)COW__F(new_in)(&made, NULL);
    for (size_t i = 0; i < n; i++) {
        if (cow__map_store_copy(&made.m, keys + i, &COW__F(_type))) continue;
        COW__F(drop)(&made);
        return false;
    }
    *out = made;
    return true;
}

#endif

/* ---- Filtering: `keep` is asked once for each pair ---- */

typedef bool (*COW__F(_test_fn))(const COW__PAIR *pair, void *ctx);
static inline bool COW__F(_test)(const cow__test *t, const void *pair) {
    return ((COW__F(_test_fn))t->fn)((const COW__PAIR *)pair, t->ctx);
}

/* Keeps the pairs for which `keep` returns true. O(n). */
COW__INLINE bool COW__F(retain_if)(COW__N *m, bool (*keep)(const COW__PAIR *pair, void *ctx), void *ctx) {
    cow__test test = {COW__F(_test), (void (*)(void))keep, ctx};
    COW__BEGIN_CHANGE(m);
    bool ok = cow__map_retain(&m->m, &test, &COW__F(_type));
    COW__END_CHANGE(m);
    return ok;
}

/* Makes *yes a map of the pairs for which `pred` returns true, and *no one of the others. O(n). Neither is read; *m stays. */
COW__INLINE bool COW__F(partition)(const COW__N *m, COW__N *yes, COW__N *no,
                                   bool (*pred)(const COW__PAIR *pair, void *ctx), void *ctx) {
    cow__test test = {COW__F(_test), (void (*)(void))pred, ctx};
    COW__F(_check)(m, "use after drop");
    return cow__map_partition(&m->m, &test, &yes->m, &no->m, &COW__F(_type));
}

/* ---- Combining ---- */

#if COW__HAS_VALUES

typedef bool (*COW__F(_conflict_fn))(COW__V *mine, const COW__K *key, const COW__V *theirs, void *ctx);
static inline bool COW__F(_settle)(const cow__conflict *c, void *mine, const void *key, const void *theirs) {
    return ((COW__F(_conflict_fn))c->fn)((COW__V *)mine, (const COW__K *)key, (const COW__V *)theirs, c->ctx);
}

/* Adds the pairs of *b, which may be *a; of two equal keys, either may stay. `conflict` edits *mine where both maps have a
   key with values that differ; values that are equal, or whose bits are, are never asked about. When it returns false, the
   whole fails with COW_HOOK. NULL: the value of *b is taken. */
COW__INLINE bool COW__F(union)(COW__N *a, const COW__N *b,
                               bool (*conflict)(COW__V *mine, const COW__K *key, const COW__V *theirs, void *ctx),
                               void *ctx) {
    cow__conflict c = {COW__F(_settle), (void (*)(void))conflict, ctx};
    COW__F(_check)(b, "use after drop");
    COW__BEGIN_CHANGE(a);
    bool ok = cow__map_union(&a->m, &b->m, conflict ? &c : NULL, &COW__F(_type));
    COW__END_CHANGE(a);
    return ok;
}

/* Keeps the pairs whose keys *b has. `conflict` as for union; NULL: the value of *a stays. */
COW__INLINE bool
COW__F(intersection)(COW__N *a, const COW__N *b,
                     bool (*conflict)(COW__V *mine, const COW__K *key, const COW__V *theirs, void *ctx), void *ctx) {
    cow__conflict c = {COW__F(_settle), (void (*)(void))conflict, ctx};
    COW__F(_check)(b, "use after drop");
    COW__BEGIN_CHANGE(a);
    bool ok = cow__map_intersection(&a->m, &b->m, conflict ? &c : NULL, &COW__F(_type));
    COW__END_CHANGE(a);
    return ok;
}

#else

/* Adds the keys of *b, which may be *a. */
COW__INLINE bool COW__F(union)(COW__N *a, const COW__N *b) {
    COW__F(_check)(b, "use after drop");
    COW__BEGIN_CHANGE(a);
    bool ok = cow__map_union(&a->m, &b->m, NULL, &COW__F(_type));
    COW__END_CHANGE(a);
    return ok;
}

/* Keeps the keys that *b has. */
COW__INLINE bool COW__F(intersection)(COW__N *a, const COW__N *b) {
    COW__F(_check)(b, "use after drop");
    COW__BEGIN_CHANGE(a);
    bool ok = cow__map_intersection(&a->m, &b->m, NULL, &COW__F(_type));
    COW__END_CHANGE(a);
    return ok;
}

#endif

/* Removes the keys that *b has. Shares nodes with what *a was only when *b is small, less than a quarter of *a. */
COW__INLINE bool COW__F(difference)(COW__N *a, const COW__N *b) {
    COW__F(_check)(b, "use after drop");
    COW__BEGIN_CHANGE(a);
    bool ok = cow__map_difference(&a->m, &b->m, &COW__F(_type));
    COW__END_CHANGE(a);
    return ok;
}

/* Makes *a hold the pairs whose keys exactly one of the two has. */
COW__INLINE bool COW__F(symmetric_difference)(COW__N *a, const COW__N *b) {
    COW__F(_check)(b, "use after drop");
    COW__BEGIN_CHANGE(a);
    bool ok = cow__map_symmetric_difference(&a->m, &b->m, &COW__F(_type));
    COW__END_CHANGE(a);
    return ok;
}

/* ---- Comparing ---- */

/* Whether *b has every key of *a. Values are not compared. */
COW__INLINE bool COW__F(is_subset)(const COW__N *a, const COW__N *b) {
    return cow__map_within(&a->m, &b->m, &COW__F(_type));
}

/* Whether both have the same keys with equal values. */
COW__INLINE bool COW__F(equal)(const COW__N *a, const COW__N *b) {
    COW__NEED_VALUE(COW__VALUE_HAS_EQUAL, needs_COW_VALUE_EQUAL);
    return cow__map_equal(&a->m, &b->m, &COW__F(_type));
}

/* Hash of all pairs: equal maps have equal hashes. O(n). */
COW__INLINE uint64_t COW__F(hash)(const COW__N *m, uint64_t seed) {
    COW__NEED_VALUE(COW__VALUE_HAS_HASH, needs_COW_VALUE_HASH);
    return cow__map_hash(&m->m, seed, &COW__F(_type));
}

/* What changed between two versions, pair by pair. The iterator holds its own copies of both. */
#define COW__DIFF_ITER COW__F(diff_iter)
typedef struct COW__DIFF_ITER {
    COW__N was, is;
    cow__versus walk;
    size_t removed;
    bool added; /* the second walk, for what only *is has */
} COW__DIFF_ITER;

COW__INLINE COW__DIFF_ITER COW__F(diff_of)(const COW__N *was, const COW__N *is) {
    COW__DIFF_ITER it;
    it.was = COW__F(copy)(was);
    it.is = COW__F(copy)(is);
    it.removed = 0;
    it.added = false;
    cow__versus_begin(&it.walk, &it.was.m, &it.is.m, COW__HAS_VALUES, &COW__F(_type));
    return it;
}

/* Gives up an iterator before its end; may be repeated. */
COW__INLINE void COW__F(diff_drop)(COW__DIFF_ITER *it) {
    COW__F(drop)(&it->was);
    COW__F(drop)(&it->is);
    it->walk.leaf = NULL;
    it->walk.at = 0;
    it->walk.depth = 0;
    it->added = true;
}

/* Points *was and *is at the next pair that differs, until the next call: *was is NULL when it was added, *is when it was
   removed; when both are there, the value changed (by equality, or by its bits if values have none). False at the end, and
   then the iterator is dropped. */
COW__INLINE bool COW__F(diff_next)(COW__DIFF_ITER *it, const COW__PAIR **was, const COW__PAIR **is) {
    const void *mine, *theirs;
    if (!it->added) {
        if (cow__versus_next(&it->walk, &mine, &theirs)) {
            *was = (const COW__PAIR *)mine;
            *is = (const COW__PAIR *)theirs;
            it->removed += !theirs;
            return true;
        }
        it->added = true;
        cow__versus_begin(&it->walk, &it->is.m, &it->was.m, false, &COW__F(_type));
        /* The numbers tell when nothing was added. */
        if (it->was.m.n - it->removed == it->is.m.n) it->walk.at = 0;
    }
    if (cow__versus_next(&it->walk, &mine, &theirs)) {
        *was = NULL;
        *is = (const COW__PAIR *)mine;
        return true;
    }
    COW__F(diff_drop)(it);
    return false;
}

/* Calls `fn` for every pair that differs, as diff_next describes it, until `fn` returns false; returns whether it never
   did. Counts nothing: neither map may change meanwhile. */
COW__INLINE bool COW__F(diff)(const COW__N *was, const COW__N *is,
                              bool (*fn)(const COW__PAIR *was, const COW__PAIR *is, void *ctx), void *ctx) {
    cow__versus walk;
    const void *mine, *theirs;
    size_t removed = 0;
    COW__F(_check)(was, "use after drop");
    COW__F(_check)(is, "use after drop");
    cow__versus_begin(&walk, &was->m, &is->m, COW__HAS_VALUES, &COW__F(_type));
    while (cow__versus_next(&walk, &mine, &theirs)) {
        removed += !theirs;
        if (!fn((const COW__PAIR *)mine, (const COW__PAIR *)theirs, ctx)) return false;
    }
    if (was->m.n - removed == is->m.n) return true; /* nothing was added */
    cow__versus_begin(&walk, &is->m, &was->m, false, &COW__F(_type));
    while (cow__versus_next(&walk, &mine, &theirs))
        if (!fn(NULL, (const COW__PAIR *)mine, ctx)) return false;
    return true;
}

/* ---- Memory, in bytes of nodes; what keys and values own is not counted. O(n) ---- */

/* Lets go of old versions of nodes that a map once shared and still keeps alive. A change of a shared map leaves them
   behind, up to four in each node with all that is below them; later changes near them clear them away. A map that was
   changed under a snapshot and is only read from then on may keep about as much again as it holds: call this when the
   snapshots are gone. Their pairs are dropped now. Never fails. O(n). */
COW__INLINE void COW__F(compact)(COW__N *m) {
    COW__BEGIN_CHANGE(m);
    cow__map_compact(&m->m, &COW__F(_type));
    COW__END_CHANGE(m);
}

/* All that this value keeps alive. */
COW__INLINE size_t COW__F(bytes)(const COW__N *m) { return cow__map_bytes(&m->m, &COW__F(_type)); }

/* What would be freed with this value, because nobody shares it. */
COW__INLINE size_t COW__F(bytes_owned)(const COW__N *m) { return cow__map_bytes_owned(&m->m, &COW__F(_type)); }

/* What both values hold. */
COW__INLINE size_t COW__F(bytes_shared)(const COW__N *a, const COW__N *b) {
    return cow__map_bytes_shared(&a->m, &b->m, &COW__F(_type));
}

#endif

/* value_hooks: makes the container type itself an element that brings its hooks. Floor 4, built on array_order and
   map_whole.

   The type takes a slot when it is declared, and gives the hooks when it is complete, so that arrays of arrays and maps of
   arrays find copy, drop, equal, compare and hash without being told. Maps have no order. */
#if defined(COW_ARRAY) || defined(COW_MAP) || defined(COW_SET)


#define COW__HOOK(hook) COW__F(_as_element_##hook)

#ifndef COW_FORWARDED

static inline bool COW__HOOK(copy)(void *to, const void *from);
static inline void COW__HOOK(drop)(void *e);
static inline void COW__HOOK(freeze)(void *e);
static inline bool COW__HOOK(equal)(const void *a, const void *b);
static inline int COW__HOOK(compare)(const void *a, const void *b);
static inline uint64_t COW__HOOK(hash)(const void *e, uint64_t seed);

/* Whether elements have the hook is not known of a type that is not complete: it is taken to, and fails to compile where
   the hook is used if it has not. */
#if defined(COW_FORWARD)
#define COW__SELF_HAS_EQUAL 1
#define COW__SELF_HAS_HASH 1
#elif defined(COW_ARRAY)
#define COW__SELF_HAS_EQUAL COW__ELEMENT_HAS_EQUAL
#define COW__SELF_HAS_HASH COW__ELEMENT_HAS_HASH
#else
#define COW__SELF_HAS_EQUAL COW__PAIR_HAS_EQUAL
#define COW__SELF_HAS_HASH COW__PAIR_HAS_HASH
#endif
#if defined(COW_ARRAY) && defined(COW_FORWARD)
#define COW__SELF_HAS_COMPARE 1
#elif defined(COW_ARRAY)
#define COW__SELF_HAS_COMPARE COW__ELEMENT_HAS_COMPARE
#else
#define COW__SELF_HAS_COMPARE 0
#endif

/* Values that are never to cross threads. */
#ifdef COW_NONATOMIC
#define COW__SELF_IS_LOCAL 1
#else
#define COW__SELF_IS_LOCAL 0
#endif

#ifndef __cplusplus

#define COW__S(hook) COW__CAT3(cow__t, COW__SLOT, _##hook)

typedef COW__N COW__CAT(cow__t, COW__SLOT);
static inline bool COW__S(copy)(void *to, const void *from) { return COW__HOOK(copy)(to, from); }
static inline void COW__S(drop)(void *e) { COW__HOOK(drop)(e); }
static inline void COW__S(freeze)(void *e) { COW__HOOK(freeze)(e); }
static inline bool COW__S(equal)(const void *a, const void *b) { return COW__HOOK(equal)(a, b); }
static inline int COW__S(compare)(const void *a, const void *b) { return COW__HOOK(compare)(a, b); }
static inline uint64_t COW__S(hash)(const void *e, uint64_t seed) { return COW__HOOK(hash)(e, seed); }
enum {
    COW__S(has_copy) = 1,
    COW__S(has_equal) = COW__SELF_HAS_EQUAL,
    COW__S(has_compare) = COW__SELF_HAS_COMPARE,
    COW__S(has_hash) = COW__SELF_HAS_HASH,
    COW__S(is_local) = COW__SELF_IS_LOCAL
};

#else

constexpr cow_copy_fn cow__copy_of(const COW__N *) { return COW__HOOK(copy); }
constexpr cow_drop_fn cow__drop_of(const COW__N *) { return COW__HOOK(drop); }
constexpr cow_drop_fn cow__freeze_of(const COW__N *) { return COW__HOOK(freeze); }
constexpr cow_equal_fn cow__equal_of(const COW__N *) { return COW__HOOK(equal); }
constexpr cow_compare_fn cow__compare_of(const COW__N *) { return COW__HOOK(compare); }
constexpr cow_hash_fn cow__hash_of(const COW__N *) { return COW__HOOK(hash); }
constexpr bool cow__has_copy(const COW__N *) { return true; }
constexpr bool cow__has_equal(const COW__N *) { return COW__SELF_HAS_EQUAL; }
constexpr bool cow__has_compare(const COW__N *) { return COW__SELF_HAS_COMPARE; }
constexpr bool cow__has_hash(const COW__N *) { return COW__SELF_HAS_HASH; }
constexpr bool cow__is_local(const COW__N *) { return COW__SELF_IS_LOCAL; }

#endif
#endif

#ifndef COW_FORWARD

static inline bool COW__HOOK(copy)(void *to, const void *from) {
    *(COW__N *)to = COW__F(copy)((const COW__N *)from);
    return true;
}
static inline void COW__HOOK(drop)(void *e) { COW__F(drop)((COW__N *)e); }
static inline void COW__HOOK(freeze)(void *e) { COW__F(freeze)((COW__N *)e); }
static inline bool COW__HOOK(equal)(const void *a, const void *b) {
    return COW__F(equal)((const COW__N *)a, (const COW__N *)b);
}
static inline int COW__HOOK(compare)(const void *a, const void *b) {
#ifdef COW_ARRAY
    return COW__F(compare)((const COW__N *)a, (const COW__N *)b);
#else
    return cow__compare_none(a, b);
#endif
}
static inline uint64_t COW__HOOK(hash)(const void *e, uint64_t seed) { return COW__F(hash)((const COW__N *)e, seed); }

#endif

#endif

/* reader: versions, and the slots in which threads say which ones they borrow. Floor 5, built on type and refcount.

   A version is one value of a cell with a count in front. Counting it for every read would make all readers write one cache
   line. So a reader writes the version's address into a slot of its own, and looks whether the cell still holds it: then it
   borrows the version. A writer that has taken a version out of a cell looks through all slots, and where it finds the
   version it pays: it counts the version for the reader and empties the slot. A reader that finds its slot emptied owns
   that count, and drops it. A version dies as soon as nobody holds it; there are no epochs, and no lists of what is to be
   freed.

   The slots are Michael's hazard pointers (2004), the payment is the debt of the arc-swap crate. A reader never goes on
   with a version that was paid for before it was sure: the address may be another version's by now, even another cell's. */
#ifndef COW__READER_H
#define COW__READER_H


/* In front of a cell's value. Its type is here, because whoever finds a slot paid may hold a version of any cell. */
typedef struct cow__version {
    cow__atomic_u32 rc;
    const cow_type *type;
#if COW__LIVE
    cow__live live;
#endif
} cow__version;

#define COW__VERSION_HEAD ((sizeof(cow__version) + COW__PLAIN_ALIGN - 1) & ~(size_t)(COW__PLAIN_ALIGN - 1))

static inline void *cow__version_value(cow__version *v) { return (char *)v + COW__VERSION_HEAD; }

/* The last slot of a reader is for the length of a call; the others hold borrows. The model tests make do with fewer. */
#ifndef COW__READER_SLOTS
#define COW__READER_SLOTS 8
#endif
enum { COW__READER_HELD = COW__READER_SLOTS - 1 };

/* A thread's record: the slots on a cache line of their own, then what only its thread uses, and the list of all records.
   They are given back when a thread ends, used again, and never freed. */
typedef struct cow__reader {
    cow__atomic_ptr slot[COW__READER_SLOTS];
    cow__version
        *mine[COW__READER_HELD]; /* what the borrows hold, also when their slots were emptied; NULL: no borrow */
    cow__atomic_u32 taken;
    struct cow__reader *next; /* never changes */
} cow__reader;

/* Records share no cache lines, which processors fetch in pairs. */
enum {
    COW__READER_LINES = 128,
    COW__READER_BLOCK =
        (sizeof(cow__reader) + COW__READER_LINES - 1) / COW__READER_LINES * COW__READER_LINES + COW__READER_LINES
};

/* What keeps a borrowed version alive: slot i of the thread's record, or a count. */
enum { COW__GUARD_COUNTED = COW__READER_HELD };
typedef struct cow__guard {
    cow__version *at;
    unsigned i;
} cow__guard;

/* Files that only read have no descriptor: these names say version and layout instead. */
#define cow__reader_own COW__ABI_FUNCTION(cow__reader_own)
#define cow__strong COW__ABI_FUNCTION(cow__strong)
#define cow__version_release COW__ABI_FUNCTION(cow__version_release)

COW__BEGIN_C
/* A version that holds nothing yet, counted once, in `block` (NULL: in a new one); NULL with COW_NOMEM. */
COW__API cow__version *cow__version_new(const cow_type *type, void *block);
/* Ends a version whose value was never made, or is gone; its block is the caller's. */
COW__API void *cow__version_end(cow__version *v);
COW__API void cow__version_free_block(void *block, const cow_type *type);
/* Both. */
COW__API void cow__version_free(cow__version *v);
/* Gives up one count; the last one drops the value. NULL is allowed. */
COW__API void cow__version_release(cow__version *v);
/* The cold paths of what follows. */
COW__API bool cow__borrow_first(const cow__atomic_ptr *cell, cow__guard *g);
COW__API COW__COLD void cow__borrow_again(const cow__atomic_ptr *cell, cow__guard *g);
COW__API void cow__borrow_end_of(unsigned i, cow__version *v);
/* What `cell` holds, with a count. Fails as cow__borrow does. */
COW__API bool cow__strong(const cow__atomic_ptr *cell, cow__version **out);
/* Counts `v`, which no cell holds any more, for all who borrow it. The caller holds a count. */
COW__API void cow__version_pay(cow__version *v);
#ifdef COW_STATIC
static COW__THREAD_SHARED cow__reader *cow__reader_own;
#else
extern COW__HIDDEN COW__THREAD_SHARED cow__reader *cow__reader_own; /* NULL: this thread has no record yet */
#endif
COW__END_C

/* Puts what was `seen` in the cell into the slot. What the cell holds then; if it is the same, the slot protects it. */
static inline void *cow__slot_enter(cow__atomic_ptr *slot, const cow__atomic_ptr *cell, void *seen) {
    COW__STORE(slot, seen, COW__SEQ_CST);
    return COW__LOAD(cell, COW__SEQ_CST);
}

/* Empties a slot that holds `v`. When a writer was there first, it has counted `v` for us. */
static inline void cow__slot_leave(cow__atomic_ptr *slot, cow__version *v) {
    void *expected = v;
    if (!COW__LIKELY(COW__CAS(slot, &expected, (void *)NULL, COW__ACQ_REL, COW__ACQUIRE))) cow__version_release(v);
}

/* Borrows what `cell` holds. False with COW_NOMEM when the thread has no record and none can be made: only its first time. */
static inline bool cow__borrow(const cow__atomic_ptr *cell, cow__guard *g) {
    cow__reader *r = cow__reader_own;
    if (!COW__LIKELY(r && !r->mine[0])) return cow__borrow_first(cell, g);
    void *seen = COW__LOAD(cell, COW__ACQUIRE); /* a guess, but when the cell is empty */
    g->at = (cow__version *)seen;
    g->i = 0;
    if (!seen) return true;
    bool sure = cow__slot_enter(&r->slot[0], cell, seen) == seen;
    r->mine[0] = (cow__version *)seen;
    if (!COW__LIKELY(sure)) cow__borrow_again(cell, g);
    return true;
}

/* The borrows of a thread that ends have ended with it, also those that other destructors of the thread would end later. */
static inline void cow__borrow_end(cow__guard *g) {
    cow__reader *r = cow__reader_own;
    cow__version *v = g->at;
    g->at = NULL;
    if (!v) return;
    if (COW__LIKELY(g->i == 0 && r && r->mine[0] == v)) {
        r->mine[0] = NULL;
        cow__slot_leave(&r->slot[0], v);
        return;
    }
    cow__borrow_end_of(g->i, v);
}

#endif

#if defined(COW__IMPLEMENT) && !defined(COW__READER_BODY)
#define COW__READER_BODY


#include <string.h>

/* Whether there is a call when a thread ends. Older versions of glibc have it in a library of its own, which comes with
   -pthread. */
#ifndef COW__READER_EXITS
#if defined(__GLIBC__) && defined(__GLIBC_PREREQ)
#if __GLIBC_PREREQ(2, 34) || defined(_REENTRANT)
#define COW__READER_EXITS 1
#endif
#elif defined(__unix__) || defined(__APPLE__) || defined(__MINGW32__)
#define COW__READER_EXITS 1
#endif
#endif
#ifndef COW__READER_EXITS
#define COW__READER_EXITS 0
#endif
#if COW__READER_EXITS
#include <pthread.h>
#endif

COW__BEGIN_C

/* ---- Versions ---- */

COW__API cow__version *cow__version_new(const cow_type *type, void *block) {
    size_t size;
    if (!block && cow__add_size(COW__VERSION_HEAD, type->size, &size)) block = cow__allocate(type->alloc, size);
    if (!block) return (void)cow__fail(COW_NOMEM), (cow__version *)NULL;
    cow__version *v = (cow__version *)block;
    COW__STORE(&v->rc, 1u, COW__RELAXED);
    v->type = type;
#if COW__LIVE
    cow__live_add(&v->live, type->name, type->size);
#endif
    return v;
}

COW__API void *cow__version_end(cow__version *v) {
#if COW__LIVE
    cow__live_remove(&v->live);
#endif
    return v;
}

COW__API void cow__version_free_block(void *block, const cow_type *type) {
    cow__release(type->alloc, block, COW__VERSION_HEAD + type->size);
}

COW__API void cow__version_free(cow__version *v) {
    const cow_type *type = v->type;
    cow__version_free_block(cow__version_end(v), type);
}

COW__API void cow__version_release(cow__version *v) {
    if (!v || !cow__rc_release(&v->rc, false)) return;
    if (v->type->drop) v->type->drop(cow__version_value(v));
    cow__version_free(v);
}

/* ---- Records ---- */

static cow__atomic_ptr cow__readers; /* all records; the newest first */
#ifndef COW_STATIC
COW__THREAD_SHARED cow__reader *cow__reader_own;
#endif

/* Stands in `mine` for a slot that must not be used, but is not: while a borrow begins, because hooks that run meanwhile
   may borrow, too; and in a thread whose end has begun. */
static cow__version *cow__reader_nothing(cow__reader *r) { return (cow__version *)(void *)r; }

/* Ends the borrow of slot `i`. */
static void cow__reader_leave(cow__reader *r, unsigned i) {
    cow__version *v = r->mine[i];
    r->mine[i] = NULL;
    if (v != cow__reader_nothing(r)) cow__slot_leave(&r->slot[i], v);
}

/* Set when the borrows of this thread were ended with it. Those that later destructors of the thread begin are counted, so
   that they are not taken for the ones that were ended. */
static COW__THREAD_LOCAL bool cow__reader_ended;

#if COW__READER_EXITS

static pthread_key_t cow__reader_key;
static pthread_once_t cow__reader_once = PTHREAD_ONCE_INIT;
/* The key goes at exit, when threads may still run. */
static pthread_mutex_t cow__reader_turn = PTHREAD_MUTEX_INITIALIZER;
static bool cow__reader_has_key;

/* Ends all borrows of a thread that ends. */
static void cow__reader_exit(void *own) {
    cow__reader *r = (cow__reader *)own;
    cow__reader_own = NULL;
    cow__reader_ended = true;
    for (unsigned i = 0; i < COW__READER_HELD; i++)
        if (r->mine[i]) cow__reader_leave(r, i);
    COW__STORE(&r->taken, 0u, COW__RELEASE);
}

/* The child of a fork has one thread: the records of all others are cleared. No hook and no allocator is called, because a
   thread that is not there any more may hold their locks; so a version that was paid for is lost. */
static void cow__reader_forked(void) {
    for (cow__reader *r = (cow__reader *)COW__LOAD(&cow__readers, COW__RELAXED); r; r = r->next) {
        if (r == cow__reader_own) continue;
        for (unsigned i = 0; i < COW__READER_SLOTS; i++) COW__STORE(&r->slot[i], (void *)NULL, COW__RELAXED);
        memset(r->mine, 0, sizeof r->mine);
        COW__STORE(&r->taken, 0u, COW__RELAXED);
    }
    (void)pthread_mutex_unlock(&cow__reader_turn);
}

static void cow__reader_forks(void) { (void)pthread_mutex_lock(&cow__reader_turn); }
static void cow__reader_has_forked(void) { (void)pthread_mutex_unlock(&cow__reader_turn); }

#if defined(__GNUC__)
/* The code of the destructor goes when a library is unloaded. */
static __attribute__((destructor)) void cow__reader_unload(void) {
    (void)pthread_mutex_lock(&cow__reader_turn);
    if (cow__reader_has_key) (void)pthread_key_delete(cow__reader_key);
    cow__reader_has_key = false;
    (void)pthread_mutex_unlock(&cow__reader_turn);
}
#endif

static void cow__reader_begin(void) {
    (void)pthread_mutex_lock(&cow__reader_turn);
    cow__reader_has_key = pthread_key_create(&cow__reader_key, cow__reader_exit) == 0;
    (void)pthread_mutex_unlock(&cow__reader_turn);
    (void)pthread_atfork(cow__reader_forks, cow__reader_has_forked, cow__reader_forked);
}

/* Has the record given back when the thread ends; false when that takes memory which is not there. When the system has no
   key left, records of threads that ended stay taken, and what they borrow stays alive. */
static bool cow__reader_remember(cow__reader *r) {
    (void)pthread_once(&cow__reader_once, cow__reader_begin);
    (void)pthread_mutex_lock(&cow__reader_turn);
    bool ok = !cow__reader_has_key || pthread_setspecific(cow__reader_key, r) == 0;
    (void)pthread_mutex_unlock(&cow__reader_turn);
    return ok;
}

#else

static bool cow__reader_remember(cow__reader *r) { return r != NULL; }

#endif

/* A record that a thread gave back; NULL when there is none. */
static cow__reader *cow__reader_again(void) {
    for (cow__reader *r = (cow__reader *)COW__LOAD(&cow__readers, COW__ACQUIRE); r; r = r->next) {
        uint32_t nobody = 0;
        if (COW__LOAD(&r->taken, COW__RELAXED) == 0 && COW__CAS(&r->taken, &nobody, 1u, COW__ACQUIRE, COW__RELAXED))
            return r;
    }
    return NULL;
}

/* A new record. It is in the list before its slots are used: a writer that does not see it there has replaced the version
   before the reader looked. */
static cow__reader *cow__reader_new(void) {
    char *block = (char *)cow__allocate(NULL, COW__READER_BLOCK);
    if (!block) return (void)cow__fail(COW_NOMEM), (cow__reader *)NULL;
    COW__FORGET_LEAK(block);
    cow__reader *r = (cow__reader *)(void *)(block + (COW__READER_LINES - (uintptr_t)block % COW__READER_LINES));
    for (unsigned i = 0; i < COW__READER_SLOTS; i++) COW__STORE(&r->slot[i], (void *)NULL, COW__RELAXED);
    COW__STORE(&r->taken, 1u, COW__RELAXED);
    memset(r->mine, 0, sizeof r->mine);
    void *first = COW__LOAD(&cow__readers, COW__RELAXED);
    do r->next = (cow__reader *)first;
    while (!COW__CAS(&cow__readers, &first, (void *)r, COW__SEQ_CST, COW__RELAXED));
    return r;
}

/* The record of this thread; NULL with COW_NOMEM. */
static cow__reader *cow__reader_self(void) {
    cow__reader *r = cow__reader_own;
    if (COW__LIKELY(r != NULL)) return r;
    r = cow__reader_again();
    if (!r) r = cow__reader_new();
    if (!r) return NULL;
    if (!cow__reader_remember(r)) {
        COW__STORE(&r->taken, 0u, COW__RELEASE);
        return (void)cow__fail(COW_NOMEM), (cow__reader *)NULL;
    }
    cow__reader_own = r;
    if (cow__reader_ended)
        for (unsigned i = 0; i < COW__READER_HELD; i++) r->mine[i] = cow__reader_nothing(r);
    return r;
}

/* ---- Borrowing ---- */

/* What `cell` holds, kept alive by `slot`; NULL: the cell is empty. */
static cow__version *cow__slot_find(cow__atomic_ptr *slot, const cow__atomic_ptr *cell) {
    void *seen = COW__LOAD(cell, COW__ACQUIRE);
    while (seen) {
        void *now = cow__slot_enter(slot, cell, seen);
        if (now == seen) break;
        cow__slot_leave(slot, (cow__version *)seen); /* never goes on with what was paid for */
        seen = now;
    }
    return (cow__version *)seen;
}

COW__API bool cow__strong(const cow__atomic_ptr *cell, cow__version **out) {
    cow__reader *r = cow__reader_self();
    if (!r) return false;
    cow__atomic_ptr *slot = &r->slot[COW__READER_HELD];
    cow__version *v = cow__slot_find(slot, cell);
    if (v) {
        cow__rc_retain(&v->rc, false);
        cow__slot_leave(slot, v);
    }
    *out = v;
    return true;
}

/* The slot is taken before it is used: a drop hook that runs in between may borrow, too. */
static void cow__borrow_in(cow__reader *r, unsigned i, const cow__atomic_ptr *cell, cow__guard *g) {
    r->mine[i] = cow__reader_nothing(r);
    g->at = r->mine[i] = cow__slot_find(&r->slot[i], cell);
}

/* The first borrow of a thread, and those that find the first slot taken. */
COW__API bool cow__borrow_first(const cow__atomic_ptr *cell, cow__guard *g) {
    cow__reader *r = cow__reader_self();
    if (!r) return false;
    unsigned i = 0;
    while (i < COW__READER_HELD && r->mine[i]) i++;
    g->i = i;
    if (i == COW__GUARD_COUNTED) return cow__strong(cell, &g->at);
    cow__borrow_in(r, i, cell, g);
    return true;
}

/* The first slot has what is no longer in the cell. */
COW__API void cow__borrow_again(const cow__atomic_ptr *cell, cow__guard *g) {
    cow__reader *r = cow__reader_own;
    r->mine[0] = cow__reader_nothing(r);
    cow__slot_leave(&r->slot[0], g->at);
    cow__borrow_in(r, 0, cell, g);
}

COW__API void cow__borrow_end_of(unsigned i, cow__version *v) {
    cow__reader *r = cow__reader_own;
    if (i == COW__GUARD_COUNTED) {
        cow__version_release(v);
        return;
    }
    if (r && r->mine[i] == v) {
        cow__reader_leave(r, i);
        return;
    }
#if COW__DEBUG
    if (r && !cow__reader_ended)
        cow__die_of("a borrow that has ended is ended again", "a cell's guard",
                    "a guard must not be copied, and is ended by its thread");
#endif
}

COW__API void cow__version_pay(cow__version *v) {
    for (cow__reader *r = (cow__reader *)COW__LOAD(&cow__readers, COW__SEQ_CST); r; r = r->next) {
        for (unsigned i = 0; i < COW__READER_SLOTS; i++) {
            void *expected = v;
            if (COW__LOAD(&r->slot[i], COW__SEQ_CST) != expected) continue;
            cow__rc_retain(&v->rc, false);
            /* The reader was faster: it needs no count. The caller's own remains, so this is never the last one, and orders
               nothing. */
            if (!COW__CAS(&r->slot[i], &expected, (void *)NULL, COW__ACQ_REL, COW__ACQUIRE))
                (void)COW__SUB(&v->rc, 1u, COW__RELAXED);
        }
    }
}

COW__END_C
#endif

/* park: threads that sleep until a word changes, and a lock made of that. Floor 3, built on atomic.

   The lock is the third mutex of Drepper, "Futexes Are Tricky" (2011): taking and giving it back is one locked instruction
   each while nobody waits. All-zero is a free one, and it needs no end. Elsewhere than on Linux a waiting thread looks
   again and again. */
#ifndef COW__PARK_H
#define COW__PARK_H


typedef struct cow__mutex {
    cow__atomic_u32 state; /* 0: free, 1: taken, 2: taken, and somebody may sleep */
} cow__mutex;

COW__BEGIN_C
/* Sleeps up to `timeout` nanoseconds (COW__PARK_LONGEST at most) while *word is `seen`; may return at any time. */
COW__API void cow__park(cow__atomic_u32 *word, uint32_t seen, uint64_t timeout);
/* Wakes up to `most` threads that sleep on this word. */
COW__API void cow__unpark(cow__atomic_u32 *word, int32_t most);
/* Nanoseconds of a clock that is not set back, if there is one. */
COW__API uint64_t cow__now(void);
COW__API void cow__mutex_wait(cow__mutex *m);
COW__END_C

/* Seconds are a long to the system. */
#define COW__PARK_LONGEST (3600u * (uint64_t)1000000000u)

static inline void cow__mutex_lock(cow__mutex *m) {
    uint32_t nobody = 0;
    if (!COW__LIKELY(COW__CAS(&m->state, &nobody, 1u, COW__ACQUIRE, COW__RELAXED))) cow__mutex_wait(m);
}

static inline void cow__mutex_unlock(cow__mutex *m) {
    if (!COW__LIKELY(COW__SWAP(&m->state, 0u, COW__RELEASE) == 1)) cow__unpark(&m->state, 1);
}

#endif

#if defined(COW__IMPLEMENT) && !defined(COW__PARK_BODY)
#define COW__PARK_BODY

#include <errno.h>
#if defined(__linux__) && defined(__GNUC__)
#include <sys/syscall.h>
/* Where a long is what the system means by seconds. */
#if defined(SYS_futex) && defined(SYS_clock_gettime) && !(defined(__x86_64__) && defined(__ILP32__))
#define COW__FUTEX 1
#endif
#endif
#ifndef COW__FUTEX
#define COW__FUTEX 0
#include <time.h>
#endif

COW__BEGIN_C

#if COW__FUTEX
/* Under a private name: -std=c11 hides the declaration. */
extern long cow__syscall(long number, ...) __asm__("syscall");
enum { COW__FUTEX_WAIT_PRIVATE = 128, COW__FUTEX_WAKE_PRIVATE = 129 };

typedef struct cow__time {
    long seconds, nanoseconds;
} cow__time;

COW__API uint64_t cow__now(void) {
    cow__time t = {0, 0};
    (void)cow__syscall(SYS_clock_gettime, 1L /* CLOCK_MONOTONIC */, &t);
    return (uint64_t)t.seconds * 1000000000u + (uint64_t)t.nanoseconds;
}

COW__API void cow__park(cow__atomic_u32 *word, uint32_t seen, uint64_t timeout) {
    cow__time t = {(long)(timeout / 1000000000u), (long)(timeout % 1000000000u)};
    int before = errno;
    (void)cow__syscall(SYS_futex, word, (long)COW__FUTEX_WAIT_PRIVATE, (long)seen, &t, NULL, 0L);
    errno = before;
}

COW__API void cow__unpark(cow__atomic_u32 *word, int32_t most) {
    int before = errno;
    (void)cow__syscall(SYS_futex, word, (long)COW__FUTEX_WAKE_PRIVATE, (long)most, NULL, NULL, 0L);
    errno = before;
}
#else
COW__API uint64_t cow__now(void) {
    struct timespec t;
    (void)timespec_get(&t, TIME_UTC);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

COW__API void cow__park(cow__atomic_u32 *word, uint32_t seen, uint64_t timeout) {
    (void)word, (void)seen, (void)timeout;
}

COW__API void cow__unpark(cow__atomic_u32 *word, int32_t most) { (void)word, (void)most; }
#endif

/* How often to look before sleeping: most changes take less time than a system call. */
#ifndef COW__MUTEX_LOOKS
#define COW__MUTEX_LOOKS 100
#endif

/* Whoever slept leaves 2 behind, because others may sleep, too. */
COW__API void cow__mutex_wait(cow__mutex *m) {
    for (unsigned i = 0; i < COW__MUTEX_LOOKS; i++) {
        uint32_t nobody = 0;
        if (COW__LOAD(&m->state, COW__RELAXED)) continue;
        if (COW__CAS(&m->state, &nobody, 1u, COW__ACQUIRE, COW__RELAXED)) return;
    }
    while (COW__SWAP(&m->state, 2u, COW__ACQUIRE)) cow__park(&m->state, 2, COW__PARK_LONGEST);
}

COW__END_C
#endif

/* cell_core: one variable for many writers and many readers, without its type. Floor 5, built on reader and park.

   A cell is a pointer to a version. Writers exchange the pointer, pay for the borrowers of what they took out, and give up
   the cell's count. Each version is in a cell once only. */
#ifndef COW__CELL_CORE_H
#define COW__CELL_CORE_H


/* All-zero is empty. */
typedef struct cow__cell {
    cow__atomic_size changes; /* first: clang does not take {0} for an atomic pointer */
    cow__atomic_ptr at;
    cow__atomic_u32 waiting; /* threads in cow__cell_wait */
    cow__atomic_u32 bell;    /* changes when they should look again */
} cow__cell;

/* A function of the user's that changes a value, behind its typed thunk. */
typedef struct cow__edit {
    bool (*apply)(const struct cow__edit *edit, void *value);
    void (*fn)(void);
    void *ctx;
} cow__edit;

/* Whether the cell still holds a version that the caller holds, too (NULL: nothing). Its address cannot be another
   version's; acquire is for an empty cell. */
static inline bool cow__cell_holds(const cow__cell *c, const cow__version *v) {
    return COW__LOAD(&c->at, COW__ACQUIRE) == (const void *)v;
}

COW__BEGIN_C
/* Puts `fresh` (NULL: nothing) into the cell and returns what it held, whose count is the caller's now. */
COW__API cow__version *cow__cell_exchange(cow__cell *c, cow__version *fresh);
/* The same if the cell holds `expected`, else false with COW_CONFLICT. The caller holds a count of `expected`, so that its
   address cannot be another version's; the cell's own count of it is given up. */
COW__API bool cow__cell_replace(cow__cell *c, cow__version *expected, cow__version *fresh);
/* Replaces the value by an edited copy of it, again and again until nobody else was faster. */
COW__API bool cow__cell_update(cow__cell *c, const cow_type *type, const cow__edit *edit);
/* Waits until `changes` is no longer `seen`; false after `timeout` nanoseconds. */
COW__API bool cow__cell_wait(cow__cell *c, size_t seen, uint64_t timeout);
COW__END_C

#endif

#if defined(COW__IMPLEMENT) && !defined(COW__CELL_CORE_BODY)
#define COW__CELL_CORE_BODY

#include <string.h>

COW__BEGIN_C

/* ---- Waiting ---- */

COW__API bool cow__cell_wait(cow__cell *c, size_t seen, uint64_t timeout) {
    uint64_t began = cow__now(), waited = 0;
    bool changed;
    (void)COW__ADD(&c->waiting, 1u, COW__SEQ_CST);
    for (;;) {
        uint32_t heard = COW__LOAD(&c->bell, COW__SEQ_CST);
        changed = COW__LOAD(&c->changes, COW__SEQ_CST) != seen;
        uint64_t now = cow__now();
        waited = now > began ? now - began : 0;
        if (changed || waited >= timeout) break;
        cow__park(&c->bell, heard, timeout - waited < COW__PARK_LONGEST ? timeout - waited : COW__PARK_LONGEST);
    }
    (void)COW__SUB(&c->waiting, 1u, COW__RELAXED);
    return changed;
}

/* Either a waiting thread sees the new number, or this one sees that it waits. */
static void cow__cell_changed(cow__cell *c) {
    (void)COW__ADD(&c->changes, (size_t)1, COW__SEQ_CST);
    if (!COW__LOAD(&c->waiting, COW__SEQ_CST)) return;
    (void)COW__ADD(&c->bell, 1u, COW__SEQ_CST);
    cow__unpark(&c->bell, INT32_MAX);
}

/* ---- Replacing ---- */

COW__API cow__version *cow__cell_exchange(cow__cell *c, cow__version *fresh) {
    cow__version *old = (cow__version *)COW__SWAP(&c->at, (void *)fresh, COW__SEQ_CST);
    cow__cell_changed(c);
    if (old) cow__version_pay(old);
    return old;
}

COW__API bool cow__cell_replace(cow__cell *c, cow__version *expected, cow__version *fresh) {
    void *now = expected;
    if (!COW__CAS(&c->at, &now, (void *)fresh, COW__SEQ_CST, COW__RELAXED)) return cow__fail(COW_CONFLICT);
    cow__cell_changed(c);
    if (!expected) return true;
    cow__version_pay(expected);
    cow__version_release(expected);
    return true;
}

/* Makes the value of `fresh` an edited copy of that of `old`, or of an empty one. */
static bool cow__version_edit(cow__version *fresh, cow__version *old, const cow__edit *edit) {
    const cow_type *type = fresh->type;
    void *value = cow__version_value(fresh);
    if (!old)
        memset(value, 0, type->size);
    else if (!cow__element_copy(type, value, cow__version_value(old)))
        return false;
    if (edit->apply(edit, value)) return true;
    if (type->drop) type->drop(value);
    return cow__fail(COW_HOOK);
}

COW__API bool cow__cell_update(cow__cell *c, const cow_type *type, const cow__edit *edit) {
    cow__version *old, *fresh = cow__version_new(type, NULL);
    cow_error_code before = cow_error();
    bool replaced = false;
    if (!fresh) return false;
    while (cow__strong(&c->at, &old)) {
        bool edited = cow__version_edit(fresh, old, edit);
        replaced = edited && cow__cell_replace(c, old, fresh);
        cow__version_release(old);
        if (replaced || !edited) break;
        if (type->drop) type->drop(cow__version_value(fresh));
        cow__set_error(before); /* that somebody was faster is no failure */
    }
    if (!replaced) cow__version_free(fresh);
    return replaced;
}

COW__END_C
#endif

/* list_core: a cell whose writers take turns, without its type. Floor 5, built on cell_core and buffer.

   A writer holds the lock from the beginning of a change to its end, so what the cell holds meanwhile stays there, and
   needs no count. It makes a new version beside the old one and publishes that.

   Appending claims the free tail of the buffer, and the new version takes the old one's count of the header along: no count
   is touched. That is right only when nobody else holds the old version, which is known after all its borrowers were paid
   for, and not before. A header's count of 1 means nothing here: those who borrow a version hold no count of the header. */
#ifndef COW__LIST_CORE_H
#define COW__LIST_CORE_H


/* All-zero is empty. */
typedef struct cow__list {
    cow__cell cell;
    cow__mutex lock;
    void *spare; /* the block of a version that has ended, for the next change */
#if COW__DEBUG
    struct cow__list *outer; /* the list that the same thread was changing before */
#endif
} cow__list;

typedef struct cow__change {
    cow__version *old, *fresh; /* `old` is NULL in an empty list */
    cow__header *claimed;      /* the header whose count `fresh` would take along; NULL: it has its own */
} cow__change;

typedef enum cow__outcome {
    COW__FAILED,
    COW__KEPT, /* nothing to publish */
    COW__CHANGED
} cow__outcome;

/* Versions of a list are small handles. */
enum { COW__LIST_VALUE = 16 * sizeof(void *) };

/* Files that only change lists have no descriptor of theirs. */
#define cow__list_begin COW__ABI_FUNCTION(cow__list_begin)
#define cow__list_clear COW__ABI_FUNCTION(cow__list_clear)

COW__BEGIN_C
/* Takes the lock, and a version for what will be published, whose value is not made yet. False with COW_NOMEM: the lock is
   free. */
COW__API bool cow__list_begin(cow__list *l, const cow_type *type, cow__change *c);
/* Publishes the new version or gives it up, and frees the lock; then drops what went. False when the change failed. */
COW__API bool cow__list_end(cow__list *l, cow__change *c, cow__outcome outcome);
/* Claims room for one element at `end` of the old version's elements, to be written before the end of the change. */
COW__API bool cow__list_claim(cow__change *c, cow__header *h, void *end, const cow_type *element);
/* Empties the list. Never fails. */
COW__API void cow__list_clear(cow__list *l);
/* Frees what the list keeps for the next change. */
COW__API void cow__list_forget(cow__list *l, const cow_type *type);
/* Puts `fresh` in place of what is there, or of `expected` only; false with COW_CONFLICT. */
COW__API cow__version *cow__list_exchange(cow__list *l, cow__version *fresh);
COW__API bool cow__list_replace(cow__list *l, cow__version *expected, cow__version *fresh);
COW__END_C

#endif

#if defined(COW__IMPLEMENT) && !defined(COW__LIST_CORE_BODY)
#define COW__LIST_CORE_BODY

#include <string.h>

COW__BEGIN_C

/* COW_DEBUG dies where a thread would wait for itself. */
#if COW__DEBUG
static COW__THREAD_LOCAL cow__list *cow__list_mine;
#endif

static void cow__list_lock(cow__list *l) {
#if COW__DEBUG
    for (cow__list *mine = cow__list_mine; mine; mine = mine->outer)
        if (mine == l)
            cow__die_of("a change within a change", "a list",
                        "hooks and functions given to a change must not change the same list");
#endif
    cow__mutex_lock(&l->lock);
#if COW__DEBUG
    l->outer = cow__list_mine;
    cow__list_mine = l;
#endif
}

static void cow__list_unlock(cow__list *l) {
#if COW__DEBUG
    cow__list_mine = l->outer;
#endif
    cow__mutex_unlock(&l->lock);
}

COW__API bool cow__list_begin(cow__list *l, const cow_type *type, cow__change *c) {
    cow__list_lock(l);
    c->claimed = NULL;
    c->fresh = cow__version_new(type, l->spare);
    l->spare = NULL;
    if (!c->fresh) {
        cow__list_unlock(l);
        return false;
    }
    c->old = (cow__version *)COW__LOAD(&l->cell.at, COW__RELAXED);
    return true;
}

COW__API bool cow__list_claim(cow__change *c, cow__header *h, void *end, const cow_type *element) {
    if (element->recursive) return false;
    if (COW__LOAD(&h->limit, COW__ACQUIRE)) cow__buffer_expose(h, end);
    if (!cow__buffer_claim(h, (char *)end, element->size)) return false;
    c->claimed = h;
    return true;
}

/* Ends a version that only the caller holds: its block becomes the spare, its value is dropped when the lock is free. */
static void cow__list_recycle(cow__list *l, cow__version *v, bool drop) {
    max_align_t value[(COW__LIST_VALUE + sizeof(max_align_t) - 1) / sizeof(max_align_t)];
    const cow_type *type = v->type;
    if (drop) memcpy(value, cow__version_value(v), type->size);
    l->spare = cow__version_end(v);
    cow__list_unlock(l);
    if (drop && type->drop) type->drop(value);
}

/* The count moves before the lock is free: the next writer must find each version with its own. */
static void cow__list_publish(cow__list *l, cow__change *c) {
    cow__version *old = cow__cell_exchange(&l->cell, c->fresh);
    cow__header *claimed = c->claimed;
    if (old && cow__rc_unique(&old->rc)) {
        cow__list_recycle(l, old, !claimed);
        return;
    }
    if (claimed) cow__rc_retain(&claimed->rc, false);
    cow__list_unlock(l);
    cow__version_release(old);
}

COW__API bool cow__list_end(cow__list *l, cow__change *c, cow__outcome outcome) {
    cow_error_code why = cow_error();
    if (outcome == COW__CHANGED)
        cow__list_publish(l, c);
    else
        cow__list_recycle(l, c->fresh, true);
    return outcome != COW__FAILED || cow__fail(why); /* not what its drop hooks failed in */
}

COW__API cow__version *cow__list_exchange(cow__list *l, cow__version *fresh) {
    cow__list_lock(l);
    cow__version *old = cow__cell_exchange(&l->cell, fresh);
    cow__list_unlock(l);
    return old;
}

COW__API void cow__list_clear(cow__list *l) { cow__version_release(cow__list_exchange(l, NULL)); }

COW__API bool cow__list_replace(cow__list *l, cow__version *expected, cow__version *fresh) {
    cow__list_lock(l);
    if (COW__LOAD(&l->cell.at, COW__RELAXED) != (void *)expected) {
        cow__list_unlock(l);
        return cow__fail(COW_CONFLICT);
    }
    cow__version *old = cow__cell_exchange(&l->cell, fresh);
    cow__list_unlock(l);
    cow__version_release(old);
    return true;
}

COW__API void cow__list_forget(cow__list *l, const cow_type *type) {
    if (l->spare) cow__version_free_block(l->spare, type);
    l->spare = NULL;
}

COW__END_C
#endif

/* list_type: what a list is made of: its names, and how the functions that lists and sets share reach into its array. Floor
   5, built on array and list_core. */
#ifdef COW_LIST


/* A list is a cell of the array type that was made above, and has its name from here on. */
#define COW__A COW__CAT(COW__CALL(COW__FIRST, COW_LIST), _array)
#define COW__AF(function) COW__CAT3(COW__A, _, function)
#define COW__E COW__AF(_element)
#define COW__CELL(x) (&(x)->c.cell)
COW__STATIC_ASSERT(!COW__IS_LOCAL(COW__E), "cow: lists are for many threads: T must not be a type with COW_NONATOMIC");

#undef COW__N
#undef COW__T
#undef COW__COPY_HOOK
#undef COW__DROP_HOOK
#define COW__N COW__CALL(COW__FIRST, COW_LIST)
typedef COW__A COW__F(_element);
#define COW__T COW__F(_element)
#define COW__COPY_HOOK COW__AF(_as_element_copy)
#define COW__DROP_HOOK COW__AF(_as_element_drop)

#define COW__MEMBER COW__E
#define COW__ALL_COPY(all) COW__AF(copy)(all)
#define COW__ALL_LEN(all) ((all)->n)
#define COW__ALL_CONTAINS(all, e) COW__AF(contains)(all, e)
#define COW__ALL_EQUAL(a, b) COW__AF(equal)(a, b)
#define COW__ALL_HASH(all, seed) COW__AF(hash)(all, seed)
#define COW__EACH_MEMBER(it, all) COW_EACH (COW__E, it, all)

#endif

/* set_type: what a set for many threads is made of: its names, its value, and how the functions that lists and sets share
   reach into that. Floor 5, built on array_core, list_core and map. */
#ifdef COW_LIST_SET


#include <string.h>

/* Such a set is a cell of the set type that was made above, alone or with its keys in order. */
#define COW__SET COW__CAT(COW__CALL(COW__FIRST, COW_LIST_SET), _set)
#define COW__SF(function) COW__CAT3(COW__SET, _, function)
#define COW__CELL(x) (&(x)->c.cell)
#ifndef COW_ALLOC
#define COW_ALLOC NULL
#endif

/* The keys alone, under the set's own name, which their hooks have, too. */
static const cow_type COW__F(_key_type) = {
    COW__TEXT(COW__N),    /* name */
    sizeof(COW__K),       /* size */
    COW__ALIGNOF(COW__K), /* align */
    COW__KEY_COPY,        /* copy */
    COW__KEY_DROP,        /* drop */
    NULL,                 /* freeze */
    COW_ALLOC,            /* alloc */
    &COW__ABI,            /* abi */
    false,                /* local */
    COW__RECURSIVE,       /* recursive */
};
#undef COW__N
#undef COW__K
#define COW__N COW__CALL(COW__FIRST, COW_LIST_SET)
typedef COW__SF(_key) COW__F(_key);
#define COW__K COW__F(_key)
COW__STATIC_ASSERT(!COW__IS_LOCAL(COW__K), "cow: sets are for many threads: K must not be a type with COW_NONATOMIC");

#ifndef COW_KEEP_ORDER

typedef COW__SET COW__F(_element);
#define COW__T COW__F(_element)
#define COW__COPY_HOOK COW__SF(_as_element_copy)
#define COW__DROP_HOOK COW__SF(_as_element_drop)
#define COW__SET_OF(all) (all)
#define COW__ALL_COPY(all) COW__SF(copy)(all)
#define COW__EACH_MEMBER(it, all) COW__EACH_RUN (COW__K, it, COW__SF(_scan)(all))

#else

/* A set, and its keys in the order of their insertion. */
#define COW__T COW__F(ordered)
typedef struct COW__T {
    COW__SET set;
    cow__raw order;
} COW__T;

/* The keys; says in *n how many there are. O(1). */
COW__INLINE const COW__K *COW__F(ordered_keys)(const COW__T *all, size_t *n) {
    *n = all->order.n;
    return (const COW__K *)(const void *)all->order.p;
}

COW__INLINE COW__T COW__F(_ordered_copy)(const COW__T *all) {
    COW__T copy = {COW__SF(copy)(&all->set), all->order};
    if (copy.order.h)
        cow__buffer_retain(copy.order.h, copy.order.p, (COW__K *)(void *)copy.order.p + copy.order.n, false);
    return copy;
}

/* Gives up what x_load gave; may be repeated. */
COW__INLINE void COW__F(ordered_drop)(COW__T *all) {
    cow__raw order = all->order;
    COW__SF(drop)(&all->set);
    memset((void *)&all->order, 0, sizeof all->order);
    if (order.h) cow__buffer_release(order.h, (COW__K *)(void *)order.p + order.n, false);
}

static inline bool COW__F(_as_element_copy)(void *to, const void *from) {
    COW__T copy = COW__F(_ordered_copy)((const COW__T *)from);
    memcpy(to, (const void *)&copy, sizeof copy);
    return true;
}

static inline void COW__F(_as_element_drop)(void *e) { COW__F(ordered_drop)((COW__T *)e); }

#define COW__COPY_HOOK COW__F(_as_element_copy)
#define COW__DROP_HOOK COW__F(_as_element_drop)
#define COW__SET_OF(all) (&(all)->set)
#define COW__ALL_COPY(all) COW__F(_ordered_copy)(all)
#define COW__EACH_MEMBER(it, all)                                                                                    \
    for (const COW__K *it = (const COW__K *)(const void *)(all)->order.p, *it##_end = it ? it + (all)->order.n : it; \
         it != it##_end; ++it)

#endif

#define COW__MEMBER COW__K
#define COW__ALL_LEN(all) COW__SF(len)(COW__SET_OF(all))
#define COW__ALL_CONTAINS(all, key) COW__SF(contains)(COW__SET_OF(all), key)
#define COW__ALL_EQUAL(a, b) COW__SF(equal)(COW__SET_OF(a), COW__SET_OF(b))
#define COW__ALL_HASH(all, seed) COW__SF(hash)(COW__SET_OF(all), seed)

#endif

/* cell_type: what a cell holds: the names and the type of its value, and the hooks of that. Floor 5, built on cell_core,
   list_type and set_type.

   The value is the user's type in COW_CELL, the array type that was made before in COW_LIST, the set type in COW_LIST_SET,
   and a string in an include that makes none of these. */
#if defined(COW_CELL) || defined(COW_LIST) || defined(COW_LIST_SET) || \
    !(defined(COW__STR_CELL) || defined(COW_PAGED_ARRAY))
#define COW__HOLDS


#if defined(COW_CELL) || defined(COW_LIST) || defined(COW_LIST_SET)
#ifdef COW_NONATOMIC
#error "cow: cells and lists are for many threads: COW_NONATOMIC is not possible"
#endif
#if defined(COW_FORWARD) || defined(COW_FORWARDED)
#error "cow: cells and lists do not take the options COW_FORWARD and COW_FORWARDED"
#endif
#if defined(COW_CELL) && (defined(COW_RECURSIVE) || defined(COW_EQUAL) || defined(COW_COMPARE) || defined(COW_HASH))
#error "cow: a cell takes the options COW_COPY, COW_DROP and COW_ALLOC only"
#endif
#else
/* Cells of strings come along, with the first include that makes no other cell or list. */
#define COW__STR_CELL
#undef COW__N
#undef COW__F
#undef COW__T
#undef COW__COPY_HOOK
#undef COW__DROP_HOOK
#undef COW_ALLOC
#define COW__N cow_str_cell
#define COW__F(function) COW__CAT3(COW__N, _, function)
typedef cow_str COW__F(_element);
#define COW__T COW__F(_element)
#define COW__COPY_HOOK cow__t0_copy
#define COW__DROP_HOOK cow__t0_drop
#define COW_ALLOC NULL
#endif

#ifndef COW__CELL
#define COW__CELL(x) (&(x)->c)
COW__STATIC_ASSERT(!COW__IS_LOCAL(COW__T), "cow: cells are for many threads: T must not be a type with COW_NONATOMIC");
#else
COW__STATIC_ASSERT(sizeof(COW__T) <= COW__LIST_VALUE, "cow: versions of lists are small handles");
#endif
COW__STATIC_ASSERT(COW__ALIGNOF(COW__T) <= COW__PLAIN_ALIGN, "cow: values of a cell need plain alignment");

static const cow_type COW__F(_type) = {
    COW__TEXT(COW__N),    /* name */
    sizeof(COW__T),       /* size */
    COW__ALIGNOF(COW__T), /* align */
    COW__COPY_HOOK,       /* copy */
    COW__DROP_HOOK,       /* drop */
    NULL,                 /* freeze */
    COW_ALLOC,            /* alloc */
    &COW__ABI,            /* abi */
    false,                /* local */
    false,                /* recursive */
};

#endif

/* cell: `#define COW_CELL x, T` and include: a variable that many threads read and replace at the same time. Floor 5, built
   on cell_type.

   A cell holds the current version of a value, of any container of this library or of any type that is copied bitwise or by
   COW_COPY and COW_DROP. Readers are never blocked, see whole versions only, and keep what they hold while it is replaced.
   Everything here may be called by any number of threads at once, but x_drop; a guard, a snapshot and a reader are one
   thread's at a time. An empty cell holds the value of all zero bytes.

   Progress: borrow is lock-free, its end and a cached read that finds nothing new are wait-free; replacing looks at 8 slots
   of every thread that ever read at the same time as others. Garbage: none; a version goes when nobody holds it, but for
   the nodes that a newer one of a map keeps of it. Order: what a thread did before it replaced the value is seen by whoever
   reads the new one.

   A thread's first reading makes it a record, which is used again when the thread ends; only that can fail (COW_NOMEM), and
   nothing is allocated by reading later on. False or NULL means that nothing happened; an argument passed by value belongs
   to the cell on success and stays the caller's on failure. A cell must not be shared between two libraries that each embed
   cow. */
#ifdef COW__HOLDS


/* The cell. All-zero is an empty one. It does not move: threads know its address. */
typedef struct COW__N {
#if defined(COW_LIST) || defined(COW_LIST_SET)
    cow__list c;
#else
    cow__cell c;
#endif
} COW__N;

/* The value of an empty cell. Bytes, because in C++ a variable of type T may be anything but zero. */
COW__ALIGNAS(COW__T) static const unsigned char COW__F(_nothing)[sizeof(COW__T)] = {0};

COW__INLINE const COW__T *COW__F(_value)(cow__version *v) {
    return v ? (const COW__T *)cow__version_value(v) : (const COW__T *)(const void *)COW__F(_nothing);
}

COW__INLINE cow__version *COW__F(_version)(COW__T value) {
    cow__version *v = cow__version_new(&COW__F(_type), NULL);
    if (v) memcpy(cow__version_value(v), (const void *)&value, sizeof value);
    return v;
}

/* Gives up the cell, which no other thread may use any more, and leaves it empty. Borrows, snapshots and readers keep what
   they hold. */
COW__INLINE void COW__F(drop)(COW__N *c) {
    if (COW__LOAD(&COW__CELL(c)->at, COW__RELAXED)) cow__version_release(cow__cell_exchange(COW__CELL(c), NULL));
#if defined(COW_LIST) || defined(COW_LIST_SET)
    cow__list_forget(&c->c, &COW__F(_type));
#endif
}

/* ---- Borrowing: no count, the fastest way to read once ---- */

#define COW__GUARD COW__F(guard)
typedef struct COW__GUARD {
    const COW__T *value;
    cow__guard g;
} COW__GUARD;

/* Lets the thread read g->value until it ends the borrow. Up to 7 borrows of a thread at once need no count; further ones
   are counted. Every borrow must be ended by the thread that began it; a thread that ends, ends its own. Lock-free. */
COW__INLINE bool COW__F(borrow)(const COW__N *c, COW__GUARD *g) {
    if (!cow__borrow(&COW__CELL(c)->at, &g->g)) return false;
    g->value = COW__F(_value)(g->g.at);
    return true;
}

/* Ends a borrow; may be repeated. Wait-free, but for the drop of a version that nobody else holds. */
COW__INLINE void COW__F(end)(COW__GUARD *g) {
    g->value = NULL;
    cow__borrow_end(&g->g);
}

/* Makes *out a copy of the current value: a container's is one increment. Hooks are not asked about the value of an empty
   cell. Lock-free, and what the copy hook is. */
COW__INLINE bool COW__F(load)(const COW__N *c, COW__T *out) {
    COW__GUARD g;
    if (!COW__F(borrow)(c, &g)) return false;
    COW__T copy = *g.value;
    bool ok = !g.g.at || cow__element_copy(&COW__F(_type), (void *)&copy, g.value);
    COW__F(end)(&g);
    if (ok) memcpy((void *)out, (const void *)&copy, sizeof copy);
    return ok;
}

/* ---- Snapshots: a version of its own, for any time and any thread ---- */

#define COW__SNAPSHOT COW__F(snapshot)
typedef struct COW__SNAPSHOT {
    cow__version *v;
} COW__SNAPSHOT;

/* Makes *out hold the current version. Lock-free, one count. */
COW__INLINE bool COW__F(snapshot_of)(const COW__N *c, COW__SNAPSHOT *out) {
    return cow__strong(&COW__CELL(c)->at, &out->v);
}

/* The value, until the snapshot is dropped. Wait-free. */
COW__INLINE const COW__T *COW__F(snapshot_value)(const COW__SNAPSHOT *s) { return COW__F(_value)(s->v); }

/* Another snapshot of the same version. One increment, wait-free. */
COW__INLINE COW__SNAPSHOT COW__F(snapshot_copy)(const COW__SNAPSHOT *s) {
    if (s->v) cow__rc_retain(&s->v->rc, false);
    return *s;
}

/* Gives the version up; may be repeated. */
COW__INLINE void COW__F(snapshot_drop)(COW__SNAPSHOT *s) {
    cow__version *v = s->v;
    s->v = NULL;
    cow__version_release(v);
}

/* ---- Cached reading: for a thread that reads again and again ---- */

#define COW__READER COW__F(reader)
typedef struct COW__READER {
    cow__version *v;
} COW__READER;

/* The current value, until the next call with this reader: one load when nothing was replaced since the last one, which is
   wait-free. All-zero is a new reader. It keeps a version alive until it is idle. NULL as borrow's false. */
COW__INLINE const COW__T *COW__F(cached)(const COW__N *c, COW__READER *r) {
    if (COW__LIKELY(cow__cell_holds(COW__CELL(c), r->v))) return COW__F(_value)(r->v);
    cow__version *fresh, *old = r->v;
    if (!cow__strong(&COW__CELL(c)->at, &fresh)) return NULL;
    r->v = fresh;
    cow__version_release(old); /* last: its drop hook may use this reader */
    return COW__F(_value)(r->v);
}

/* Gives up what the reader holds; may be repeated. */
COW__INLINE void COW__F(idle)(COW__READER *r) {
    cow__version *v = r->v;
    r->v = NULL;
    cow__version_release(v);
}

/* ---- Waiting for a new version ---- */

/* How often the value was replaced. Whoever reads the cell later, sees at least that version. */
COW__INLINE size_t COW__F(version)(const COW__N *c) { return COW__LOAD(&COW__CELL(c)->changes, COW__ACQUIRE); }

/* Waits until x_version is no longer `seen`; false when it still is after `timeout` nanoseconds. On Linux the thread sleeps
   (futex), elsewhere it spins. */
COW__INLINE bool COW__F(wait)(COW__N *c, size_t seen, uint64_t timeout) {
    return cow__cell_wait(COW__CELL(c), seen, timeout);
}

#if !defined(COW_LIST) && !defined(COW_LIST_SET)

/* ---- Replacing ---- */

/* Makes `value` the current one. COW_NOMEM. */
COW__INLINE bool COW__F(store)(COW__N *c, COW__T value) {
    cow__version *v = COW__F(_version)(value);
    if (v) cow__version_release(cow__cell_exchange(COW__CELL(c), v));
    return v != NULL;
}

/* The same, and gives the version that was there to *old. */
COW__INLINE bool COW__F(exchange)(COW__N *c, COW__T value, COW__SNAPSHOT *old) {
    cow__version *v = COW__F(_version)(value);
    if (v) old->v = cow__cell_exchange(COW__CELL(c), v);
    return v != NULL;
}

/* Makes `value` the current one if the cell still holds the version of *expected; else false with COW_CONFLICT. Versions
   are compared, not values: one that was replaced by an equal one is another, but all that are empty are one. *expected
   stays. */
COW__INLINE bool COW__F(compare_exchange)(COW__N *c, const COW__SNAPSHOT *expected, COW__T value) {
    cow__version *v = COW__F(_version)(value);
    if (v && cow__cell_replace(&c->c, expected->v, v)) return true;
    if (v) cow__version_free(v);
    return false;
}

typedef bool (*COW__F(_edit_fn))(COW__T *value, void *ctx);
static inline bool COW__F(_edit)(const cow__edit *e, void *value) {
    return ((COW__F(_edit_fn))e->fn)((COW__T *)value, e->ctx);
}

/* Lets `fn` change a copy of the current value and makes that the current one; calls it again with a new copy when another
   thread was faster. When `fn` returns false, nothing happens (COW_HOOK). The value of an empty cell is zero bytes, for
   `fn` and for COW_DROP. Lock-free, if `fn` is. */
COW__INLINE bool COW__F(update)(COW__N *c, bool (*fn)(COW__T *value, void *ctx), void *ctx) {
    cow__edit edit = {COW__F(_edit), (void (*)(void))fn, ctx};
    return cow__cell_update(&c->c, &COW__F(_type), &edit);
}

#endif
#endif

/* list_common: what lists and sets do alike: reading, and the beginning and the end of a change. Floor 5, built on cell.
   Continues the instantiation.

   `all` is the value of a version: an array, a set, or a set with its keys in order; a member is an element or a key. What
   they are is said in list_type and set_type. */
#if defined(COW_LIST) || defined(COW_LIST_SET)


/* ---- Reading: lock-free, and nothing is counted ---- */

COW__INLINE size_t COW__F(len)(const COW__N *l) {
    COW__GUARD g;
    if (!COW__F(borrow)(l, &g)) return 0;
    size_t n = COW__ALL_LEN(g.value);
    COW__F(end)(&g);
    return n;
}

COW__INLINE bool COW__F(is_empty)(const COW__N *l) { return COW__F(len)(l) == 0; }

/* Whether `v` is there, found without waiting for writers; false when that cannot be known (COW_NOMEM). */
COW__INLINE bool COW__F(_look)(const COW__N *l, const COW__MEMBER *v, bool *found) {
    COW__GUARD g;
    if (!COW__F(borrow)(l, &g)) return false;
    *found = COW__ALL_CONTAINS(g.value, v);
    COW__F(end)(&g);
    return true;
}

/* Whether one equals *v. A list looks at each in turn: O(n). A set finds it by its hash. */
COW__INLINE bool COW__F(contains)(const COW__N *l, const COW__MEMBER *v) {
    bool found = false;
    return COW__F(_look)(l, v, &found) && found;
}

/* The same for each of the `n` at `src`, in one version. */
COW__INLINE bool COW__F(contains_all)(const COW__N *l, const COW__MEMBER *src, size_t n) {
    COW__GUARD g;
    if (!COW__F(borrow)(l, &g)) return false;
    size_t i = 0;
    while (i < n && COW__ALL_CONTAINS(g.value, src + i)) i++;
    COW__F(end)(&g);
    return i == n;
}

/* Calls `fn` with each of one version until it returns false; returns whether it never did. `fn` may change the list or
   set. */
COW__INLINE bool COW__F(for_each)(const COW__N *l, bool (*fn)(const COW__MEMBER *v, void *ctx), void *ctx) {
    COW__GUARD g;
    bool more = true;
    if (!COW__F(borrow)(l, &g)) return false;
    COW__EACH_MEMBER(it, g.value) {
        more = fn(it, ctx);
        if (!more) break;
    }
    COW__F(end)(&g);
    return more;
}

/* Whether two lists hold equal elements in the same order; two sets, equal keys in any. O(n). */
COW__INLINE bool COW__F(equal)(const COW__N *a, const COW__N *b) {
    COW__GUARD x, y;
    if (!COW__F(borrow)(a, &x)) return false;
    bool equal = false;
    if (COW__F(borrow)(b, &y)) {
        equal = COW__ALL_EQUAL(x.value, y.value);
        COW__F(end)(&y);
    }
    COW__F(end)(&x);
    return equal;
}

/* Hash of all elements in their order; of a set, of all keys whatever their order. O(n). */
COW__INLINE uint64_t COW__F(hash)(const COW__N *l, uint64_t seed) {
    COW__GUARD g;
    if (!COW__F(borrow)(l, &g)) return seed;
    uint64_t h = COW__ALL_HASH(g.value, seed);
    COW__F(end)(&g);
    return h;
}

/* Appends "[a, b, c]" to *out, each as `text` appends it. When that fails, *out is as it was. */
COW__INLINE bool COW__F(print)(const COW__N *l, cow_str *out,
                               bool (*text)(cow_str *out, const COW__MEMBER *v, void *ctx), void *ctx) {
    COW__GUARD g;
    size_t before = cow_str_len(out);
    if (!COW__F(borrow)(l, &g)) return false;
    const char *between = "[";
    bool ok = true;
    COW__EACH_MEMBER(it, g.value) {
        ok = cow_str_append(out, between) && (text(out, it, ctx) || cow__fail(COW_HOOK));
        between = ", ";
        if (!ok) break;
    }
    ok = ok && cow_str_append(out, *between == '[' ? "[]" : "]");
    COW__F(end)(&g);
    if (!ok) (void)cow_str_truncate(out, before);
    return ok;
}

/* ---- Changing: a writer at a time ---- */

/* Begins a change: the value that will be published, a copy of the old one. NULL with COW_NOMEM. */
COW__INLINE COW__T *COW__F(_begin)(COW__N *l, cow__change *c) {
    if (!cow__list_begin(&l->c, &COW__F(_type), c)) return NULL;
    COW__T *fresh = (COW__T *)cow__version_value(c->fresh);
    *fresh = COW__ALL_COPY(COW__F(_value)(c->old));
    return fresh;
}

COW__INLINE bool COW__F(_end)(COW__N *l, cow__change *c, bool ok) {
    return cow__list_end(&l->c, c, ok ? COW__CHANGED : COW__FAILED);
}

/* The same, but nothing is published when nothing was changed; says in *by (NULL: does not) by how many it grew or shrank. */
COW__INLINE bool COW__F(_end_if_changed)(COW__N *l, cow__change *c, bool ok, size_t *by) {
    size_t was = COW__ALL_LEN(COW__F(_value)(c->old)), is = COW__ALL_LEN(COW__F(_value)(c->fresh));
    size_t difference = was < is ? is - was : was - is;
    if (ok && by) *by = difference;
    return cow__list_end(&l->c, c, !ok ? COW__FAILED : difference ? COW__CHANGED : COW__KEPT);
}

/* Removes all. Never fails. */
COW__INLINE void COW__F(clear)(COW__N *l) { cow__list_clear(&l->c); }

#endif

/* list: `#define COW_LIST x, T` and include: Java's CopyOnWriteArrayList, with O(1) adding. Floor 5, built on
   list_common.

   A list is a cell (which see: borrow, load, snapshots, cached readers and waiting are the same) whose value is the array
   type x_array, made along with it from the same options. Everything here may be called by any number of threads at once,
   but x_drop, x_from, and the functions of one iterator, writer or sub-list object. Reading never waits for anybody: it
   sees the version that was there when it began. Writers wait for each other. Each change makes a new version of all that
   it changes together: O(n), unless its comment says otherwise.

   False, 0, NULL or COW_NPOS (and a list that x_is_empty) with cow_error() say that nothing happened: COW_NOMEM, COW_HOOK
   and COW_RANGE as arrays do, and COW_NOMEM when a thread reads for the first time and has no record. An element passed by
   value belongs to the list on success and stays the caller's on failure; those given by pointer are copied, and may be a
   version's own. Hooks and functions run by a change may read the list, but not change it: they would wait for themselves.
   Drop hooks may do both, but for those of copies that a failed change gives up, and of what a function of the caller's
   drops. Versions of empty lists are all the same one: what was filled and emptied again is not seen as changed. A child of
   fork must not change a list that another thread was changing. */
#ifdef COW_LIST


/* ---- Making ---- */

/* Makes *l, which no other thread uses yet and which is not read, a list of copies of the `n` elements at `src`. */
COW__INLINE bool COW__F(from)(COW__N *l, const COW__E *src, size_t n) {
    COW__T all;
    if (!COW__AF(from)(&all, src, n)) return false;
    cow__version *v = COW__F(_version)(all);
    if (!v) {
        COW__AF(drop)(&all);
        return false;
    }
    memset((void *)l, 0, sizeof *l);
    (void)cow__list_exchange(&l->c, v);
    return true;
}

/* ---- Reading: lock-free, and nothing is counted ---- */

/* Makes *out a copy of the `n` elements at `src`, one each by the copy hook. */
COW__INLINE bool COW__F(_copies)(COW__E *out, const COW__E *src, size_t n) {
    return cow__elements_copy(&COW__AF(_type), (void *)out, src, n);
}

/* Makes *out a copy of element `i`; *out is written on success only. COW_RANGE. */
COW__INLINE bool COW__F(get)(const COW__N *l, size_t i, COW__E *out) {
    COW__GUARD g;
    if (!COW__F(borrow)(l, &g)) return false;
    const COW__E *at = COW__AF(get)(g.value, i);
    if (!at) {
        COW__F(end)(&g);
        return false;
    }
    COW__E copy = *at; /* in C++, T need not have a constructor without arguments */
    bool ok = COW__F(_copies)(&copy, at, 1);
    COW__F(end)(&g);
    if (ok) *out = copy;
    return ok;
}

/* Copies all elements to `out`, which has room for `room` of them, and says in *n how many there are. COW_RANGE, and only
   *n is written, when they are more. O(n). */
COW__INLINE bool COW__F(copy_to)(const COW__N *l, COW__E *out, size_t room, size_t *n) {
    COW__GUARD g;
    if (!COW__F(borrow)(l, &g)) return false;
    *n = g.value->n;
    bool ok = *n <= room ? COW__F(_copies)(out, g.value->p, *n) : cow__fail(COW_RANGE);
    COW__F(end)(&g);
    return ok;
}

/* The index of the first element equal to *v, or of the first at `from` or behind; COW_NPOS when there is none. O(n). */
COW__INLINE size_t COW__F(index_of_from)(const COW__N *l, const COW__E *v, size_t from) {
    COW__GUARD g;
    if (!COW__F(borrow)(l, &g)) return COW_NPOS;
    size_t i = COW__AF(index_of_from)(g.value, v, from);
    COW__F(end)(&g);
    return i;
}

COW__INLINE size_t COW__F(index_of)(const COW__N *l, const COW__E *v) { return COW__F(index_of_from)(l, v, 0); }

/* The index of the last element equal to *v, or of the last at `from` or before; COW_NPOS when there is none. O(n). */
COW__INLINE size_t COW__F(last_index_of_from)(const COW__N *l, const COW__E *v, size_t from) {
    COW__GUARD g;
    if (!COW__F(borrow)(l, &g)) return COW_NPOS;
    size_t i = COW__AF(last_index_of_from)(g.value, v, from);
    COW__F(end)(&g);
    return i;
}

COW__INLINE size_t COW__F(last_index_of)(const COW__N *l, const COW__E *v) {
    return COW__F(last_index_of_from)(l, v, COW_NPOS);
}

/* ---- Changing: a writer at a time ---- */

/* What was removed at an end of a shared buffer would live as long as that does. If it owns something, the rest is copied. */
COW__INLINE bool COW__F(_part)(const COW__T *old, COW__T *fresh) {
    if (!COW__AF(_type).drop || fresh->h != old->h || (fresh->p == old->p && fresh->n >= old->n)) return true;
    if (fresh->n) return COW__AF(reserve)(fresh, fresh->n);
    COW__AF(drop)(fresh);
    return true;
}

/* Appends `v`. Amortised O(1), also while others hold versions: the tail of the storage is claimed, nothing is copied. */
COW__INLINE bool COW__F(add)(COW__N *l, COW__E v) {
    cow__change c;
    if (!cow__list_begin(&l->c, &COW__F(_type), &c)) return false;
    const COW__T *old = COW__F(_value)(c.old);
    COW__T *fresh = (COW__T *)cow__version_value(c.fresh);
    if (old->h && cow__list_claim(&c, old->h, old->p + old->n, &COW__AF(_type))) {
        *fresh = *old;
        fresh->p[fresh->n++] = v;
        return COW__F(_end)(l, &c, true);
    }
    *fresh = COW__AF(copy)(old);
    return COW__F(_end)(l, &c, COW__AF(push)(fresh, v));
}

/* Inserts `v` before element `i`; i may be the length. */
COW__INLINE bool COW__F(add_at)(COW__N *l, size_t i, COW__E v) {
    cow__change c;
    COW__T *all = COW__F(_begin)(l, &c);
    return all && COW__F(_end)(l, &c, COW__AF(insert)(all, i, v));
}

/* Appends copies of the `n` elements at `src`: all at once, or none. Amortised O(n), as add. */
COW__INLINE bool COW__F(add_all)(COW__N *l, const COW__E *src, size_t n) {
    cow__change c;
    COW__T *all = COW__F(_begin)(l, &c);
    return all && COW__F(_end_if_changed)(l, &c, COW__AF(push_n)(all, src, n), NULL);
}

/* Inserts them before element `i`. */
COW__INLINE bool COW__F(add_all_at)(COW__N *l, size_t i, const COW__E *src, size_t n) {
    cow__change c;
    COW__T *all = COW__F(_begin)(l, &c);
    return all && COW__F(_end_if_changed)(l, &c, COW__AF(insert_n)(all, i, src, n), NULL);
}

/* The locked half of what follows: looks again unless the list still holds the version `seen`, where `v` is absent. */
COW__INLINE bool COW__F(_add_unless_there)(COW__N *l, COW__E v, const cow__version *seen) {
    cow__change c;
    COW__T *all = COW__F(_begin)(l, &c);
    if (!all) return false;
    bool absent = c.old == seen || !COW__AF(contains)(all, &v) || cow__fail(COW_EXISTS);
    return COW__F(_end)(l, &c, absent && COW__AF(push)(all, v));
}

/* Appends `v` if no element equals it, else false with COW_EXISTS. Looks before it takes the lock, and again when the list
   was changed meanwhile. O(n) to look. */
COW__INLINE bool COW__F(add_if_absent)(COW__N *l, COW__E v) {
    COW__GUARD g;
    if (!COW__F(borrow)(l, &g)) return false;
    bool absent = !COW__AF(contains)(g.value, &v) || cow__fail(COW_EXISTS);
    bool added = absent && COW__F(_add_unless_there)(l, v, g.g.at);
    COW__F(end)(&g); /* last: it may drop what it borrowed, whose hooks may change the list */
    return added;
}

/* Appends copies of those of the `n` elements at `src` that are absent, each once; says in *added (NULL: does not) how many
   they are. O(n * length). */
COW__INLINE bool COW__F(add_all_absent)(COW__N *l, const COW__E *src, size_t n, size_t *added) {
    cow__change c;
    COW__T *all = COW__F(_begin)(l, &c);
    if (!all) return false;
    bool ok = true;
    for (size_t i = 0; ok && i < n; i++)
        if (!COW__AF(contains)(all, src + i)) ok = COW__AF(push_n)(all, src + i, 1);
    return COW__F(_end_if_changed)(l, &c, ok, added);
}

/* Gives an element up, or to *out. */
COW__INLINE void COW__F(_hand_over)(COW__E *e, COW__E *out) {
    if (out)
        *out = *e;
    else
        cow__elements_drop(&COW__AF(_type), (void *)e, (void *)(e + 1));
}

/* Puts `v` in the place of element `i`, which *was becomes; it is `v` before. Elements that are the same bytes are not
   copied for it. */
COW__INLINE bool COW__F(_swap_in)(COW__T *all, size_t i, COW__E v, COW__E *was) {
    if (i < all->n && memcmp((const void *)(all->p + i), (const void *)&v, sizeof v) == 0) return true;
    COW__E *at = COW__AF(mut)(all, i);
    if (!at) return false;
    *was = *at;
    *at = v;
    return true;
}

/* Replaces element `i` by `v`, and gives the old one to *old or drops it when `old` is NULL. A new version is published in
   any case, but copied only when the two differ as bytes, padding included. COW_RANGE. */
COW__INLINE bool COW__F(set)(COW__N *l, size_t i, COW__E v, COW__E *old) {
    cow__change c;
    COW__E was = v;
    COW__T *all = COW__F(_begin)(l, &c);
    if (!all || !COW__F(_end)(l, &c, COW__F(_swap_in)(all, i, v, &was))) return false;
    COW__F(_hand_over)(&was, old);
    return true;
}

/* Ends a change that takes element `i` away, of which *out becomes a copy. */
COW__INLINE bool COW__F(_take)(COW__N *l, cow__change *c, size_t i, COW__E *out) {
    COW__T *all = (COW__T *)cow__version_value(c->fresh);
    const COW__T *old = COW__F(_value)(c->old);
    if (!out || i >= all->n) return COW__F(_end)(l, c, COW__AF(take)(all, i, NULL) && COW__F(_part)(old, all));
    COW__E copy = all->p[i];
    if (!COW__F(_copies)(&copy, all->p + i, 1)) return COW__F(_end)(l, c, false);
    bool ok = COW__F(_end)(l, c, COW__AF(take)(all, i, NULL) && COW__F(_part)(old, all));
    cow_error_code why = cow_error();
    COW__F(_hand_over)(&copy, ok ? out : NULL);
    return ok || cow__fail(why);
}

/* Removes element `i` and gives a copy of it to *out, or drops it when `out` is NULL. At either end nothing is copied if
   elements own nothing. COW_RANGE, and COW_ABSENT when the list is empty. */
COW__INLINE bool COW__F(remove_at)(COW__N *l, size_t i, COW__E *out) {
    cow__change c;
    return COW__F(_begin)(l, &c) && COW__F(_take)(l, &c, i, out);
}

/* The same with the last element. */
COW__INLINE bool COW__F(pop)(COW__N *l, COW__E *out) {
    cow__change c;
    const COW__T *all = COW__F(_begin)(l, &c);
    return all && COW__F(_take)(l, &c, all->n ? all->n - 1 : 0, out);
}

/* Removes the first element equal to *v; false with COW_ABSENT when there is none. */
COW__INLINE bool COW__F(remove)(COW__N *l, const COW__E *v) {
    cow__change c;
    COW__T *all = COW__F(_begin)(l, &c);
    if (!all) return false;
    size_t i = COW__AF(index_of)(all, v);
    bool found = i != COW_NPOS || cow__fail(COW_ABSENT);
    return COW__F(_end)(l, &c, found && COW__AF(erase)(all, i) && COW__F(_part)(COW__F(_value)(c.old), all));
}

/* Which elements to keep. */
typedef struct COW__F(_choice) {
    COW__T others; /* those among these, or those that are not */
    bool among;
    bool (*remove)(const COW__E *e, void *ctx); /* NULL: as above */
    void *ctx;
} COW__F(_choice);

static inline bool COW__F(_keeps_among)(const COW__E *e, void *keep) {
    COW__F(_choice) *k = (COW__F(_choice) *)keep;
    return COW__AF(contains)(&k->others, e) == k->among;
}

static inline bool COW__F(_keeps_unless)(const COW__E *e, void *keep) {
    COW__F(_choice) *k = (COW__F(_choice) *)keep;
    return !k->remove(e, k->ctx);
}

COW__INLINE bool COW__F(_filter)(COW__N *l, bool (*keeps)(const COW__E *e, void *keep), COW__F(_choice) * k,
                                 size_t *removed) {
    cow__change c;
    COW__T *all = COW__F(_begin)(l, &c);
    return all && COW__F(_end_if_changed)(l, &c, COW__AF(retain_if)(all, keeps, k), removed);
}

/* Remove those that equal one of the `n` elements at `src`, or that equal none of them; say in *removed (NULL: do not) how
   many. O(n * length). */
COW__INLINE bool COW__F(remove_all)(COW__N *l, const COW__E *src, size_t n, size_t *removed) {
    COW__F(_choice) k = {COW__AF(borrow)(src, n), false, NULL, NULL};
    return COW__F(_filter)(l, COW__F(_keeps_among), &k, removed);
}

COW__INLINE bool COW__F(retain_all)(COW__N *l, const COW__E *src, size_t n, size_t *removed) {
    COW__F(_choice) k = {COW__AF(borrow)(src, n), true, NULL, NULL};
    return COW__F(_filter)(l, COW__F(_keeps_among), &k, removed);
}

/* Removes the elements for which `fn` returns true; it sees each once. */
COW__INLINE bool COW__F(remove_if)(COW__N *l, bool (*fn)(const COW__E *e, void *ctx), void *ctx, size_t *removed) {
    COW__F(_choice) k = {COW__AF(borrow)(NULL, 0), false, fn, ctx};
    return COW__F(_filter)(l, COW__F(_keeps_unless), &k, removed);
}

/* Lets `fn` change a copy of each element, in their order; when it returns false, nothing happens (COW_HOOK). */
COW__INLINE bool COW__F(replace_all)(COW__N *l, bool (*fn)(COW__E *e, void *ctx), void *ctx) {
    cow__change c;
    COW__T *all = COW__F(_begin)(l, &c);
    if (!all) return false;
    COW__E *p = all->n ? COW__AF(edit)(all) : NULL;
    bool ok = p || !all->n;
    for (size_t i = 0; ok && i < all->n; i++) ok = fn(p + i, ctx) || cow__fail(COW_HOOK);
    return COW__F(_end)(l, &c, ok);
}

/* Sort; equal elements keep their order. O(n log n). */
COW__INLINE bool COW__F(sort_by)(COW__N *l, COW__AF(compare_fn) cmp, void *ctx) {
    cow__change c;
    COW__T *all = COW__F(_begin)(l, &c);
    return all && COW__F(_end)(l, &c, COW__AF(sort_stable_by)(all, cmp, ctx));
}

COW__INLINE bool COW__F(sort)(COW__N *l) {
    cow__change c;
    COW__T *all = COW__F(_begin)(l, &c);
    return all && COW__F(_end)(l, &c, COW__AF(sort_stable)(all));
}

/* ---- Changing all of it ---- */

/* A transaction: lets `fn` change a copy of the array as it likes, and publishes the result at once. Other writers wait.
   When `fn` returns false, nothing happens (COW_HOOK). */
COW__INLINE bool COW__F(update)(COW__N *l, bool (*fn)(COW__T *all, void *ctx), void *ctx) {
    cow__change c;
    COW__T *all = COW__F(_begin)(l, &c);
    return all &&
           COW__F(_end)(l, &c, (fn(all, ctx) || cow__fail(COW_HOOK)) && COW__F(_part)(COW__F(_value)(c.old), all));
}

/* Makes `all` the elements. O(1). */
COW__INLINE bool COW__F(store)(COW__N *l, COW__T all) {
    cow__version *v = COW__F(_version)(all);
    if (v) cow__version_release(cow__list_exchange(&l->c, v));
    return v != NULL;
}

/* The same, and gives the version that was there to *old. */
COW__INLINE bool COW__F(exchange)(COW__N *l, COW__T all, COW__SNAPSHOT *old) {
    cow__version *v = COW__F(_version)(all);
    if (v) old->v = cow__list_exchange(&l->c, v);
    return v != NULL;
}

/* The same if the list still holds the version of *expected; else false with COW_CONFLICT. *expected stays. */
COW__INLINE bool COW__F(compare_exchange)(COW__N *l, const COW__SNAPSHOT *expected, COW__T all) {
    cow__version *v = COW__F(_version)(all);
    if (v && cow__list_replace(&l->c, expected->v, v)) return true;
    if (v) cow__version_free(v);
    return false;
}

/* Makes *to hold what *from holds. O(1). The two may be the same. */
COW__INLINE bool COW__F(assign)(COW__N *to, const COW__N *from) {
    COW__T all;
    if (!COW__F(load)(from, &all)) return false;
    if (COW__F(store)(to, all)) return true;
    COW__AF(drop)(&all);
    return false;
}

#endif

/* list_view: iterators, writers and sub-lists of a list. Floor 5, built on list. Continues the instantiation.

   All three hold a version, and are given up by the caller, also at their end. An object is one thread's at a time. */
#ifdef COW_LIST


/* ---- Iterators: over the version that was there when they began, in both directions ---- */

#define COW__ITER COW__F(iter)
typedef struct COW__ITER {
    COW__SNAPSHOT s;
    size_t i; /* of what comes next */
} COW__ITER;

/* Begins before element `i` (COW_NPOS: behind the last one). COW_RANGE. */
COW__INLINE bool COW__F(iter_at)(const COW__N *l, size_t i, COW__ITER *out) {
    COW__ITER it;
    if (!COW__F(snapshot_of)(l, &it.s)) return false;
    size_t n = COW__F(snapshot_value)(&it.s)->n;
    it.i = i == COW_NPOS ? n : i;
    if (it.i > n) {
        COW__F(snapshot_drop)(&it.s);
        return cow__fail(COW_RANGE);
    }
    *out = it;
    return true;
}

COW__INLINE bool COW__F(iter_of)(const COW__N *l, COW__ITER *out) { return COW__F(iter_at)(l, 0, out); }

/* Point *out at the next or the previous element, until the iterator is dropped; false at the end. Wait-free. */
COW__INLINE bool COW__F(iter_next)(COW__ITER *it, const COW__E **out) {
    const COW__T *all = COW__F(snapshot_value)(&it->s);
    if (it->i >= all->n) return false;
    *out = all->p + it->i++;
    return true;
}

COW__INLINE bool COW__F(iter_prev)(COW__ITER *it, const COW__E **out) {
    if (!it->i) return false;
    *out = COW__F(snapshot_value)(&it->s)->p + --it->i;
    return true;
}

/* The index of the element that iter_next would give. */
COW__INLINE size_t COW__F(iter_index)(const COW__ITER *it) { return it->i; }

/* Gives the iterator up; may be repeated. */
COW__INLINE void COW__F(iter_drop)(COW__ITER *it) {
    COW__F(snapshot_drop)(&it->s);
    it->i = 0;
}

/* ---- Writers: iterators that change a copy of their own, and publish it if nobody else changed the list ---- */

#define COW__WRITER COW__F(writer)
typedef struct COW__WRITER {
    COW__SNAPSHOT base;
    COW__T all;
    size_t i, last; /* of what comes next; of what was given last, COW_NPOS: nothing */
} COW__WRITER;

COW__INLINE bool COW__F(writer_of)(const COW__N *l, COW__WRITER *out) {
    if (!COW__F(snapshot_of)(l, &out->base)) return false;
    out->all = COW__AF(copy)(COW__F(snapshot_value)(&out->base));
    out->i = 0;
    out->last = COW_NPOS;
    return true;
}

/* Point *out at the next or the previous element, until the next change; false at the end. */
COW__INLINE bool COW__F(writer_next)(COW__WRITER *w, const COW__E **out) {
    if (w->i >= w->all.n) return false;
    w->last = w->i++;
    *out = w->all.p + w->last;
    return true;
}

COW__INLINE bool COW__F(writer_prev)(COW__WRITER *w, const COW__E **out) {
    if (!w->i) return false;
    w->last = --w->i;
    *out = w->all.p + w->last;
    return true;
}

/* Replaces the element that was given last; COW_ABSENT when there is none, or it is removed. O(n) the first time. */
COW__INLINE bool COW__F(writer_set)(COW__WRITER *w, COW__E v) {
    if (w->last == COW_NPOS) return cow__fail(COW_ABSENT);
    return COW__AF(set)(&w->all, w->last, v);
}

/* Inserts `v` between what was before the writer and what comes next. O(n). */
COW__INLINE bool COW__F(writer_add)(COW__WRITER *w, COW__E v) {
    if (!COW__AF(insert)(&w->all, w->i, v)) return false;
    w->i++;
    w->last = COW_NPOS;
    return true;
}

/* Removes the element that was given last; COW_ABSENT as writer_set. O(n). */
COW__INLINE bool COW__F(writer_remove)(COW__WRITER *w) {
    if (w->last == COW_NPOS) return cow__fail(COW_ABSENT);
    if (!COW__AF(erase)(&w->all, w->last)) return false;
    if (w->last < w->i) w->i--;
    w->last = COW_NPOS;
    return true;
}

/* Gives the writer and its changes up; may be repeated. */
COW__INLINE void COW__F(writer_drop)(COW__WRITER *w) {
    COW__F(snapshot_drop)(&w->base);
    COW__AF(drop)(&w->all);
    w->i = 0;
    w->last = COW_NPOS;
}

/* Publishes the changes of `w`, and gives it up. False with COW_CONFLICT when the list was changed since it began; it is as
   it was then. */
COW__INLINE bool COW__F(writer_commit)(COW__N *l, COW__WRITER *w) {
    COW__T all = COW__AF(copy)(&w->all);
    if (COW__F(_part)(COW__F(snapshot_value)(&w->base), &all) && COW__F(compare_exchange)(l, &w->base, all)) {
        COW__F(writer_drop)(w);
        return true;
    }
    cow_error_code why = cow_error();
    COW__AF(drop)(&all);
    return cow__fail(why);
}

/* ---- Sub-lists: a range of the list that may be read and changed until somebody else changes the list ---- */

/* Every function below but drop fails with COW_CONFLICT from then on. The list must outlive it. Not for use by several
   threads. */
#define COW__SUBLIST COW__F(sublist)
typedef struct COW__SUBLIST {
    COW__N *list;
    COW__SNAPSHOT base;
    size_t begin, n;
} COW__SUBLIST;

/* Makes *out the elements [begin, end); COW_RANGE. O(1). */
COW__INLINE bool COW__F(sublist_of)(COW__N *l, size_t begin, size_t end, COW__SUBLIST *out) {
    COW__SNAPSHOT base;
    if (!COW__F(snapshot_of)(l, &base)) return false;
    if (begin > end || end > COW__F(snapshot_value)(&base)->n) {
        COW__F(snapshot_drop)(&base);
        return cow__fail(COW_RANGE);
    }
    out->list = l;
    out->base = base;
    out->begin = begin;
    out->n = end - begin;
    return true;
}

/* Gives the sub-list up; may be repeated. */
COW__INLINE void COW__F(sublist_drop)(COW__SUBLIST *s) {
    COW__F(snapshot_drop)(&s->base);
    s->begin = s->n = 0;
}

/* Whether nobody else changed the list; else false with COW_CONFLICT. */
COW__INLINE bool COW__F(_sublist_ok)(const COW__SUBLIST *s) {
    return cow__cell_holds(COW__CELL(s->list), s->base.v) || cow__fail(COW_CONFLICT);
}

/* Makes *out an array that shares the elements, for all kinds of reading. O(1). */
COW__INLINE bool COW__F(sublist_load)(const COW__SUBLIST *s, COW__T *out) {
    if (!COW__F(_sublist_ok)(s)) return false;
    *out = COW__AF(slice)(COW__F(snapshot_value)(&s->base), s->begin, s->begin + s->n);
    return true;
}

/* Says in *n how many elements it has. */
COW__INLINE bool COW__F(sublist_len)(const COW__SUBLIST *s, size_t *n) {
    if (!COW__F(_sublist_ok)(s)) return false;
    *n = s->n;
    return true;
}

/* Makes *out a copy of element `i`. COW_RANGE. */
COW__INLINE bool COW__F(sublist_get)(const COW__SUBLIST *s, size_t i, COW__E *out) {
    COW__T part;
    if (!COW__F(sublist_load)(s, &part)) return false;
    const COW__E *at = COW__AF(get)(&part, i);
    if (!at) {
        COW__AF(drop)(&part);
        return false;
    }
    COW__E copy = *at;
    bool ok = COW__F(_copies)(&copy, at, 1);
    COW__AF(drop)(&part);
    if (ok) *out = copy;
    return ok;
}

/* Begins a change of the list, if nobody else made one. */
COW__INLINE COW__T *COW__F(_sublist_begin)(COW__SUBLIST *s, cow__change *c) {
    COW__T *all = COW__F(_begin)(s->list, c);
    if (!all || c->old == s->base.v) return all;
    (void)cow__fail(COW_CONFLICT);
    (void)COW__F(_end)(s->list, c, false);
    return NULL;
}

/* Ends it: the sub-list has `n` elements now, of the version that is published. */
COW__INLINE bool COW__F(_sublist_end)(COW__SUBLIST *s, cow__change *c, bool ok, size_t n) {
    COW__SNAPSHOT fresh;
    fresh.v = c->fresh;
    if (ok) cow__rc_retain(&c->fresh->rc, false);
    if (!COW__F(_end)(s->list, c, ok)) return false;
    COW__F(snapshot_drop)(&s->base);
    s->base = fresh;
    s->n = n;
    return true;
}

/* Replaces element `i` by `v` and drops the old one. COW_RANGE. */
COW__INLINE bool COW__F(sublist_set)(COW__SUBLIST *s, size_t i, COW__E v) {
    cow__change c;
    COW__E was = v;
    COW__T *all = COW__F(_sublist_begin)(s, &c);
    if (!all) return false;
    bool ok = i < s->n ? COW__F(_swap_in)(all, s->begin + i, v, &was) : cow__fail(COW_RANGE);
    if (!COW__F(_sublist_end)(s, &c, ok, s->n)) return false;
    COW__F(_hand_over)(&was, NULL);
    return true;
}

/* Inserts `v` before element `i`; i may be the length. */
COW__INLINE bool COW__F(sublist_add_at)(COW__SUBLIST *s, size_t i, COW__E v) {
    cow__change c;
    COW__T *all = COW__F(_sublist_begin)(s, &c);
    if (!all) return false;
    bool ok = i <= s->n ? COW__AF(insert)(all, s->begin + i, v) : cow__fail(COW_RANGE);
    return COW__F(_sublist_end)(s, &c, ok, s->n + 1);
}

COW__INLINE bool COW__F(sublist_add)(COW__SUBLIST *s, COW__E v) { return COW__F(sublist_add_at)(s, s->n, v); }

/* Removes the elements [begin, end) of the sub-list. COW_RANGE. */
COW__INLINE bool COW__F(sublist_erase_range)(COW__SUBLIST *s, size_t begin, size_t end) {
    cow__change c;
    COW__T *all = COW__F(_sublist_begin)(s, &c);
    if (!all) return false;
    bool ok = begin <= end && end <= s->n ? COW__AF(erase_range)(all, s->begin + begin, s->begin + end)
                                          : cow__fail(COW_RANGE);
    ok = ok && COW__F(_part)(COW__F(_value)(c.old), all);
    return COW__F(_sublist_end)(s, &c, ok, s->n - (ok ? end - begin : 0));
}

COW__INLINE bool COW__F(sublist_remove_at)(COW__SUBLIST *s, size_t i) {
    return COW__F(sublist_erase_range)(s, i, i < s->n ? i + 1 : COW_NPOS);
}

COW__INLINE bool COW__F(sublist_clear)(COW__SUBLIST *s) { return COW__F(sublist_erase_range)(s, 0, s->n); }

/* Puts `part` in place of the sub-list's elements in *all. */
COW__INLINE bool COW__F(_sublist_splice)(const COW__SUBLIST *s, COW__T *all, const COW__T *part) {
    COW__T whole = COW__AF(slice)(all, 0, s->begin), rest = COW__AF(slice)(all, s->begin + s->n, all->n);
    bool ok = COW__AF(concat)(&whole, part) && COW__AF(concat)(&whole, &rest);
    COW__AF(drop)(&rest);
    if (ok) COW__AF(swap)(all, &whole);
    COW__AF(drop)(&whole);
    return ok;
}

/* Lets `fn` change an array of the sub-list's elements as it likes, and puts that in their place; so it sorts, filters and
   replaces. When `fn` returns false, nothing happens (COW_HOOK). */
COW__INLINE bool COW__F(sublist_update)(COW__SUBLIST *s, bool (*fn)(COW__T *part, void *ctx), void *ctx) {
    cow__change c;
    COW__T *all = COW__F(_sublist_begin)(s, &c);
    if (!all) return false;
    COW__T part = COW__AF(slice)(all, s->begin, s->begin + s->n);
    bool ok = (fn(&part, ctx) || cow__fail(COW_HOOK)) && COW__F(_sublist_splice)(s, all, &part);
    ok = COW__F(_sublist_end)(s, &c, ok && COW__F(_part)(COW__F(_value)(c.old), all), part.n);
    cow_error_code why = cow_error();
    COW__AF(drop)(&part); /* last: its hooks may change the list */
    return ok || cow__fail(why);
}

#endif

/* list_set: `#define COW_LIST_SET x, K` and include: Java's CopyOnWriteArraySet, with lookups by hash. Floor 5, built on
   list_common and map_whole.

   A cell (which see: borrow, load, snapshots, cached readers and waiting are the same) of the set type x_set, made along
   with it from the same options; its rules are those of lists, but that drop hooks run by a change must not change the set,
   either. A change copies one leaf of the set, whatever its size; what a version keeps of older ones is said in map. The
   order of iteration is not specified.

   With COW_KEEP_ORDER it is the order of insertion: the value of the cell is the struct x_ordered then, a set and an array
   of copies of its keys. Iterating is as fast as over an array, adding stays O(1), and every change that may remove is
   O(n). */
#ifdef COW_LIST_SET


/* ---- The order of the keys ---- */

#ifdef COW_KEEP_ORDER

/* Puts a key that is absent behind all others. */
COW__INLINE bool COW__F(_append)(COW__T *all, const COW__K *key) {
    return cow__array_append(&all->order, key, 1, COW__COPIED, &COW__SF(_key_type));
}

static inline bool COW__F(_is_in)(void *set, const void *key, const void *last) {
    (void)last;
    return COW__SF(contains)((const COW__SET *)set, (const COW__K *)key);
}

/* Removes a key. What owns something must not stay behind the end of a shared buffer: then the rest is copied. */
COW__INLINE bool COW__F(_unlist)(COW__T *all, const COW__K *key) {
    const COW__K *p = (const COW__K *)(const void *)all->order.p;
    size_t i = 0, n = all->order.n;
    while (i < n && !COW__SF(_equal)(p + i, key)) i++;
    if (i == n) return cow__fail(COW_ABSENT); /* an equality that contradicts itself */
    if (!cow__array_erase(&all->order, i, i + 1, &COW__SF(_key_type))) return false;
    if (!COW__SF(_key_type).drop || (i > 0 && i + 1 < n)) return true;
    if (n > 1) return cow__array_reserve(&all->order, n - 1, &COW__SF(_key_type));
    cow__buffer_release(all->order.h, all->order.p, false);
    memset((void *)&all->order, 0, sizeof all->order);
    return true;
}

/* Makes the order that of the set, which was changed since it was that of `old`: what is gone goes, what is new follows. */
COW__INLINE bool COW__F(_reorder)(COW__T *all, const COW__T *old) {
    if (!cow__array_filter(&all->order, COW__F(_is_in), &all->set, &COW__SF(_key_type))) return false;
    if (all->order.n == COW__SF(len)(&all->set)) return true;
    COW__EACH_RUN (COW__K, it, COW__SF(_scan)(&all->set)) {
        if (!COW__SF(contains)(&old->set, it) && !COW__F(_append)(all, it)) return false;
    }
    return true;
}

#else

COW__INLINE bool COW__F(_append)(COW__T *all, const COW__K *key) {
    (void)all, (void)key;
    return true;
}
COW__INLINE bool COW__F(_unlist)(COW__T *all, const COW__K *key) {
    (void)all, (void)key;
    return true;
}
COW__INLINE bool COW__F(_reorder)(COW__T *all, const COW__T *old) {
    (void)all, (void)old;
    return true;
}

#endif

/* ---- Reading: lock-free, and nothing is counted ---- */

/* Copies all keys to `out`, which has room for `room` of them, and says in *n how many there are. COW_RANGE, and only *n is
   written, when they are more. O(n). */
COW__INLINE bool COW__F(copy_to)(const COW__N *s, COW__K *out, size_t room, size_t *n) {
    COW__GUARD g;
    size_t i = 0;
    if (!COW__F(borrow)(s, &g)) return false;
    *n = COW__SF(len)(COW__SET_OF(g.value));
    bool ok = *n <= room || cow__fail(COW_RANGE);
    if (ok) COW__EACH_MEMBER(it, g.value) {
            ok = cow__element_copy(&COW__SF(_key_type), (void *)(out + i), it);
            if (!ok) break;
            i++;
        }
    cow_error_code why = cow_error();
    if (!ok) cow__elements_drop(&COW__SF(_key_type), (void *)out, (void *)(out + i));
    COW__F(end)(&g);
    return ok || cow__fail(why);
}

/* ---- Iterators: over the version that was there when they began ---- */

#define COW__LIST_ITER COW__F(iter)
typedef struct COW__LIST_ITER {
    COW__SNAPSHOT s;
    const COW__K *at, *end;
    cow__scan scan;
} COW__LIST_ITER;

COW__INLINE bool COW__F(iter_of)(const COW__N *s, COW__LIST_ITER *out) {
    if (!COW__F(snapshot_of)(s, &out->s)) return false;
    const COW__T *all = COW__F(snapshot_value)(&out->s);
    out->at = out->end = NULL;
#ifdef COW_KEEP_ORDER
    size_t n;
    out->at = COW__F(ordered_keys)(all, &n);
    out->end = out->at ? out->at + n : NULL;
#else
    out->scan = COW__SF(_scan)(all);
#endif
    return true;
}

/* Points *out at the next key, until the iterator is dropped; false at the end. */
COW__INLINE bool COW__F(iter_next)(COW__LIST_ITER *it, const COW__K **out) {
#ifndef COW_KEEP_ORDER
    if (it->at == it->end && it->s.v && cow__scan_next(&it->scan)) {
        it->at = (const COW__K *)it->scan.run;
        it->end = (const COW__K *)it->scan.end;
    }
#endif
    if (it->at == it->end) return false;
    *out = it->at++;
    return true;
}

/* Gives the iterator up, also at its end; may be repeated. */
COW__INLINE void COW__F(iter_drop)(COW__LIST_ITER *it) {
    COW__F(snapshot_drop)(&it->s);
    it->at = it->end = NULL;
}

/* ---- Changing: a writer at a time ---- */

/* Adds a key that is absent; false with COW_EXISTS when it is there. */
COW__INLINE bool COW__F(add)(COW__N *s, COW__K key) {
    cow__change c;
    bool found = false;
    if (!COW__F(_look)(s, &key, &found)) return false;
    if (found) return cow__fail(COW_EXISTS);
    COW__T *all = COW__F(_begin)(s, &c);
    if (!all) return false;
    bool ok = !COW__SF(contains)(COW__SET_OF(all), &key) || cow__fail(COW_EXISTS);
    return COW__F(_end)(s, &c, ok && COW__F(_append)(all, &key) && COW__SF(put)(COW__SET_OF(all), key));
}

/* Puts a copy of a key, if it is absent. */
COW__INLINE bool COW__F(_put_copy)(COW__T *all, const COW__K *key) {
    COW__K copy = *key;
    if (COW__SF(contains)(COW__SET_OF(all), key)) return true;
    if (!COW__F(_append)(all, key) || !cow__element_copy(&COW__SF(_key_type), (void *)&copy, key)) return false;
    if (COW__SF(put)(COW__SET_OF(all), copy)) return true;
    cow_error_code why = cow_error();
    cow__elements_drop(&COW__SF(_key_type), (void *)&copy, (void *)(&copy + 1));
    return cow__fail(why);
}

/* Adds copies of those of the `n` keys that are absent; says in *added (NULL: does not) how many they are. O(n). */
COW__INLINE bool COW__F(add_all)(COW__N *s, const COW__K *keys, size_t n, size_t *added) {
    cow__change c;
    COW__T *all = COW__F(_begin)(s, &c);
    if (!all) return false;
    bool ok = true;
    for (size_t i = 0; ok && i < n; i++) ok = COW__F(_put_copy)(all, keys + i);
    return COW__F(_end_if_changed)(s, &c, ok, added);
}

/* Removes a key; false with COW_ABSENT when it is not there. */
COW__INLINE bool COW__F(remove)(COW__N *s, const COW__K *key) {
    cow__change c;
    bool found = false;
    if (!COW__F(_look)(s, key, &found)) return false;
    if (!found) return cow__fail(COW_ABSENT);
    COW__T *all = COW__F(_begin)(s, &c);
    if (!all) return false;
    bool ok = COW__SF(contains)(COW__SET_OF(all), key) || cow__fail(COW_ABSENT);
    return COW__F(_end)(s, &c, ok && COW__F(_unlist)(all, key) && COW__SF(erase)(COW__SET_OF(all), key));
}

/* Remove those keys that are among the `n` at `keys`, or that are not; say in *removed (NULL: do not) how many. */
COW__INLINE bool COW__F(_remove_among)(COW__N *s, const COW__K *keys, size_t n, bool among, size_t *removed) {
    cow__change c;
    COW__SET others;
    if (!COW__SF(from)(&others, keys, n)) return false;
    COW__T *all = COW__F(_begin)(s, &c);
    bool ok =
        all &&
        (among ? COW__SF(difference)(COW__SET_OF(all), &others) : COW__SF(intersection)(COW__SET_OF(all), &others)) &&
        COW__F(_reorder)(all, COW__F(_value)(c.old));
    ok = all && COW__F(_end_if_changed)(s, &c, ok, removed);
    cow_error_code why = cow_error();
    COW__SF(drop)(&others);
    return ok || cow__fail(why);
}

COW__INLINE bool COW__F(remove_all)(COW__N *s, const COW__K *keys, size_t n, size_t *removed) {
    return COW__F(_remove_among)(s, keys, n, true, removed);
}

COW__INLINE bool COW__F(retain_all)(COW__N *s, const COW__K *keys, size_t n, size_t *removed) {
    return COW__F(_remove_among)(s, keys, n, false, removed);
}

typedef struct COW__F(_doom) {
    bool (*remove)(const COW__K *key, void *ctx);
    void *ctx;
} COW__F(_doom);

static inline bool COW__F(_keeps)(const COW__K *key, void *doom) {
    COW__F(_doom) *d = (COW__F(_doom) *)doom;
    return !d->remove(key, d->ctx);
}

/* Removes the keys for which `fn` returns true; it sees each once, in no order. O(n). */
COW__INLINE bool COW__F(remove_if)(COW__N *s, bool (*fn)(const COW__K *key, void *ctx), void *ctx, size_t *removed) {
    COW__F(_doom) d = {fn, ctx};
    cow__change c;
    COW__T *all = COW__F(_begin)(s, &c);
    if (!all) return false;
    bool ok = COW__SF(retain_if)(COW__SET_OF(all), COW__F(_keeps), &d);
    return COW__F(_end_if_changed)(s, &c, ok && COW__F(_reorder)(all, COW__F(_value)(c.old)), removed);
}

/* A transaction: lets `fn` change a copy of the set as it likes, and publishes the result at once. Other writers wait. When
   `fn` returns false, nothing happens (COW_HOOK). In the order of insertion, new keys follow the others in no specified
   order; one that was replaced by an equal one keeps its place, and the copy that stands there. */
COW__INLINE bool COW__F(update)(COW__N *s, bool (*fn)(COW__SET *all, void *ctx), void *ctx) {
    cow__change c;
    COW__T *all = COW__F(_begin)(s, &c);
    if (!all) return false;
    bool ok = fn(COW__SET_OF(all), ctx) || cow__fail(COW_HOOK);
    return COW__F(_end)(s, &c, ok && COW__F(_reorder)(all, COW__F(_value)(c.old)));
}

/* ---- Making ---- */

/* Makes *s, which no other thread uses yet and which is not read, a set of copies of the `n` keys. O(n). */
COW__INLINE bool COW__F(from)(COW__N *s, const COW__K *keys, size_t n) {
    COW__N made;
    memset((void *)&made, 0, sizeof made);
    bool ok = COW__F(add_all)(&made, keys, n, NULL);
    if (ok)
        memcpy((void *)s, (const void *)&made, sizeof made); /* nobody knows its address yet */
    else
        COW__F(drop)(&made);
    return ok;
}

#endif

/* paged_os: what the pager asks of the system, each call in one place. Floor 3, built on park and memory.

   Every mechanism that a kernel may lack is probed once by its effect, because some emulators say yes and do nothing. Calls
   that the fault handler makes go to the kernel directly, past the interceptors of sanitizers. Tests let any call fail:
   COW__OS_REFUSES. */
#ifdef COW_PAGED
#ifndef COW__PAGED_OS_H
#define COW__PAGED_OS_H


/* Whether writes can be caught here; elsewhere, and with COW_PAGED_EAGER, snapshots are copies. */
#ifndef COW__PAGED_FAULTS
#if !defined(COW_PAGED_EAGER) && defined(__GNUC__) && defined(__linux__)
#define COW__PAGED_FAULTS 1
#else
#define COW__PAGED_FAULTS 0
#endif
#endif

/* Where there are file descriptors. */
#if defined(__unix__) || defined(__APPLE__)
#define COW__PAGED_FILES 1
#else
#define COW__PAGED_FILES 0
#endif

#endif
#endif

#if defined(COW_PAGED) && defined(COW__IMPLEMENT) && !defined(COW__PAGED_OS_BODY)
#define COW__PAGED_OS_BODY

#if COW__PAGED_FAULTS

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

#ifndef MREMAP_MAYMOVE
#error "cow: COW_PAGED needs #define _GNU_SOURCE before the first system header of the file with COW_IMPLEMENTATION"
#endif
#ifndef MREMAP_DONTUNMAP
#define MREMAP_DONTUNMAP 4
#endif
#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23
#endif

typedef enum cow__os_call {
    COW__OS_MAP,
    COW__OS_PROTECT,
    COW__OS_MOVE,
    COW__OS_ADVISE,
    COW__OS_FILE,
    COW__OS_RESIZE,
    COW__OS_SIGNAL
} cow__os_call;

#ifdef COW__OS_REFUSES
#define COW__REFUSED(call) (COW__OS_REFUSES(call) && (errno = ENOMEM))
#else
#define COW__REFUSED(call) false
#endif

COW__BEGIN_C

/* Whether the last call failed because it is not allowed any more, as in a sandbox, and not for want of memory. */
static bool cow__os_forbidden(void) { return errno == EPERM || errno == ENOSYS || errno == EINVAL || errno == EACCES; }

/* Address space without memory. NULL when there is none. */
static char *cow__os_reserve(size_t bytes) {
    void *p = MAP_FAILED;
    if (!COW__REFUSED(COW__OS_MAP))
        p = mmap(NULL, bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    return p == MAP_FAILED ? NULL : (char *)p;
}

/* Zero bytes that take memory when they are written. */
static void *cow__os_zeros(size_t bytes) {
    void *p = MAP_FAILED;
    if (!COW__REFUSED(COW__OS_MAP))
        p = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (p == MAP_FAILED) return NULL;
    (void)madvise(p, bytes, MADV_DONTFORK);
    return p;
}

/* Maps bytes of a file from `offset` on, at `at` unless that is NULL. A forked child does not have them. */
static char *cow__os_map_file(void *at, size_t bytes, int file, size_t offset) {
    int flags = MAP_SHARED | MAP_NORESERVE | (at ? MAP_FIXED : 0);
    void *p = MAP_FAILED;
    if (!COW__REFUSED(COW__OS_MAP)) p = mmap(at, bytes, PROT_READ | PROT_WRITE, flags, file, (off_t)offset);
    if (p == MAP_FAILED) return NULL;
    (void)madvise(p, bytes, MADV_DONTFORK);
    return (char *)p;
}

static void cow__os_unmap(void *p, size_t bytes) {
    if (p) (void)munmap(p, bytes);
}

static bool cow__os_protect(void *p, size_t bytes, bool writable) {
    if (COW__REFUSED(COW__OS_PROTECT)) return false;
    return cow__syscall(SYS_mprotect, p, bytes, (long)(writable ? PROT_READ | PROT_WRITE : PROT_READ)) == 0;
}

static bool cow__os_advise(void *p, size_t bytes, int advice) {
    if (COW__REFUSED(COW__OS_ADVISE)) return false;
    return cow__syscall(SYS_madvise, p, bytes, (long)advice) == 0;
}

/* Moves the page tables of a mapping to `aside`, which then maps the same; where they were there are none. O(1) a large
   page table. */
static bool cow__os_move_tables(void *p, size_t bytes, void *aside) {
    if (COW__REFUSED(COW__OS_MOVE)) return false;
    long flags = MREMAP_MAYMOVE | MREMAP_FIXED | MREMAP_DONTUNMAP;
    return cow__syscall(SYS_mremap, p, bytes, bytes, flags, aside) == (long)aside;
}

/* A file in memory; -1 when there is none. */
static int cow__os_file(void) {
    return COW__REFUSED(COW__OS_FILE) ? -1 : (int)cow__syscall(SYS_memfd_create, "cow", 1L /* MFD_CLOEXEC */);
}

/* Makes a file larger, and takes the memory for it when `fill` says so. A limit on file sizes is asked first, because
   exceeding it is answered by a signal. */
static bool cow__os_resize(int file, size_t bytes, bool fill) {
    struct rlimit limit;
    if (COW__REFUSED(COW__OS_RESIZE)) return false;
    if (getrlimit(RLIMIT_FSIZE, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY && bytes > limit.rlim_cur) return false;
    if (ftruncate(file, (off_t)bytes)) return false;
    return !fill || posix_fallocate(file, 0, (off_t)bytes) == 0;
}

/* Maps a file so that no page follows it any more once it was written to. mlockall(MCL_FUTURE) would write to all of them
   here: so it is let nothing to write to, and taken back. */
static char *cow__os_map_view(size_t bytes, int file) {
    void *p =
        COW__REFUSED(COW__OS_MAP) ? MAP_FAILED : mmap(NULL, bytes, PROT_NONE, MAP_PRIVATE | MAP_NORESERVE, file, 0);
    if (p == MAP_FAILED) return NULL;
    (void)madvise(p, bytes, MADV_DONTFORK);
    bool ok = munlock(p, bytes) == 0 || cow__os_forbidden();
    if (ok && !COW__REFUSED(COW__OS_MAP) && mprotect(p, bytes, PROT_READ | PROT_WRITE) == 0) return (char *)p;
    cow__os_unmap(p, bytes);
    return NULL;
}

static size_t cow__os_page(void) { return (size_t)sysconf(_SC_PAGESIZE); }

/* How many mappings a process may have. */
static size_t cow__os_most_mappings(void) {
    unsigned long most = 65530;
    FILE *f = fopen("/proc/sys/vm/max_map_count", "r");
    if (f) {
        if (fscanf(f, "%lu", &most) != 1) most = 65530;
        (void)fclose(f);
    }
    return (size_t)most;
}

/* A thread that holds a lock which the fault handler takes, too, is not to be interrupted: a handler of signals that writes
   to the region would wait for itself, and a thread that is cancelled would never give it back. */
typedef struct cow__quiet {
    sigset_t signals;
    int cancel;
} cow__quiet;

static void cow__cancel_off(int *before) {
#ifdef PTHREAD_CANCEL_DISABLE
    (void)pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, before);
#else
    *before = 0;
#endif
}

static void cow__cancel_restore(int before) {
#ifdef PTHREAD_CANCEL_DISABLE
    (void)pthread_setcancelstate(before, NULL);
#else
    (void)before;
#endif
}

/* SIGSEGV stays as it is, so that crashes are reported. */
static void cow__block_signals(sigset_t *before) {
    sigset_t all;
    (void)sigfillset(&all);
    (void)sigdelset(&all, SIGSEGV);
    (void)pthread_sigmask(SIG_BLOCK, &all, before);
}

static void cow__quiet_begin(cow__quiet *before) {
    cow__cancel_off(&before->cancel);
    cow__block_signals(&before->signals);
#if COW__DEBUG
    if (sigismember(&before->signals, SIGSEGV) == 1)
        COW_PANIC("a thread that uses a paged region blocks SIGSEGV: its first write to a protected page would end the "
                  "program");
#endif
}

static void cow__quiet_end(const cow__quiet *before) {
    (void)pthread_sigmask(SIG_SETMASK, &before->signals, NULL);
    cow__cancel_restore(before->cancel);
}

/* ---- What this kernel can do, by its effect ---- */

enum { COW__OS_PROBED = 1, COW__OS_POPULATES = 2, COW__OS_MOVES_TABLES = 4, COW__OS_MAPS_TWICE = 8 };

/* Whether a private page that was populated stays as it is when the file changes. */
static bool cow__os_probe_populate(char *live, int file, size_t page) {
    char *view = cow__os_map_view(page, file);
    if (!view) return false;
    *(volatile char *)live = 1;
    bool ok = cow__os_advise(view, page, MADV_POPULATE_WRITE);
    *(volatile char *)live = 2;
    ok = ok && *(volatile char *)view == 1;
    cow__os_unmap(view, page);
    return ok;
}

/* Whether both mappings are there after the move, and writes still go to the file. Some emulators say yes and take the old
   one away: so the kernel is asked first, which answers with an error where touching would be a crash. */
static bool cow__os_probe_move(char *live, int file, size_t page) {
    char *aside = cow__os_reserve(page);
    if (!aside) return false;
    *(volatile char *)live = 3;
    bool ok = cow__os_move_tables(live, page, aside) && pwrite(file, live, 1, 0) == 1;
    if (ok) *(volatile char *)live = 4;
    ok = ok && *(volatile char *)aside == 4;
    cow__os_unmap(aside, page);
    return ok;
}

/* Whether a private mapping that was only read follows the file, and one that was written does not. */
static bool cow__os_probe_views(char *live, int file, size_t page) {
    char *view = cow__os_map_view(page, file);
    if (!view) return false;
    *(volatile char *)live = 5;
    bool ok = *(volatile char *)view == 5;
    *(volatile char *)view = 5;
    *(volatile char *)live = 6;
    ok = ok && *(volatile char *)view == 5;
    cow__os_unmap(view, page);
    return ok;
}

/* 0: there was not even a file to try it with. */
static uint32_t cow__os_probe(void) {
    uint32_t can = COW__OS_PROBED;
    size_t page = cow__os_page();
    int file = cow__os_file();
    if (file < 0) return errno == EMFILE || errno == ENFILE || errno == ENOMEM ? 0 : can;
    char *live = cow__os_resize(file, page, false) ? cow__os_map_file(NULL, page, file, 0) : NULL;
    if (live) {
        if (cow__os_probe_views(live, file, page)) can |= COW__OS_MAPS_TWICE;
        if (cow__os_probe_populate(live, file, page)) can |= COW__OS_POPULATES;
        if (cow__os_probe_move(live, file, page)) can |= COW__OS_MOVES_TABLES;
    }
    cow__os_unmap(live, page);
    (void)close(file);
    return can;
}

static cow__atomic_u32 cow__os_abilities;

static uint32_t cow__os_can(void) {
    uint32_t can = COW__LOAD(&cow__os_abilities, COW__RELAXED);
    if (can) return can;
    can = cow__os_probe();
    if (can & COW__OS_MAPS_TWICE)
        COW__STORE(&cow__os_abilities, can, COW__RELAXED); /* else it may have lacked something that comes back */
    return can;
}

COW__END_C
#endif
#endif

/* paged_region: what a region of memory consists of: its pages, chunks and locks. Floor 5, built on paged_os and error.

   The region is a file in memory, mapped shared: that is what the application writes to. A snapshot maps the same file once
   more, as a private mapping: a page of it is the file's until it is written, and stays what it is from then on. So before
   a page of the region is written for the first time after a snapshot, its view is written first, with what it holds
   already, and keeps that.

   A page here is what is preserved and opened at once: the system's page, or the granule that the options ask for. A page
   is open while it may be written; `opened` says in which epoch that was so last. A snapshot ends an epoch. A chunk is 2
   MiB, or 64 pages if that is more, under one lock; whoever cuts holds all of them. */
#ifdef COW_PAGED
#ifndef COW__PAGED_REGION_H
#define COW__PAGED_REGION_H


typedef struct cow_paged cow_paged;
typedef struct cow_snap cow_snap;

/* How writes are caught. */
typedef enum cow_paged_detector {
    COW_PAGED_AUTO,     /* the best one that this system has */
    COW_PAGED_MPROTECT, /* protected pages, and a handler of SIGSEGV */
    COW_PAGED_COPY      /* not at all: a snapshot copies the region, and nobody may write meanwhile */
} cow_paged_detector;

typedef enum cow_paged_when_full {
    COW_PAGED_INVALIDATE, /* the oldest snapshot is given up: cow_snap_ok says so to those who read it */
    COW_PAGED_WAIT        /* writers wait until a snapshot is dropped */
} cow_paged_when_full;

/* All-zero means the defaults. */
typedef struct cow_paged_options {
    cow_paged_detector detector;
    size_t granule; /* bytes that are preserved at once: a power of two from the system's page, the default, to 2 MiB */
    size_t reserve; /* bytes to which the region may grow, by default not; taken at once where snapshots are copies */
    bool prefault;  /* take all memory at once, so that lack of it is an error here, and does not kill a writer later */
    /* One thread writes, and takes the snapshots: some pages that it writes all the time are preserved by the snapshot. */
    bool single_writer;
    size_t most_held; /* bytes that all snapshots together may hold, about; 0: any number */
    cow_paged_when_full when_full;
} cow_paged_options;

#endif
#endif

#if defined(COW_PAGED) && defined(COW__IMPLEMENT) && !defined(COW__PAGED_REGION_BODY)
#define COW__PAGED_REGION_BODY

#include <string.h>

COW__BEGIN_C

#define COW__CHUNK_BYTES ((size_t)2 << 20)

typedef struct cow__chunk {
    cow__mutex lock;
    cow__atomic_u32 next;        /* the page behind what was opened last */
    cow__atomic_u32 window;      /* how many pages that were */
    uint32_t again, again_epoch; /* a page that was open already when it faulted, and when */
    long again_thread;
} cow__chunk;

struct cow_paged {
    char *data;
    size_t bytes, reserved;
    unsigned shift;       /* log2 of the bytes of a page */
    unsigned page_shift;  /* the same of a page of the system */
    unsigned chunk_shift; /* log2 of the pages of a chunk */
    cow_paged_options options;
    cow__atomic_u32 users; /* the region itself, and each snapshot */
    cow_snap *newest;      /* changes under `turn` and all chunk locks */
    cow__mutex heap_turn;
    uint64_t last_pause, worst_pause;
    cow__atomic_size faults, opened_pages, preserved, held, peak, given_up;
#if COW__PAGED_FAULTS
    int file;
    long process;
    cow__mutex turn;         /* of those who cut, drop, restore and grow */
    cow__atomic_u32 epoch;   /* changes under `turn` and all chunk locks */
    cow__atomic_u32 *opened; /* by page: the epoch */
    cow__atomic_u32
        *caught;       /* by page: twice the epoch of the last fault on this very page, and 1: it was likely by then */
    uint64_t *dirty;   /* pages that were opened in this epoch; a word belongs to one chunk */
    uint64_t *carried; /* those between the newest snapshot and the last cut; NULL: none */
    uint64_t *stay;    /* pages that the next cut leaves open; empty between cuts */
    struct cow__pin *pins; /* what the kernel is writing to; changes under `turn` */
    uint8_t *calm;         /* by page: how often in a row it was restored without need; NULL: never restored */
    cow__chunk *chunks;
    char *aside; /* address space to which page tables are moved */
    bool untidy; /* there are some */
    char *spare; /* a view of `spare_bytes` that nobody uses */
    size_t spare_bytes;
    struct cow__watched *watched;
    size_t most_mappings;
    cow__atomic_size mappings; /* of this region; changes under chunk locks */
    cow__atomic_u32 released;  /* changes when a snapshot gives memory back */
#endif
};

/* Whether the region is plain memory, and its snapshots are copies of it. Always so where writes cannot be caught. */
static bool cow__paged_copies(const cow_paged *r) { return r->options.detector == COW_PAGED_COPY; }

static void cow__count_held(cow_paged *r, size_t bytes) {
    size_t held = COW__ADD(&r->held, bytes, COW__RELAXED) + bytes, peak = COW__LOAD(&r->peak, COW__RELAXED);
    while (held > peak && !COW__CAS(&r->peak, &peak, held, COW__RELAXED, COW__RELAXED)) {
    }
}

static unsigned cow__log2(size_t n) {
    unsigned i = 0;
    while ((n >> i) > 1) i++;
    return i;
}

#if COW__PAGED_FAULTS

static size_t cow__pages_of(const cow_paged *r, size_t bytes) {
    return (bytes + ((size_t)1 << r->shift) - 1) >> r->shift;
}

static size_t cow__pages(const cow_paged *r) { return r->bytes >> r->shift; }

static size_t cow__chunks_of(const cow_paged *r, size_t pages) {
    return (pages + ((size_t)1 << r->chunk_shift) - 1) >> r->chunk_shift;
}

static cow__chunk *cow__chunk_of(const cow_paged *r, size_t page) { return &r->chunks[page >> r->chunk_shift]; }

/* The page behind the chunk of this one. */
static size_t cow__chunk_end(const cow_paged *r, size_t page) {
    size_t end = ((page >> r->chunk_shift) + 1) << r->chunk_shift;
    return end < cow__pages(r) ? end : cow__pages(r);
}

static bool cow__page_open(const cow_paged *r, size_t page) {
    return COW__LOAD(&r->opened[page], COW__RELAXED) == COW__LOAD(&r->epoch, COW__RELAXED);
}

/* Whether this page is likely to be written in this epoch: it was caught in one of the last few. Those that are opened
   because of that are not caught, so they prove themselves again after some epochs. */
enum { COW__LIKELY_EPOCHS = 8 };

static bool cow__page_likely(const cow_paged *r, size_t page) {
    uint32_t caught = COW__LOAD(&r->caught[page], COW__RELAXED);
    return caught && COW__LOAD(&r->epoch, COW__RELAXED) - (caught >> 1) <= COW__LIKELY_EPOCHS;
}

/* Whether it was so before it was caught last, too. */
static bool cow__page_hot(const cow_paged *r, size_t page) {
    return cow__page_likely(r, page) && (COW__LOAD(&r->caught[page], COW__RELAXED) & 1);
}

/* Notes that a write to this very page was caught. */
static void cow__page_caught(cow_paged *r, size_t page) {
    uint32_t before = cow__page_likely(r, page);
    COW__STORE(&r->caught[page], COW__LOAD(&r->epoch, COW__RELAXED) << 1 | before, COW__RELAXED);
}

/* Mappings that protecting pages costs this process: one limit for all its regions. */
static cow__atomic_size cow__mappings;

/* Modulo: there may become fewer. */
static void cow__mappings_add(cow_paged *r, size_t more) {
    (void)COW__ADD(&r->mappings, more, COW__RELAXED);
    (void)COW__ADD(&cow__mappings, more, COW__RELAXED);
}

static void cow__mappings_set(cow_paged *r, size_t n) {
    cow__mappings_add(r, n - COW__LOAD(&r->mappings, COW__RELAXED));
}

/* ---- Sets of pages, a bit each ---- */

static size_t cow__set_bytes(const cow_paged *r) {
    return (cow__pages_of(r, r->reserved) + 63) / 64 * sizeof(uint64_t);
}

/* Words that pages of the region have. */
static size_t cow__set_words(const cow_paged *r) { return (cow__pages(r) + 63) / 64; }

static bool cow__set_has(const uint64_t *set, size_t page) { return set[page / 64] >> page % 64 & 1; }

static void cow__set_add(uint64_t *set, size_t begin, size_t end) {
    for (size_t p = begin; p < end; p++) set[p / 64] |= (uint64_t)1 << p % 64;
}

/* Those of large regions take memory only where there is something in them: a region may never grow to what is reserved. */
static bool cow__set_large(size_t bytes) { return bytes >= (size_t)128 << 10; }

/* An empty set of all pages there can ever be. NULL with COW_NOMEM. */
static uint64_t *cow__set_new(const cow_paged *r) {
    size_t bytes = cow__set_bytes(r);
    uint64_t *set = (uint64_t *)(cow__set_large(bytes) ? cow__os_zeros(bytes) : cow__allocate(NULL, bytes));
    if (!set) return (void)cow__fail(COW_NOMEM), (uint64_t *)NULL;
    if (!cow__set_large(bytes)) memset(set, 0, bytes);
    return set;
}

static void cow__set_free(const cow_paged *r, uint64_t *set) {
    size_t bytes = cow__set_bytes(r);
    if (cow__set_large(bytes))
        cow__os_unmap(set, bytes);
    else if (set)
        cow__release(NULL, set, bytes);
}

static void cow__set_clear(const cow_paged *r, uint64_t *set) { memset(set, 0, cow__set_words(r) * sizeof *set); }

static void cow__set_join(const cow_paged *r, uint64_t *set, const uint64_t *other) {
    for (size_t i = 0; i < cow__set_words(r); i++) set[i] |= other[i];
}

/* The next run of pages of a set that begins at *begin or behind, within `end`. */
static bool cow__set_run(const uint64_t *set, size_t *begin, size_t *run_end, size_t end) {
    size_t p = *begin;
    while (p < end && !cow__set_has(set, p)) p = p % 64 == 0 && !set[p / 64] ? p + 64 : p + 1;
    if (p >= end) return false;
    *begin = p;
    while (p < end && cow__set_has(set, p)) p = p % 64 == 0 && set[p / 64] == UINT64_MAX ? p + 64 : p + 1;
    *run_end = p < end ? p : end;
    return true;
}

static size_t cow__set_runs(const uint64_t *set, size_t pages) {
    size_t n = 0, begin = 0, end = 0;
    for (; cow__set_run(set, &begin, &end, pages); begin = end) n++;
    return n;
}

/* Notes that these pages are open from now on. */
static void cow__mark_open(cow_paged *r, size_t begin, size_t end) {
    uint32_t epoch = COW__LOAD(&r->epoch, COW__RELAXED);
    for (size_t p = begin; p < end; p++) COW__STORE(&r->opened[p], epoch, COW__RELAXED);
    cow__set_add(r->dirty, begin, end);
}

/* ---- Locks ---- */

static void cow__chunks_lock(cow_paged *r) {
    for (size_t c = 0; c < cow__chunks_of(r, cow__pages(r)); c++) cow__mutex_lock(&r->chunks[c].lock);
}

static void cow__chunks_unlock(cow_paged *r) {
    for (size_t c = 0; c < cow__chunks_of(r, cow__pages(r)); c++) cow__mutex_unlock(&r->chunks[c].lock);
}

/* Waits for the turn. Nothing interrupts this thread until its end. */
static void cow__turn_begin(cow_paged *r, cow__quiet *before) {
    cow__quiet_begin(before);
    cow__mutex_lock(&r->turn);
}

static void cow__turn_end(cow_paged *r, const cow__quiet *before) {
    cow__mutex_unlock(&r->turn);
    cow__quiet_end(before);
}

/* A forked child has no region: its parent's is not mapped there. */
static bool cow__region_mine(const cow_paged *r) { return r->process == (long)getpid() || cow__fail(COW_UNSUPPORTED); }

/* ---- Mapping ---- */

/* The live mapping lies on a boundary of page tables, and so does the space beside it. */
static bool cow__region_map(cow_paged *r) {
    size_t align = r->reserved >= (size_t)1 << 30 ? (size_t)1 << 30 : COW__CHUNK_BYTES, rounded, all;
    if (!cow__add_size(r->reserved, align - 1, &rounded)) return false;
    rounded &= ~(align - 1);
    if (!cow__mul_size(rounded, 2, &all) || !cow__add_size(all, align, &all)) return false;
    char *space = cow__os_reserve(all);
    if (!space) return false;
    char *data = space + (align - (uintptr_t)space % align) % align, *end = data + 2 * rounded;
    if (data != space) cow__os_unmap(space, (size_t)(data - space));
    if (end != space + all) cow__os_unmap(end, (size_t)(space + all - end));
    r->data = data;
    r->aside = data + rounded;
    return cow__os_map_file(data, r->bytes, r->file, 0) != NULL;
}

static void cow__region_unmap(cow_paged *r) {
    if (r->data) cow__os_unmap(r->data, (size_t)(r->aside - r->data) * 2);
}

static bool cow__region_tables(cow_paged *r) {
    size_t pages = cow__pages_of(r, r->reserved);
    r->opened = (cow__atomic_u32 *)cow__os_zeros(pages * sizeof *r->opened);
    r->caught = (cow__atomic_u32 *)cow__os_zeros(pages * sizeof *r->caught);
    r->chunks = (cow__chunk *)cow__os_zeros(cow__chunks_of(r, pages) * sizeof *r->chunks);
    r->dirty = cow__set_new(r);
    r->stay = cow__set_new(r);
    return r->opened && r->caught && r->chunks && r->dirty && r->stay;
}

static void cow__region_free_tables(cow_paged *r) {
    size_t pages = cow__pages_of(r, r->reserved);
    cow__os_unmap(r->opened, pages * sizeof *r->opened);
    cow__os_unmap(r->caught, pages * sizeof *r->caught);
    cow__os_unmap(r->chunks, cow__chunks_of(r, pages) * sizeof *r->chunks);
    cow__set_free(r, r->dirty);
    cow__set_free(r, r->carried);
    cow__set_free(r, r->stay);
    cow__os_unmap(r->calm, pages);
}

/* New pages are open: no snapshot has them. */
static void cow__region_open_new(cow_paged *r, size_t begin) { cow__mark_open(r, begin, cow__pages(r)); }

/* Unmaps page tables that a cut moved aside: O(pages). */
static void cow__region_tidy(cow_paged *r) {
    if (!r->untidy) return;
    r->untidy = false;
    (void)mmap(r->aside, (size_t)(r->aside - r->data), PROT_NONE,
               MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0);
}

#endif

COW__END_C
#endif

/* paged_keep: what a snapshot keeps of pages before they are written. Floor 5, built on paged_region.

   A snapshot with a view keeps a page there: writing to it makes the kernel copy it. One without a view keeps copies in a
   pool, which costs half. All this runs in the fault handler: it calls the kernel, and no function of libc. */
#if defined(COW_PAGED) && defined(COW__IMPLEMENT) && !defined(COW__PAGED_KEEP_BODY)
#define COW__PAGED_KEEP_BODY


COW__BEGIN_C

struct cow_snap {
    cow_paged *region;
    cow_snap *older, *newer;
    cow__atomic_u32 copies;
    cow__atomic_u32 lost; /* it was given up for lack of room */
    bool bare;            /* nobody reads the view */
    char *view;           /* NULL: there is a pool instead */
    size_t bytes;
    cow__atomic_size held;
#if COW__PAGED_FAULTS
    uint32_t epoch;  /* that it ended: it sees pages of the region that were opened in it or before, and not since */
    uint64_t *dirty; /* the pages that were opened after the snapshot before it */
    uint64_t *kept;  /* those that it has of its own; a word belongs to one chunk */
    char *pool;      /* copies of pages one after the other */
    uint32_t *place; /* by page: of its copy in the pool, counted from 1; 0: there is none */
    cow__mutex pool_turn; /* of those who hold the locks of different chunks */
    size_t used, ready;   /* pages of the pool that are taken, and that have memory */
#endif
};

static bool cow__snap_lost(const cow_snap *s) { return COW__LOAD(&s->lost, COW__ACQUIRE) != 0; }

/* What it holds is free again. */
static void cow__count_released(cow_snap *s) {
    (void)COW__SUB(&s->region->held, COW__SWAP(&s->held, (size_t)0, COW__RELAXED), COW__RELAXED);
}

#if COW__PAGED_FAULTS

/* Sanitizers need not know that what is written is what was there. */
#if defined(__clang__)
#define COW__UNCHECKED __attribute__((no_sanitize("thread", "address")))
#else
#define COW__UNCHECKED __attribute__((no_sanitize_thread, no_sanitize_address))
#endif

/* Copies pages of a private mapping by writing to each what is there: one fault a page. A locked instruction asks for writing
   at once; elsewhere what to write is read from the region, because reading it here would be a fault of its own. */
COW__UNCHECKED static void cow__touch(char *view, const char *live, size_t bytes, size_t page) {
    for (size_t i = 0; i < bytes; i += page) {
#if defined(__x86_64__) || defined(__i386__)
        __asm__ volatile("lock; orb $0, %0" : "+m"(view[i]) : : "cc");
        (void)live;
#else
        *(volatile char *)(view + i) = *(const volatile char *)(live + i);
#endif
    }
}

/* ThreadSanitizer does not see that the region's page is protected, and looks into memcpy. */
COW__UNCHECKED static void cow__copy_bytes(char *to, const char *from, size_t bytes) {
#ifdef COW__TSAN
    for (size_t i = 0; i < bytes; i++) *(volatile char *)(to + i) = *(const volatile char *)(from + i);
#else
    memcpy(to, from, bytes);
#endif
}

static bool cow__keep_in_view(cow_snap *s, size_t begin, size_t n) {
    char *p = s->view + (begin << s->region->shift);
    size_t bytes = n << s->region->shift, page = (size_t)1 << s->region->page_shift;
    bool many = bytes > page && (COW__LOAD(&cow__os_abilities, COW__RELAXED) & COW__OS_POPULATES);
    if (many && cow__os_advise(p, bytes, MADV_POPULATE_WRITE)) return true;
    if (many && !cow__os_forbidden()) return false;
    cow__touch(p, s->region->data + (begin << s->region->shift), bytes, page);
    return true;
}

/* Memory is taken ahead, for many pages at once. */
static bool cow__pool_ready(cow_snap *s, size_t n) {
    enum { AHEAD = 64 };
    size_t pages = s->bytes >> s->region->shift, more = s->used + n - s->ready;
    if (s->used + n <= s->ready) return true;
    if (more < AHEAD) more = AHEAD;
    if (s->ready + more > pages) more = pages - s->ready;
    char *p = s->pool + (s->ready << s->region->shift);
    if (COW__LOAD(&cow__os_abilities, COW__RELAXED) & COW__OS_POPULATES)
        if (!cow__os_advise(p, more << s->region->shift, MADV_POPULATE_WRITE) && !cow__os_forbidden()) return false;
    s->ready += more;
    return true;
}

static bool cow__keep_in_pool(cow_snap *s, size_t begin, size_t n) {
    const cow_paged *r = s->region;
    cow__mutex_lock(&s->pool_turn);
    bool ok = cow__pool_ready(s, n);
    for (size_t p = begin; ok && p < begin + n; p++) {
        cow__copy_bytes(s->pool + (s->used << r->shift), r->data + (p << r->shift), (size_t)1 << r->shift);
        s->place[p] = (uint32_t)++s->used;
    }
    cow__mutex_unlock(&s->pool_turn);
    return ok;
}

/* ---- How much may be held ---- */

/* Gives the memory of a snapshot back. Those who read it see that it is lost, or what is in the region now. */
static void cow__snap_lose(cow_snap *s) {
    cow_paged *r = s->region;
    if (COW__SWAP(&s->lost, 1u, COW__ACQ_REL)) return;
    (void)COW__ADD(&r->given_up, (size_t)1, COW__RELAXED);
    cow__count_released(s);
    (void)cow__os_advise(s->view ? s->view : s->pool, s->bytes, MADV_DONTNEED);
}

static cow_snap *cow__oldest_kept(const cow_paged *r) {
    cow_snap *oldest = NULL;
    for (cow_snap *s = r->newest; s; s = s->older)
        if (!cow__snap_lost(s)) oldest = s;
    return oldest;
}

/* ---- Preserving ---- */

/* Where the snapshot has this page. The caller holds the lock of its chunk, unless there is a view. */
static const char *cow__snap_page(const cow_snap *s, size_t page) {
    const cow_paged *r = s->region;
    if (s->view) return s->view + (page << r->shift);
    return s->place[page] ? s->pool + ((size_t)(s->place[page] - 1) << r->shift) : r->data + (page << r->shift);
}

/* Whether a snapshot sees this page of the region itself. */
static bool cow__snap_sees(const cow_snap *s, size_t page) {
    return page < s->bytes >> s->region->shift && COW__LOAD(&s->region->opened[page], COW__RELAXED) <= s->epoch &&
           !cow__set_has(s->kept, page);
}

static void cow__keep(cow_snap *s, size_t begin, size_t n) {
    cow_paged *r = s->region;
    bool ok = s->view ? cow__keep_in_view(s, begin, n) : cow__keep_in_pool(s, begin, n);
    if (!ok) {
        cow__snap_lose(s);
        return;
    }
    cow__set_add(s->kept, begin, begin + n);
    (void)COW__ADD(&s->held, n << r->shift, COW__RELAXED);
    cow__count_held(r, n << r->shift);
    (void)COW__ADD(&r->preserved, n, COW__RELAXED);
}

/* Bytes that snapshots must keep before [begin, end) is written. The caller holds the lock of the chunk. */
static size_t cow__to_keep(const cow_paged *r, size_t begin, size_t end) {
    size_t n = 0;
    for (const cow_snap *s = r->newest; s; s = s->older)
        for (size_t p = begin; p < end && !cow__snap_lost(s); p++) n += cow__snap_sees(s, p);
    return n << r->shift;
}

static bool cow__has_room(const cow_paged *r, size_t bytes) {
    size_t most = r->options.most_held;
    return bytes <= most && COW__LOAD(&r->held, COW__RELAXED) <= most - bytes;
}

static bool cow__has_room_for(const cow_paged *r, size_t begin, size_t end) {
    return !r->options.most_held || cow__has_room(r, cow__to_keep(r, begin, end));
}

/* Gives up the oldest snapshot, unless the options say to wait, or there is none. */
static bool cow__lose_oldest(cow_paged *r) {
    cow_snap *oldest = r->options.when_full == COW_PAGED_WAIT ? NULL : cow__oldest_kept(r);
    if (oldest) cow__snap_lose(oldest);
    return oldest != NULL;
}

/* Makes room for what is to be kept; or the writer has to wait: false. */
static bool cow__make_room(cow_paged *r, size_t begin, size_t end) {
    while (!cow__has_room_for(r, begin, end))
        if (!cow__lose_oldest(r))
            return r->options.when_full != COW_PAGED_WAIT; /* else nothing is to be kept any more */
    return true;
}

/* Lets every snapshot keep what it sees of [begin, end). False when the writer has to wait for room. */
static bool cow__preserve(cow_paged *r, size_t begin, size_t end) {
    if (!cow__make_room(r, begin, end)) return false;
    for (cow_snap *s = r->newest; s; s = s->older) {
        for (size_t p = begin; p < end && !cow__snap_lost(s);) {
            size_t from = p;
            while (p < end && cow__snap_sees(s, p)) p++;
            if (p > from)
                cow__keep(s, from, p - from);
            else
                p++;
        }
    }
    return true;
}

#endif

COW__END_C
#endif

/* paged_open: how many pages a write opens, and opening them. Floor 5, built on paged_keep.

   Opening one page costs a fault and up to two mappings. Pages are opened together when they are likely to be written next:
   those behind a run that a writer goes through, twice as many each time; those near it that were written in the last few
   epochs; all of a chunk when there is no snapshot. And when the system is short of mappings, larger pieces, because
   neighbours that are open share one. */
#if defined(COW_PAGED) && defined(COW__IMPLEMENT) && !defined(COW__PAGED_OPEN_BODY)
#define COW__PAGED_OPEN_BODY


#if COW__PAGED_FAULTS

COW__BEGIN_C

enum { COW__WINDOW_MOST = 256, COW__GROUP = 64 };

typedef struct cow__window {
    size_t begin, end;
} cow__window;

/* The pages that a writer who goes forwards needs next. */
static cow__window cow__window_ahead(cow_paged *r, size_t page) {
    cow__chunk *c = cow__chunk_of(r, page);
    size_t end = cow__chunk_end(r, page), n = 1;
    bool first = page == (size_t)(c - r->chunks) << r->chunk_shift;
    const cow__chunk *from = first && page ? c - 1 : c; /* a run goes on in the next chunk */
    if (page && COW__LOAD(&from->next, COW__RELAXED) == page) n = 2 * (size_t)COW__LOAD(&from->window, COW__RELAXED);
    if (n > COW__WINDOW_MOST) n = COW__WINDOW_MOST;
    cow__window w = {page, page + 1};
    while (w.end < end && w.end - w.begin < n && !cow__page_open(r, w.end)) w.end++;
    return w;
}

/* Those around it that were written in the last few epochs. */
static cow__window cow__window_again(const cow_paged *r, size_t page) {
    size_t begin = page / COW__GROUP * COW__GROUP, end = begin + COW__GROUP, chunk_end = cow__chunk_end(r, page);
    cow__window w = {page, page + 1};
    if (end > chunk_end) end = chunk_end;
    while (w.begin > begin && cow__page_likely(r, w.begin - 1) && !cow__page_open(r, w.begin - 1)) w.begin--;
    while (w.end < end && cow__page_likely(r, w.end) && !cow__page_open(r, w.end)) w.end++;
    return w;
}

/* The least that may be opened, so that the mappings last. */
static size_t cow__window_least(const cow_paged *r) {
    size_t mappings = COW__LOAD(&cow__mappings, COW__RELAXED), most = r->most_mappings;
    if (mappings < most * 2 / 5) return 1;
    if (mappings < most / 2) return 16;
    if (mappings < most * 3 / 5) return 64;
    return (size_t)1 << r->chunk_shift;
}

static cow__window cow__window_widen(const cow_paged *r, cow__window w, size_t least) {
    size_t chunk_end = cow__chunk_end(r, w.begin);
    if (w.end - w.begin >= least) return w;
    w.begin = w.begin / least * least;
    if (w.end < w.begin + least) w.end = w.begin + least;
    if (w.end > chunk_end) w.end = chunk_end;
    return w;
}

static cow__window cow__window_of(cow_paged *r, size_t page) {
    size_t all = (size_t)1 << r->chunk_shift;
    cow__window one = {page, page + 1};
    if (!r->newest) return cow__window_widen(r, one, all);
    cow__window w = cow__window_ahead(r, page);
    if (w.end - w.begin == 1) w = cow__window_again(r, page);
    w = cow__window_widen(r, w, cow__window_least(r));
    return cow__has_room_for(r, w.begin, w.end) ? w : one;
}

/* ---- Opening ---- */

/* How often open and protected pages meet in [begin - 1, end + 1): so many mappings more than one there are. */
static size_t cow__borders(const cow_paged *r, size_t begin, size_t end) {
    size_t n = 0;
    if (begin) begin--;
    if (end < cow__pages(r)) end++;
    for (size_t p = begin + 1; p < end; p++) n += cow__page_open(r, p) != cow__page_open(r, p - 1);
    return n;
}

/* Maps pages that a snapshot has moved aside, so that writing to each is not one more fault. Those of a chunk that is opened
   for want of snapshots are perhaps never written. */
static void cow__map_ahead(cow_paged *r, size_t begin, size_t end) {
    if (end - begin > 1 && r->newest && (COW__LOAD(&cow__os_abilities, COW__RELAXED) & COW__OS_POPULATES))
        (void)cow__os_advise(r->data + (begin << r->shift), (end - begin) << r->shift, MADV_POPULATE_WRITE);
}

/* Opens pages that are preserved. */
static bool cow__unprotect(cow_paged *r, size_t begin, size_t end) {
    if (!cow__os_protect(r->data + (begin << r->shift), (end - begin) << r->shift, true)) return false;
    size_t borders = cow__borders(r, begin, end);
    cow__mark_open(r, begin, end);
    cow__mappings_add(r, cow__borders(r, begin, end) - borders);
    (void)COW__ADD(&r->opened_pages, end - begin, COW__RELAXED);
    cow__map_ahead(r, begin, end);
    return true;
}

typedef enum cow__opened { COW__OPENED, COW__NO_ROOM, COW__NOT_OPENED } cow__opened;

/* Preserves and opens [begin, end), which lies in one chunk whose lock the caller holds. When the system refuses, all of
   the chunk is tried: that takes fewer mappings. */
static cow__opened cow__open(cow_paged *r, size_t begin, size_t end) {
    if (!cow__preserve(r, begin, end)) return COW__NO_ROOM;
    if (cow__unprotect(r, begin, end)) return COW__OPENED;
    end = cow__chunk_end(r, begin);
    begin = begin >> r->chunk_shift << r->chunk_shift;
    if (!cow__preserve(r, begin, end)) return COW__NO_ROOM;
    return cow__unprotect(r, begin, end) ? COW__OPENED : COW__NOT_OPENED;
}

/* Opens what a write to this page needs. The caller holds the lock of its chunk. */
static cow__opened cow__open_for(cow_paged *r, size_t page) {
    cow__window w = cow__window_of(r, page);
    cow__opened done = cow__open(r, w.begin, w.end);
    if (done != COW__OPENED) return done;
    cow__page_caught(r, page);
    cow__chunk *c = cow__chunk_of(r, page);
    COW__STORE(&c->window, (uint32_t)(w.end - w.begin), COW__RELAXED);
    COW__STORE(&c->next, (uint32_t)w.end, COW__RELAXED);
    return done;
}

COW__END_C
#endif
#endif

/* paged_fault: catches the first write to a protected page. Floor 5, built on paged_open.

   The handler of SIGSEGV stands once per program, from the first region to the last. Faults that are not ours go on to the
   handler that was there before, as the kernel would have called it, or to the default action: a crash stays a crash, at
   the same instruction. */
#if defined(COW_PAGED) && defined(COW__IMPLEMENT) && !defined(COW__PAGED_FAULT_BODY)
#define COW__PAGED_FAULT_BODY


#if COW__PAGED_FAULTS

COW__BEGIN_C

/* ---- Which region an address belongs to ---- */

/* An entry is never freed, but used again: handlers of other threads may read it at any time. `changes` is odd while it
   changes. */
typedef struct cow__watched {
    cow__atomic_size changes, begin, end;
    cow__atomic_ptr region; /* NULL: the entry is free */
    struct cow__watched *next;
} cow__watched;

static cow__atomic_ptr cow__watches;
static cow__mutex cow__watch_turn; /* of those who add and remove entries, and install the handler */

static void cow__watched_set(cow__watched *w, const char *begin, size_t bytes, cow_paged *r) {
    (void)COW__ADD(&w->changes, (size_t)1, COW__SEQ_CST);
    COW__STORE(&w->begin, (size_t)(uintptr_t)begin, COW__SEQ_CST);
    COW__STORE(&w->end, (size_t)(uintptr_t)begin + bytes, COW__SEQ_CST);
    COW__STORE(&w->region, (void *)r, COW__SEQ_CST);
    (void)COW__ADD(&w->changes, (size_t)1, COW__SEQ_CST);
}

/* An entry that changes is not that of a region which the faulting thread may use. In a forked child there are those of its
   parent, too, where it may have mapped its own memory by now: *forked says so. */
static cow_paged *cow__watched_at(const void *address, bool *forked) {
    size_t at = (size_t)(uintptr_t)address;
    long process = cow__syscall(SYS_getpid);
    for (cow__watched *w = (cow__watched *)COW__LOAD(&cow__watches, COW__ACQUIRE); w; w = w->next) {
        size_t seen = COW__LOAD(&w->changes, COW__ACQUIRE);
        bool in = at >= COW__LOAD(&w->begin, COW__ACQUIRE) && at < COW__LOAD(&w->end, COW__ACQUIRE);
        cow_paged *r = (cow_paged *)COW__LOAD(&w->region, COW__ACQUIRE);
        if (!in || !r || seen % 2 || COW__LOAD(&w->changes, COW__RELAXED) != seen) continue;
        if (r->process == process) return r;
        *forked = true;
    }
    return NULL;
}

/* ---- The handler ---- */

COW__COLD static void cow__fault_say(const char *what) {
    size_t n = 0;
    while (what[n]) n++;
    (void)!write(2, what, n);
}

COW__COLD static void cow__fault_die(const char *why) {
    cow__fault_say(why);
    abort();
}

/* Whether this thread comes again with a page that was open already: then opening it does not help. */
static bool cow__fault_again(cow_paged *r, cow__chunk *c, size_t page) {
    long thread = cow__syscall(SYS_gettid);
    uint32_t epoch = COW__LOAD(&r->epoch, COW__RELAXED);
    bool again = c->again == (uint32_t)page && c->again_epoch == epoch && c->again_thread == thread;
    c->again = (uint32_t)page;
    c->again_epoch = epoch;
    c->again_thread = thread;
    return again;
}

/* Serves a fault on a page; false when it is not one that a protected page makes. */
static bool cow__fault_on(cow_paged *r, size_t page) {
    cow__chunk *c = cow__chunk_of(r, page);
    uint32_t released = COW__LOAD(&r->released, COW__ACQUIRE);
    cow__mutex_lock(&c->lock);
    bool was_open = cow__page_open(r, page), ours = true;
    cow__opened done = COW__OPENED;
    if (was_open)
        ours = !cow__fault_again(r, c, page); /* another thread was faster */
    else
        done = cow__open_for(r, page);
    cow__mutex_unlock(&c->lock);
    if (done == COW__NOT_OPENED) cow__fault_die("cow_paged: the system refuses to make a page writable (mprotect)\n");
    /* The instruction faults again, and finds room or waits again. */
    if (done == COW__NO_ROOM) cow__park(&r->released, released, 100000000u);
    if (!was_open) (void)COW__ADD(&r->faults, (size_t)1, COW__RELAXED);
    return ours;
}

static bool cow__fault_serve(const siginfo_t *info) {
    bool forked = false;
    cow_paged *r = info->si_code > 0 ? cow__watched_at(info->si_addr, &forked) : NULL;
    if (forked && !r) cow__fault_say("cow_paged: a forked child uses a region of its parent\n");
    if (!r) return false;
    size_t offset = (size_t)((const char *)info->si_addr - r->data);
    return offset < r->bytes && info->si_code == SEGV_ACCERR && cow__fault_on(r, offset >> r->shift);
}

/* ---- What is not ours ---- */

/* The handlers that were there when this one was installed. Whoever came on top and passes faults on to it may still be there
   when the last region goes; the next region then installs it once more, above. */
enum { COW__FAULT_LEVELS = 4 };
static struct sigaction cow__fault_before[COW__FAULT_LEVELS];
static unsigned cow__fault_levels;

/* As the kernel does it: with the signals blocked that it would have blocked. */
static void cow__fault_call(struct sigaction *before, int sig, siginfo_t *info, void *context) {
    struct sigaction copy = *before, *h = &copy;
    sigset_t blocked = ((const ucontext_t *)context)->uc_sigmask;
    for (int s = 1; s < 65; s++)
        if (sigismember(&h->sa_mask, s) == 1) (void)sigaddset(&blocked, s);
    if (!(h->sa_flags & SA_NODEFER)) (void)sigaddset(&blocked, sig);
    if (h->sa_flags & (int)SA_RESETHAND) {
        before->sa_flags = 0;
        before->sa_handler = SIG_DFL;
    }
    (void)pthread_sigmask(SIG_SETMASK, &blocked, NULL);
    if (h->sa_flags & SA_SIGINFO)
        h->sa_sigaction(sig, info, context);
    else
        h->sa_handler(sig);
}

/* The default action, by doing it again without a handler. A signal that was sent is sent again. */
static void cow__fault_default(int sig, const siginfo_t *info) {
    struct sigaction none;
    memset(&none, 0, sizeof none);
    none.sa_handler = SIG_DFL;
    (void)sigaction(sig, &none, NULL);
    if (info->si_code <= 0)
        (void)cow__syscall(SYS_tgkill, cow__syscall(SYS_getpid), cow__syscall(SYS_gettid), (long)sig);
}

static void cow__fault_pass_on(struct sigaction *h, int sig, siginfo_t *info, void *context) {
    bool plain = !(h->sa_flags & SA_SIGINFO);
    if (plain && h->sa_handler == SIG_IGN && info->si_code <= 0) return;
    if (plain && (h->sa_handler == SIG_DFL || h->sa_handler == SIG_IGN))
        cow__fault_default(sig, info);
    else
        cow__fault_call(h, sig, info, context);
}

/* Passes a fault on to the handler below; when that passes it back, to the one below that. How far it is, is written into
   the context: there the kernel writes NULL for each new fault, also after a handler that was left by longjmp. */
static void cow__fault_pass_down(int sig, siginfo_t *info, ucontext_t *context) {
    struct ucontext_t **mark = (struct ucontext_t **)(void *)&context->uc_link, *outer = *mark;
    struct sigaction *h = cow__fault_before + cow__fault_levels;
    uintptr_t first = (uintptr_t)cow__fault_before, at = (uintptr_t)outer;
    if (at >= first && at < first + sizeof cow__fault_before) h = cow__fault_before + (at - first) / sizeof *h;
    if (h-- == cow__fault_before) {
        cow__fault_default(sig, info);
        return;
    }
    *mark = (struct ucontext_t *)(void *)h;
    cow__fault_pass_on(h, sig, info, context);
    *mark = outer;
}

/* Whether all signals are blocked, as they are unless a handler that stands above has called this one. */
static bool cow__signals_blocked(void) {
    uint64_t now = 0, never = (uint64_t)3 << 31; /* those that the C library keeps for itself */
    never |= (uint64_t)1 << (SIGSEGV - 1) | (uint64_t)1 << (SIGKILL - 1) | (uint64_t)1 << (SIGSTOP - 1);
    return cow__syscall(SYS_rt_sigprocmask, (long)SIG_BLOCK, NULL, &now, (long)sizeof now) == 0 &&
           (now | never) == UINT64_MAX;
}

static bool cow__fault_serve_quietly(const siginfo_t *info) {
    sigset_t before;
    cow__block_signals(&before);
    bool ours = cow__fault_serve(info);
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    return ours;
}

static void cow__fault_handler(int sig, siginfo_t *info, void *context) {
    int before = errno;
    if (!(cow__signals_blocked() ? cow__fault_serve(info) : cow__fault_serve_quietly(info)))
        cow__fault_pass_down(sig, info, (ucontext_t *)context);
    errno = before;
}

/* ---- Installing it ---- */

static bool cow__fault_is_ours(const struct sigaction *h) {
    return h->sa_flags & SA_SIGINFO && h->sa_sigaction == cow__fault_handler;
}

/* Whether there are regions: those of a parent do not count. */
static bool cow__watching(void) {
    for (cow__watched *w = (cow__watched *)COW__LOAD(&cow__watches, COW__RELAXED); w; w = w->next) {
        const cow_paged *r = (const cow_paged *)COW__LOAD(&w->region, COW__RELAXED);
        if (r && r->process == (long)getpid()) return true;
    }
    return false;
}

/* A forked child must not find the lock taken by a thread that it does not have. */
static void cow__watch_forks(void) { cow__mutex_lock(&cow__watch_turn); }
static void cow__watch_has_forked(void) { cow__mutex_unlock(&cow__watch_turn); }

static void cow__watch_begin_forks(void) {
    (void)pthread_atfork(cow__watch_forks, cow__watch_has_forked, cow__watch_has_forked);
}

/* While there are regions, whoever stands on top passes faults on to it. Later that is not known. */
static bool cow__fault_install(void) {
    struct sigaction ours, now;
    if (sigaction(SIGSEGV, NULL, &now)) return false;
    if (cow__fault_is_ours(&now) || (cow__fault_levels && cow__watching())) return true;
    if (cow__fault_levels == COW__FAULT_LEVELS)
        return true; /* so many stand on top that one of them will pass faults on */
    memset(&ours, 0, sizeof ours);
    ours.sa_sigaction = cow__fault_handler;
    ours.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_RESTART;
    (void)sigfillset(&ours.sa_mask);
    cow__fault_before[cow__fault_levels] = now; /* the handler may be called at once */
    if (COW__REFUSED(COW__OS_SIGNAL) || sigaction(SIGSEGV, &ours, NULL)) return false;
    cow__fault_levels++;
    return true;
}

/* The handler goes with the last region, unless somebody stands on top of it. */
static void cow__fault_uninstall(void) {
    struct sigaction now;
    if (cow__watching() || !cow__fault_levels || sigaction(SIGSEGV, NULL, &now) || !cow__fault_is_ours(&now)) return;
    if (sigaction(SIGSEGV, &cow__fault_before[cow__fault_levels - 1], NULL) == 0) cow__fault_levels--;
}

static cow__watched *cow__watched_free(void) {
    cow__watched *w = (cow__watched *)COW__LOAD(&cow__watches, COW__RELAXED);
    while (w && COW__LOAD(&w->region, COW__RELAXED)) w = w->next;
    if (w) return w;
    w = (cow__watched *)cow__allocate(NULL, sizeof *w);
    if (!w) return NULL;
    COW__FORGET_LEAK(w);
    memset((void *)w, 0, sizeof *w);
    w->next = (cow__watched *)COW__LOAD(&cow__watches, COW__RELAXED);
    COW__STORE(&cow__watches, (void *)w, COW__RELEASE);
    return w;
}

/* Has writes to the region caught. */
static bool cow__watch_region(cow_paged *r) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    cow__quiet before;
    (void)pthread_once(&once, cow__watch_begin_forks);
    cow__quiet_begin(&before);
    cow__mutex_lock(&cow__watch_turn);
    r->watched = cow__fault_install() ? cow__watched_free() : NULL;
    if (r->watched) cow__watched_set(r->watched, r->data, (size_t)(r->aside - r->data), r);
    cow__mutex_unlock(&cow__watch_turn);
    cow__quiet_end(&before);
    return r->watched != NULL;
}

static void cow__unwatch_region(cow_paged *r) {
    cow__quiet before;
    if (!r->watched) return;
    cow__quiet_begin(&before);
    cow__mutex_lock(&cow__watch_turn);
    cow__watched_set(r->watched, NULL, 0, NULL);
    cow__fault_uninstall();
    cow__mutex_unlock(&cow__watch_turn);
    cow__quiet_end(&before);
    r->watched = NULL;
}

COW__END_C
#endif
#endif

/* paged_copy: regions whose snapshots are copies, for want of a detector or by choice. Floor 5, built on paged_keep.

   Where writes can never be caught, what the other parts do for regions that catch them is here, too: nothing. */
#if defined(COW_PAGED) && defined(COW__IMPLEMENT) && !defined(COW__PAGED_COPY_BODY)
#define COW__PAGED_COPY_BODY


COW__BEGIN_C

typedef bool (*cow__run_fn)(size_t offset, size_t n, void *ctx);

static bool cow__copied_make(cow_paged *r) {
    r->data = (char *)cow__allocate(NULL, r->reserved);
    if (r->data) memset(r->data, 0, r->reserved);
    return r->data != NULL;
}

static void cow__copied_end(cow_paged *r) {
    if (r->data) cow__release(NULL, r->data, r->reserved);
}

/* Readers of a copy cannot be told that its memory is given back; so when there is no room, there is no new one. */
static bool cow__copied_snapshot(cow_paged *r, cow_snap *s) {
    size_t most = r->options.most_held;
    if (most && (r->bytes > most || COW__LOAD(&r->held, COW__RELAXED) > most - r->bytes)) return cow__fail(COW_NOMEM);
    s->bytes = r->bytes;
    s->view = (char *)cow__allocate(NULL, s->bytes);
    if (!s->view) return cow__fail(COW_NOMEM);
    memcpy(s->view, r->data, s->bytes);
    COW__STORE(&s->held, s->bytes, COW__RELAXED);
    cow__count_held(r, s->bytes);
    return true;
}

static void cow__copied_drop(cow_snap *s) {
    cow__count_released(s);
    cow__release(NULL, s->view, s->bytes);
}

/* Images are compared, in pages. What only the larger one has differs. */
static bool cow__copied_each_dirty(const cow_snap *a, const cow_snap *b, cow__run_fn fn, void *ctx) {
    const char *x = a->view, *y = b ? b->view : a->region->data;
    size_t n = a->bytes, m = b ? b->bytes : a->region->bytes, page = a->region->options.granule, end = 0;
    size_t both = n < m ? n : m, all = n < m ? m : n;
    for (size_t begin = 0; begin < all; begin = end + page) {
        end = begin;
        while (end < all && (end >= both || memcmp(x + end, y + end, page) != 0)) end += page;
        if (end > begin && !fn(begin, end - begin, ctx)) return false;
    }
    return true;
}

#if !COW__PAGED_FAULTS

static size_t cow__os_page(void) { return 4096; }
static bool cow__os_catches(bool *starved) { return *starved; }
static bool cow__region_mine(const cow_paged *r) { return r != NULL; }
static bool cow__region_make(cow_paged *r) { return r != NULL; }
static bool cow__region_leave(cow_paged *r) { return r != NULL; }
static void cow__region_end(cow_paged *r) { (void)r; }
static bool cow__region_grow(cow_paged *r, size_t bytes) { return (void)bytes, r != NULL; }
static bool cow__region_snapshot(cow_paged *r, cow_snap *s, bool view) { return (void)s, (void)view, r != NULL; }
static void cow__region_drop(cow_snap *s) { (void)s; }
static void cow__snap_read_bare(const cow_snap *s, size_t offset, char *to, size_t n) {
    (void)s, (void)offset, (void)to, (void)n;
}
static bool cow__region_each_dirty(const cow_snap *a, const cow_snap *b, cow__run_fn fn, void *ctx) {
    return (void)b, (void)fn, (void)ctx, a != NULL;
}
typedef struct cow__pin {
    char nothing;
} cow__pin;
static bool cow__pin_begin(cow_paged *r, cow__pin *pin, void *p, size_t n) {
    return (void)pin, (void)p, (void)n, r != NULL;
}
static void cow__pin_end(cow_paged *r, cow__pin *pin) { (void)r, (void)pin; }
static bool cow__region_will_write(cow_paged *r, void *p, size_t n) { return (void)p, (void)n, r != NULL; }
static bool cow__region_restore(cow_paged *r, const cow_snap *s) { return (void)s, r != NULL; }

#endif

COW__END_C
#endif

/* paged: `#define COW_PAGED`: regions of memory that are written through plain pointers, and frozen in O(what was written).
   Floor 5, built on paged_fault.

   A region is used by any number of threads; who writes what is theirs to agree on, as with any memory. A write to memory
   that a snapshot still sees is caught once a page. What the kernel writes is not caught: a system call that writes into a
   protected page fails with EFAULT, or returns a short count. cow_paged_will_write opens what such a call is about to
   write; the functions of paged_io do that themselves. A thread that blocks SIGSEGV dies at such a write. A forked child
   has neither regions nor snapshots. */
#ifdef COW_PAGED
#ifndef COW__PAGED_H
#define COW__PAGED_H


COW__BEGIN_C
/* A region of `bytes` zero bytes, rounded up to whole pages. NULL with COW_NOMEM, COW_RANGE for options that make no sense,
   or COW_UNSUPPORTED for a detector that is not there. `options` may be NULL, for the defaults. */
COW__API cow_paged *cow_paged_new(size_t bytes, const cow_paged_options *options);
/* Its first byte: on a boundary of 2 MiB, and of 1 GiB when it is that large, where writes are caught. It never moves. */
COW__API void *cow_paged_data(const cow_paged *r);
COW__API size_t cow_paged_size(const cow_paged *r);
/* How its writes are caught. */
COW__API cow_paged_detector cow_paged_detector_of(const cow_paged *r);
/* Makes it larger, in place; new bytes are zero. COW_RANGE beyond the options' `reserve`. No other thread may ask for its
   size meanwhile. */
COW__API bool cow_paged_grow(cow_paged *r, size_t bytes);
/* Gives it up; NULL is allowed. No other thread may use it any more. Snapshots stay what they are. */
COW__API void cow_paged_free(cow_paged *r);
COW__END_C

#endif
#endif

#if defined(COW_PAGED) && defined(COW__IMPLEMENT) && !defined(COW__PAGED_BODY)
#define COW__PAGED_BODY


COW__BEGIN_C

#if COW__PAGED_FAULTS

static bool cow__os_catches(bool *starved) {
    uint32_t can = cow__os_can();
    *starved = !can;
    return (can & COW__OS_MAPS_TWICE) != 0;
}

static bool cow__region_make(cow_paged *r) {
    r->process = (long)getpid();
    r->page_shift = cow__log2(cow__os_page());
    r->most_mappings = cow__os_most_mappings();
    COW__STORE(&r->epoch, 1u, COW__RELAXED);
    r->file = cow__os_file();
    if (r->file < 0 || !cow__os_resize(r->file, r->bytes, r->options.prefault)) return false;
    if (!cow__region_map(r) || !cow__region_tables(r)) return false;
    cow__region_open_new(r, 0);
    return cow__watch_region(r);
}

static void cow__region_end(cow_paged *r) {
    cow__mappings_set(r, 0);
    cow__unwatch_region(r);
    cow__os_unmap(r->spare, r->spare_bytes);
    cow__region_free_tables(r);
    cow__region_unmap(r);
    if (r->file >= 0) (void)close(r->file);
}

/* Its owner gives it up; false in a forked child, which has no part in it. Snapshots may still see pages of the region:
   nobody must write to them any more. */
static bool cow__region_leave(cow_paged *r) {
    if (!cow__region_mine(r)) return false;
    cow__unwatch_region(r);
    if (COW__LOAD(&r->users, COW__ACQUIRE) > 1) (void)cow__os_protect(r->data, r->bytes, false);
    return true;
}

/* Nobody cuts or faults in what is new: it is not part of the region yet. */
static bool cow__region_grow(cow_paged *r, size_t bytes) {
    size_t old = r->bytes;
    cow__quiet quiet;
    if (!cow__region_mine(r)) return false;
    cow__turn_begin(r, &quiet);
    bool ok = cow__os_resize(r->file, bytes, r->options.prefault) &&
              cow__os_map_file(r->data + old, bytes - old, r->file, old);
    if (ok) {
        cow__chunks_lock(r);
        size_t locked = cow__chunks_of(r, cow__pages(r));
        r->bytes = bytes;
        cow__region_open_new(r, old >> r->shift);
        for (size_t c = 0; c < locked; c++) cow__mutex_unlock(&r->chunks[c].lock);
    }
    cow__turn_end(r, &quiet);
    return ok || cow__fail(COW_NOMEM);
}

#endif

/* Whether the options make sense; writes out what they leave open. */
static bool cow__paged_settle(cow_paged *r, size_t bytes) {
    cow_paged_options *o = &r->options;
    if (o->granule & (o->granule - 1) || o->granule > COW__CHUNK_BYTES) return cow__fail(COW_RANGE);
    if ((unsigned)o->detector > COW_PAGED_COPY || (unsigned)o->when_full > COW_PAGED_WAIT) return cow__fail(COW_RANGE);
    if (o->granule < cow__os_page()) o->granule = cow__os_page();
    size_t most = o->reserve > bytes ? o->reserve : bytes;
    if (!bytes || !cow__add_size(most, o->granule - 1, &most)) return cow__fail(COW_RANGE);
    r->bytes = (bytes + o->granule - 1) & ~(o->granule - 1);
    r->reserved = most & ~(o->granule - 1);
    r->shift = cow__log2(o->granule);
    r->chunk_shift = cow__log2(COW__CHUNK_BYTES / o->granule);
    if (r->chunk_shift < 6) r->chunk_shift = 6; /* a word of a set of pages */
    return r->reserved >> r->shift < UINT32_MAX || cow__fail(COW_RANGE);
}

static bool cow__paged_detect(cow_paged *r) {
    cow_paged_detector *d = &r->options.detector;
    bool starved = false, catches = *d != COW_PAGED_COPY && cow__os_catches(&starved);
    if (starved) return cow__fail(COW_NOMEM); /* it may be able to when there is memory */
    if (*d == COW_PAGED_MPROTECT && !catches) return cow__fail(COW_UNSUPPORTED);
    if (*d == COW_PAGED_AUTO) *d = catches ? COW_PAGED_MPROTECT : COW_PAGED_COPY;
    return true;
}

static void cow__paged_end(cow_paged *r) {
    if (cow__paged_copies(r))
        cow__copied_end(r);
    else
        cow__region_end(r);
    cow__release(NULL, r, sizeof *r);
}

/* Gives up one use of the region; the last one ends it. */
static void cow__paged_release(cow_paged *r) {
    if (COW__SUB(&r->users, 1u, COW__ACQ_REL) == 1) cow__paged_end(r);
}

COW__API cow_paged *cow_paged_new(size_t bytes, const cow_paged_options *options) {
    cow_paged *r = (cow_paged *)cow__allocate(NULL, sizeof *r);
    if (!r) return (void)cow__fail(COW_NOMEM), (cow_paged *)NULL;
    memset((void *)r, 0, sizeof *r);
    if (options) r->options = *options;
    COW__STORE(&r->users, 1u, COW__RELAXED);
    if (!cow__paged_settle(r, bytes) || !cow__paged_detect(r)) {
        cow__release(NULL, r, sizeof *r);
        return NULL;
    }
    if (cow__paged_copies(r) ? cow__copied_make(r) : cow__region_make(r)) return r;
    cow__paged_end(r);
    return (void)cow__fail(COW_NOMEM), (cow_paged *)NULL;
}

COW__API void *cow_paged_data(const cow_paged *r) { return r->data; }

COW__API size_t cow_paged_size(const cow_paged *r) { return r->bytes; }

COW__API cow_paged_detector cow_paged_detector_of(const cow_paged *r) { return r->options.detector; }

COW__API bool cow_paged_grow(cow_paged *r, size_t bytes) {
    size_t rounded;
    if (!cow__add_size(bytes, r->options.granule - 1, &rounded)) return cow__fail(COW_RANGE);
    rounded &= ~(r->options.granule - 1);
    if (rounded < r->bytes || rounded > r->reserved) return cow__fail(COW_RANGE);
    if (rounded == r->bytes) return true;
    if (!cow__paged_copies(r)) return cow__region_grow(r, rounded);
    r->bytes = rounded;
    return true;
}

COW__API void cow_paged_free(cow_paged *r) {
    if (r && (cow__paged_copies(r) || cow__region_leave(r))) cow__paged_release(r);
}

COW__END_C
#endif

/* paged_cut: ends an epoch: makes a snapshot of a region and protects what was open. Floor 5, built on paged_fault.

   Protecting costs what page tables are walked for. Those of long open runs are moved aside first, in O(1) each 2 MiB; then
   one call protects everything from the first open page to the last, and mappings of their own grow together again. A
   thread that writes meanwhile writes to pages that are not protected yet, or waits for the lock of a chunk: so whatever it
   wrote before it waits is in the snapshot, and nothing of what it writes after. */
#if defined(COW_PAGED) && defined(COW__IMPLEMENT) && !defined(COW__PAGED_CUT_BODY)
#define COW__PAGED_CUT_BODY


#if COW__PAGED_FAULTS

COW__BEGIN_C

/* Runs of so many bytes are worth a call of their own. */
#define COW__ASIDE_BYTES ((size_t)64 * 4096)

static void cow__move_aside(cow_paged *r, size_t begin, size_t end) {
    size_t offset = begin << r->shift, bytes = (end - begin) << r->shift;
    if (bytes >= COW__ASIDE_BYTES && cow__os_move_tables(r->data + offset, bytes, r->aside + offset)) r->untidy = true;
}

/* Protects all pages that are open. */
static bool cow__protect_all(cow_paged *r) {
    size_t begin = 0, end = 0, first = cow__pages(r), last = 0, pages = cow__pages(r);
    bool moves = (cow__os_can() & COW__OS_MOVES_TABLES) != 0;
    for (; cow__set_run(r->dirty, &begin, &end, pages); begin = end) {
        if (begin < first) first = begin;
        last = end;
        if (moves) cow__move_aside(r, begin, end);
    }
    if (first >= last) return true;
    if (!cow__os_protect(r->data + (first << r->shift), (last - first) << r->shift, false)) return false;
    cow__mappings_set(r, 0);
    return true;
}

/* Protects those that are open and not in `stay`, a run at a time. */
static bool cow__protect_some(cow_paged *r) {
    size_t begin = 0, end = 0, words = cow__set_words(r);
    for (size_t i = 0; i < words; i++) r->dirty[i] &= ~r->stay[i];
    bool ok = true;
    for (; ok && cow__set_run(r->dirty, &begin, &end, cow__pages(r)); begin = end)
        ok = cow__os_protect(r->data + (begin << r->shift), (end - begin) << r->shift, false);
    for (size_t i = 0; i < words; i++) r->dirty[i] |= r->stay[i];
    if (ok) cow__mappings_set(r, 2 * cow__set_runs(r->stay, cow__pages(r)));
    return ok;
}

/* ---- Pages that stay open ---- */

/* A system call that is writing to these pages, meanwhile. */
typedef struct cow__pin {
    size_t begin, end;
    int cancel;
    struct cow__pin *next;
} cow__pin;

/* What a single writer writes in every epoch costs less to keep at once than to protect and to open again. */
enum { COW__HOT_MOST = 256 };

static bool cow__find_hot(cow_paged *r) {
    size_t n = 0, begin = 0, end = 0;
    for (; n <= COW__HOT_MOST && cow__set_run(r->dirty, &begin, &end, cow__pages(r)); begin = end)
        for (size_t p = begin; n <= COW__HOT_MOST && p < end; p++)
            if (cow__page_hot(r, p)) {
                cow__set_add(r->stay, p, p + 1);
                n++;
            }
    if (n > COW__HOT_MOST) cow__set_clear(r, r->stay);
    return n && n <= COW__HOT_MOST;
}

/* Says in `stay` which open pages to leave so; whether there are any. */
static bool cow__find_stay(cow_paged *r) {
    bool any = r->options.single_writer && !r->options.most_held && cow__find_hot(r);
    for (const cow__pin *pin = r->pins; pin; pin = pin->next) {
        cow__set_add(r->stay, pin->begin, pin->end);
        any = true;
    }
    return any;
}

/* Whether there is room for those pages, or can be made. */
static bool cow__make_room_to_stay(cow_paged *r) {
    size_t bytes = 0, begin = 0, end = 0;
    if (!r->options.most_held) return true;
    for (; cow__set_run(r->stay, &begin, &end, cow__pages(r)); begin = end) bytes += (end - begin) << r->shift;
    while (!cow__has_room(r, bytes))
        if (bytes > r->options.most_held || !cow__lose_oldest(r)) return cow__fail(COW_CONFLICT);
    return true;
}

/* The new snapshot keeps those pages at once, because nothing will be caught there. */
static void cow__keep_stay(cow_paged *r, cow_snap *s) {
    size_t begin = 0, end = 0;
    for (; cow__set_run(r->stay, &begin, &end, cow__pages(r)); begin = end) {
        cow__keep(s, begin, end - begin);
        cow__mark_open(r, begin, end);
    }
    cow__set_clear(r, r->stay);
}

/* ---- What a snapshot needs before the cut ---- */

static char *cow__view_new(cow_paged *r) {
    char *view = r->spare;
    if (view && r->spare_bytes == r->bytes) {
        r->spare = NULL;
        /* Refused when it was locked by mlockall, which has written to all of it. */
        if (cow__os_advise(view, (size_t)1 << r->page_shift, MADV_DONTNEED)) return view;
        cow__os_unmap(view, r->bytes);
    }
    return cow__os_map_view(r->bytes, r->file);
}

static bool cow__pool_new(cow_snap *s) {
    s->pool = (char *)cow__os_zeros(s->bytes);
    s->place = (uint32_t *)cow__os_zeros((s->bytes >> s->region->shift) * sizeof *s->place);
    return s->pool && s->place;
}

/* Gives the memory of a snapshot back. A view is kept for the next one. */
static void cow__snap_end(cow_snap *s) {
    cow_paged *r = s->region;
    cow__set_free(r, s->dirty);
    cow__set_free(r, s->kept);
    cow__os_unmap(s->pool, s->bytes);
    if (s->place) cow__os_unmap(s->place, (s->bytes >> r->shift) * sizeof *s->place);
    bool keep = s->view && !r->spare && r->watched && s->bytes == r->bytes;
    if (keep && cow__os_advise(s->view, s->bytes, MADV_DONTNEED)) {
        r->spare = s->view;
        r->spare_bytes = s->bytes;
    } else
        cow__os_unmap(s->view, s->bytes);
}

/* ---- The cut ---- */

enum { COW__EPOCH_LAST = INT32_MAX };

/* After so many snapshots that the numbers are used up: as few as there are snapshots, in the same order. */
COW__COLD static void cow__epochs_renumber(cow_paged *r) {
    uint32_t n = 1;
    for (size_t p = 0; p < cow__pages(r); p++) {
        uint32_t older = 1;
        for (const cow_snap *s = r->newest; s; s = s->older) older += s->epoch < COW__LOAD(&r->opened[p], COW__RELAXED);
        COW__STORE(&r->opened[p], older, COW__RELAXED);
        COW__STORE(&r->caught[p], 0u, COW__RELAXED);
    }
    for (size_t c = 0; c < cow__chunks_of(r, cow__pages(r)); c++) r->chunks[c].again_epoch = 0;
    for (const cow_snap *s = r->newest; s; s = s->older) n++;
    COW__STORE(&r->epoch, n, COW__RELAXED);
    for (cow_snap *s = r->newest; s; s = s->older) s->epoch = --n;
}

/* The pages of the epoch that ends become the snapshot's; its own, empty ones are those of the next. */
static void cow__epoch_end(cow_paged *r, cow_snap *s) {
    uint64_t *empty = s->dirty;
    s->epoch = COW__LOAD(&r->epoch, COW__RELAXED);
    s->dirty = r->dirty;
    r->dirty = empty;
    s->older = r->newest;
    if (r->newest) r->newest->newer = s;
    r->newest = s;
    COW__STORE(&r->epoch, s->epoch + 1, COW__RELAXED);
}

/* What dropped snapshots left to the next one. */
static void cow__take_over(cow_paged *r, cow_snap *s) {
    if (!r->carried) return;
    cow__set_join(r, s->dirty, r->carried);
    cow__set_free(r, r->carried);
    r->carried = NULL;
}

/* Some pages may be protected now. All that are open are taken for protected: the snapshots have them, so writing to one
   that is not protected does no harm, and opening one again is all that a fault has to do. */
static void cow__cut_failed(cow_paged *r) {
    size_t begin = 0, end = 0;
    uint32_t epoch = COW__LOAD(&r->epoch, COW__RELAXED);
    for (; cow__set_run(r->dirty, &begin, &end, cow__pages(r)); begin = end)
        for (size_t p = begin; p < end; p++) COW__STORE(&r->opened[p], epoch - 1, COW__RELAXED);
    cow__set_clear(r, r->stay);
}

static bool cow__cut(cow_paged *r, cow_snap *s) {
    cow__chunks_lock(r);
    if (COW__LOAD(&r->epoch, COW__RELAXED) >= COW__EPOCH_LAST) cow__epochs_renumber(r);
    bool some = cow__find_stay(r), ok = !some || cow__make_room_to_stay(r);
    ok = ok && ((some ? cow__protect_some(r) : cow__protect_all(r)) || cow__fail(COW_NOMEM));
    if (ok)
        cow__epoch_end(r, s);
    else
        cow__cut_failed(r);
    if (ok && some) cow__keep_stay(r, s);
    cow__chunks_unlock(r);
    if (ok) cow__take_over(r, s);
    return ok;
}

static bool cow__region_snapshot(cow_paged *r, cow_snap *s, bool with_view) {
    cow__quiet quiet;
    uint64_t began = cow__now();
    if (!cow__region_mine(r)) return false;
    cow__turn_begin(r, &quiet);
    cow__region_tidy(r);
    s->bytes = r->bytes;
    s->dirty = cow__set_new(r);
    s->kept = cow__set_new(r);
    if (with_view) s->view = cow__view_new(r);
    bool ok = (s->dirty && s->kept && (with_view ? s->view != NULL : cow__pool_new(s))) || cow__fail(COW_NOMEM);
    ok = ok && cow__cut(r, s);
    if (!ok) cow__snap_end(s);
    r->last_pause = cow__now() - began;
    if (r->last_pause > r->worst_pause) r->worst_pause = r->last_pause;
    cow__turn_end(r, &quiet);
    return ok;
}

/* ---- Dropping ---- */

/* What was written between the snapshot before this one and it counts for the next one from now on, which may not be there
   yet. */
static void cow__snap_hand_on(cow_snap *s) {
    cow_paged *r = s->region;
    if (!s->older) return;
    if (s->newer)
        cow__set_join(r, s->newer->dirty, s->dirty);
    else if (r->carried)
        cow__set_join(r, r->carried, s->dirty);
    else {
        r->carried = s->dirty;
        s->dirty = NULL;
    }
}

static void cow__snap_unlink(cow_snap *s) {
    cow_paged *r = s->region;
    cow__chunks_lock(r);
    if (s->newer)
        s->newer->older = s->older;
    else
        r->newest = s->older;
    if (s->older) s->older->newer = s->newer;
    cow__chunks_unlock(r);
    if (r->newest) return;
    cow__set_free(r, r->carried);
    r->carried = NULL;
}

static void cow__region_drop(cow_snap *s) {
    cow_paged *r = s->region;
    cow__quiet quiet;
    cow__turn_begin(r, &quiet);
    cow__snap_hand_on(s);
    cow__snap_unlink(s);
    cow__count_released(s);
    cow__snap_end(s);
    cow__region_tidy(r);
    cow__turn_end(r, &quiet);
    (void)COW__ADD(&r->released, 1u, COW__RELEASE);
    cow__unpark(&r->released, INT32_MAX);
}

COW__END_C
#endif
#endif

/* paged_snapshot: frozen images of a region. Floor 5, built on paged_cut and paged.

   A snapshot sees the region as it was at one moment: what a thread wrote before something else that is seen, is seen, too.
   It is read by any thread while others write to the region. It holds the pages that were written since, and no others. */
#ifdef COW_PAGED
#ifndef COW__PAGED_SNAPSHOT_H
#define COW__PAGED_SNAPSHOT_H


COW__BEGIN_C
/* Freezes the region as it is. O(pages written since the last snapshot) at most, far less for long runs; writers wait
   meanwhile. NULL with COW_NOMEM; COW_UNSUPPORTED in a forked child; COW_CONFLICT when a system call is writing into more pages
   than `most_held` has room for, because those are copied at once. */
COW__API cow_snap *cow_paged_snapshot(cow_paged *r);
/* The same without cow_snap_data, for saving and sending: read by cow_snap_read and cow_snap_write only. It takes no
   address space of its own, and less of the writers' time. */
COW__API cow_snap *cow_paged_snapshot_bare(cow_paged *r);
/* Another owner of the same snapshot. One count. */
COW__API cow_snap *cow_snap_copy(cow_snap *s);
/* Gives it up; NULL is allowed. In any order, also after the region. O(pages that it holds). */
COW__API void cow_snap_drop(cow_snap *s);
/* The image, in the order of the region; NULL for a bare one, and in a forked child. Nobody may write there. */
COW__API const void *cow_snap_data(const cow_snap *s);
COW__API size_t cow_snap_size(const cow_snap *s);
/* Whether it is still what it was: false when it was given up because of `most_held`, or because there was no memory for what
   it had to keep. Asked after reading, it says that what was read is right. */
COW__API bool cow_snap_ok(const cow_snap *s);
/* Copies `n` bytes from `offset` on to `to`. COW_RANGE, and COW_CONFLICT for one that was given up. */
COW__API bool cow_snap_read(const cow_snap *s, size_t offset, void *to, size_t n);
#if COW__PAGED_FILES
/* Writes `n` bytes from `offset` on to `file`, a descriptor that blocks, where that stands. As cow_snap_read; or COW_IO,
   and errno says why: then some may be written already. A bare snapshot also needs a buffer: COW_NOMEM. */
COW__API bool cow_snap_write(const cow_snap *s, size_t offset, size_t n, int file);
#endif
/* Bytes of memory that it holds. */
COW__API size_t cow_snap_held(const cow_snap *s);
/* Calls `fn` with each run of pages, in bytes, that were written between two snapshots of one region in any order, or
   between one and now when `b` is NULL, until it returns false; returns whether it never did. Among them are pages that were
   written with what they held, and some that were opened with their neighbours. COW_NOMEM. */
COW__API bool cow_paged_each_dirty(const cow_snap *a, const cow_snap *b, bool (*fn)(size_t offset, size_t n, void *ctx),
                                   void *ctx);
COW__END_C

#endif
#endif

#if defined(COW_PAGED) && defined(COW__IMPLEMENT) && !defined(COW__PAGED_SNAPSHOT_BODY)
#define COW__PAGED_SNAPSHOT_BODY


#if COW__PAGED_FILES
#include <errno.h>
#include <unistd.h>
#endif

COW__BEGIN_C

/* Whether this process has the snapshot: a forked child does not. */
static bool cow__snap_mine(const cow_snap *s) { return cow__paged_copies(s->region) || cow__region_mine(s->region); }

/* ---- Making and dropping ---- */

static cow_snap *cow__snapshot(cow_paged *r, bool with_view) {
    cow_snap *s = (cow_snap *)cow__allocate(NULL, sizeof *s);
    if (!s) return (void)cow__fail(COW_NOMEM), (cow_snap *)NULL;
    memset((void *)s, 0, sizeof *s);
    s->region = r;
    s->bare = !with_view;
    COW__STORE(&s->copies, 1u, COW__RELAXED);
    if (cow__paged_copies(r) ? cow__copied_snapshot(r, s) : cow__region_snapshot(r, s, with_view)) {
        (void)COW__ADD(&r->users, 1u, COW__RELAXED);
        return s;
    }
    cow__release(NULL, s, sizeof *s);
    return NULL;
}

COW__API cow_snap *cow_paged_snapshot(cow_paged *r) { return cow__snapshot(r, true); }

COW__API cow_snap *cow_paged_snapshot_bare(cow_paged *r) { return cow__snapshot(r, false); }

COW__API cow_snap *cow_snap_copy(cow_snap *s) {
    (void)COW__ADD(&s->copies, 1u, COW__RELAXED);
    return s;
}

COW__API void cow_snap_drop(cow_snap *s) {
    if (!s || COW__SUB(&s->copies, 1u, COW__ACQ_REL) != 1) return;
    cow_paged *r = s->region;
    if (!cow__snap_mine(s)) return;
    if (cow__paged_copies(r))
        cow__copied_drop(s);
    else
        cow__region_drop(s);
    cow__release(NULL, s, sizeof *s);
    cow__paged_release(r);
}

/* ---- Reading ---- */

COW__API const void *cow_snap_data(const cow_snap *s) { return cow__snap_mine(s) && !s->bare ? s->view : NULL; }

COW__API size_t cow_snap_size(const cow_snap *s) { return s->bytes; }

COW__API bool cow_snap_ok(const cow_snap *s) { return !cow__snap_lost(s); }

COW__API size_t cow_snap_held(const cow_snap *s) { return COW__LOAD(&s->held, COW__RELAXED); }

#if COW__PAGED_FAULTS

/* How many of `n` bytes from `offset` on are to be had in one go: up to the end of a page that the pool has, or of a run
   that it does not have. */
static size_t cow__snap_run(const cow_snap *s, size_t offset, size_t n) {
    unsigned shift = s->region->shift;
    size_t page = offset >> shift, stop = page + 1, last = (offset + n - 1) >> shift;
    while (!s->place[page] && stop <= last && !s->place[stop]) stop++;
    return stop <= last ? (stop << shift) - offset : n;
}

/* Reads within one chunk of a snapshot without a view; the caller holds the lock. Whole pages of the region are read from
   its file, because touching one that was never written takes memory for it. */
static void cow__snap_read_chunk(const cow_snap *s, size_t offset, char *to, size_t n) {
    const cow_paged *r = s->region;
    size_t page = (size_t)1 << r->shift;
    while (n) {
        size_t part = cow__snap_run(s, offset, n);
        bool pooled = s->place[offset >> r->shift] != 0;
        if (pooled || part < page || pread(r->file, to, part, (off_t)offset) != (ssize_t)part)
            cow__copy_bytes(to, cow__snap_page(s, offset >> r->shift) + (offset & (page - 1)), part);
        offset += part, to += part, n -= part;
    }
}

/* Locks are held for so many bytes at most: writers wait for them. */
#define COW__READ_AT_ONCE ((size_t)64 << 10)

static void cow__snap_read_bare(const cow_snap *s, size_t offset, char *to, size_t n) {
    const cow_paged *r = s->region;
    cow__quiet quiet;
    cow__quiet_begin(&quiet);
    while (n) {
        size_t part = COW__READ_AT_ONCE - (offset & (COW__READ_AT_ONCE - 1));
        if (part > n) part = n;
        cow__chunk *c = cow__chunk_of(r, offset >> r->shift);
        cow__mutex_lock(&c->lock);
        cow__snap_read_chunk(s, offset, to, part);
        cow__mutex_unlock(&c->lock);
        offset += part, to += part, n -= part;
    }
    cow__quiet_end(&quiet);
}

#endif

/* What is read may go into a region, where writing is a fault that takes the lock of a chunk: so none is held then. */
static void cow__snap_read_anywhere(const cow_snap *s, size_t offset, char *to, size_t n) {
    char between[4096];
    while (n) {
        size_t part = n < sizeof between ? n : sizeof between;
        cow__snap_read_bare(s, offset, between, part);
        memcpy(to, between, part);
        offset += part, to += part, n -= part;
    }
}

static bool cow__snap_has(const cow_snap *s, size_t offset, size_t n) {
    if (offset > s->bytes || n > s->bytes - offset) return cow__fail(COW_RANGE);
    return cow__snap_mine(s);
}

COW__API bool cow_snap_read(const cow_snap *s, size_t offset, void *to, size_t n) {
    if (!cow__snap_has(s, offset, n)) return false;
    if (s->view)
        memcpy(to, s->view + offset, n);
    else
        cow__snap_read_anywhere(s, offset, (char *)to, n);
    return cow_snap_ok(s) || cow__fail(COW_CONFLICT);
}

#if COW__PAGED_FILES

/* Some systems refuse to write more in one go; and what a buffer holds on the way from a bare snapshot. */
#define COW__WRITE_AT_ONCE ((size_t)1 << 30)
#define COW__SAVE_BYTES ((size_t)256 << 10)

static bool cow__write_all(int file, const char *from, size_t n) {
    while (n) {
        ssize_t done = write(file, from, n < COW__WRITE_AT_ONCE ? n : COW__WRITE_AT_ONCE);
        if (done < 0 && errno == EINTR) continue;
        if (done <= 0) return cow__fail(COW_IO);
        from += done, n -= (size_t)done;
    }
    return true;
}

static bool cow__write_bare(const cow_snap *s, size_t offset, size_t n, int file) {
    size_t room = n < COW__SAVE_BYTES ? n : COW__SAVE_BYTES;
    char *buffer = n ? (char *)cow__allocate(NULL, room) : NULL;
    bool ok = !n || buffer || cow__fail(COW_NOMEM);
    while (ok && n) {
        size_t part = n < room ? n : room;
        cow__snap_read_bare(s, offset, buffer, part);
        ok = cow__write_all(file, buffer, part);
        offset += part, n -= part;
    }
    if (buffer) cow__release(NULL, buffer, room);
    return ok;
}

COW__API bool cow_snap_write(const cow_snap *s, size_t offset, size_t n, int file) {
    if (!cow__snap_has(s, offset, n)) return false;
    if (!(s->view ? cow__write_all(file, s->view + offset, n) : cow__write_bare(s, offset, n, file))) return false;
    return cow_snap_ok(s) || cow__fail(COW_CONFLICT);
}

#endif

/* ---- What differs ---- */

#if COW__PAGED_FAULTS

/* What was written after `a`, and not after `b` (NULL: until now). The caller has the turn. */
static void cow__dirty_between(const cow_snap *a, const cow_snap *b, uint64_t *out) {
    cow_paged *r = a->region;
    for (const cow_snap *s = a->newer; s; s = s->newer) {
        cow__set_join(r, out, s->dirty);
        if (s == b) return;
    }
    if (r->carried) cow__set_join(r, out, r->carried);
    cow__chunks_lock(r);
    cow__set_join(r, out, r->dirty);
    cow__chunks_unlock(r);
}

static bool cow__region_each_dirty(const cow_snap *x, const cow_snap *y, cow__run_fn fn, void *ctx) {
    bool in_order = !y || x->epoch < y->epoch;
    const cow_snap *a = in_order ? x : y, *b = in_order ? y : x;
    cow_paged *r = a->region;
    cow__quiet quiet;
    size_t begin = 0, end = 0;
    bool more = true;
    if (!cow__region_mine(r)) return false;
    uint64_t *set = cow__set_new(r);
    if (!set) return false;
    cow__turn_begin(r, &quiet);
    cow__dirty_between(a, b, set);
    size_t pages = cow__pages(r);
    cow__turn_end(r, &quiet);
    for (; more && cow__set_run(set, &begin, &end, pages); begin = end)
        more = fn(begin << r->shift, (end - begin) << r->shift, ctx);
    cow__set_free(r, set);
    return more;
}

#endif

COW__API bool cow_paged_each_dirty(const cow_snap *a, const cow_snap *b, bool (*fn)(size_t offset, size_t n, void *ctx),
                                   void *ctx) {
    if (a == b) return true;
    return cow__paged_copies(a->region) ? cow__copied_each_dirty(a, b, fn, ctx) : cow__region_each_dirty(a, b, fn, ctx);
}

COW__END_C
#endif

/* paged_io: lets the kernel write into a region. Floor 5, built on paged_cut and paged.

   A system call does not fault where a program does: it fails with EFAULT, returns a short count, or loses a datagram. The
   functions here open the pages first, and no snapshot protects them before the call has returned: one that is taken
   meanwhile copies them. So a thread cannot be cancelled in them, and no handler of signals may leave them by longjmp. */
#ifdef COW_PAGED
#ifndef COW__PAGED_IO_H
#define COW__PAGED_IO_H


#include <stdio.h>
#if COW__PAGED_FILES
#include <sys/socket.h>
#include <sys/types.h>
#include <sys/uio.h>
#endif

COW__BEGIN_C
/* Opens [p, p + n), which saves the faults of writing there, until the next snapshot. Bytes outside the region are no
   failure. COW_NOMEM. COW_CONFLICT: snapshots hold all they may, and the options say that writers wait. */
COW__API bool cow_paged_will_write(cow_paged *r, void *p, size_t n);
#if COW__PAGED_FILES
/* As read, readv, recv, recvfrom and fread, into memory that may be the region's, in whole or in part. errno is theirs; or
   EFAULT and cow_error() when the pages cannot be opened. */
COW__API ssize_t cow_paged_read(cow_paged *r, int file, void *p, size_t n);
COW__API ssize_t cow_paged_readv(cow_paged *r, int file, const struct iovec *parts, int n);
COW__API ssize_t cow_paged_recv(cow_paged *r, int socket, void *p, size_t n, int flags);
COW__API ssize_t cow_paged_recvfrom(cow_paged *r, int socket, void *p, size_t n, int flags, struct sockaddr *from,
                                    socklen_t *from_n);
#endif
COW__API size_t cow_paged_fread(cow_paged *r, void *p, size_t size, size_t n, FILE *f);
COW__END_C

#endif
#endif

#if defined(COW_PAGED) && defined(COW__IMPLEMENT) && !defined(COW__PAGED_IO_BODY)
#define COW__PAGED_IO_BODY


#if COW__PAGED_FILES
#include <errno.h>
#include <unistd.h>
#endif

COW__BEGIN_C

#if COW__PAGED_FAULTS

/* The pages of the region that [p, p + n) touches; false when there are none. */
static bool cow__pages_at(const cow_paged *r, const void *p, size_t n, size_t *begin, size_t *end) {
    uintptr_t from = (uintptr_t)p, to = n > UINTPTR_MAX - from ? UINTPTR_MAX : from + n;
    uintptr_t data = (uintptr_t)r->data, data_end = data + r->bytes;
    if (from < data) from = data;
    if (to > data_end) to = data_end;
    if (from >= to) return false;
    *begin = (size_t)(from - data) >> r->shift;
    *end = ((size_t)(to - 1 - data) >> r->shift) + 1;
    return true;
}

/* Opens what is not open of [begin, end), within one chunk. */
static cow__opened cow__open_rest(cow_paged *r, size_t begin, size_t end) {
    cow__opened done = COW__OPENED;
    for (size_t p = begin; done == COW__OPENED && p < end;) {
        size_t from = p;
        while (p < end && !cow__page_open(r, p)) p++;
        if (p > from)
            done = cow__open(r, from, p);
        else
            p++;
    }
    return done;
}

static bool cow__open_pages(cow_paged *r, size_t begin, size_t end) {
    cow__opened done = COW__OPENED;
    while (done == COW__OPENED && begin < end) {
        size_t part = cow__chunk_end(r, begin) < end ? cow__chunk_end(r, begin) : end;
        cow__chunk *c = cow__chunk_of(r, begin);
        cow__mutex_lock(&c->lock);
        done = cow__open_rest(r, begin, part);
        cow__mutex_unlock(&c->lock);
        begin = part;
    }
    if (done == COW__NO_ROOM) return cow__fail(COW_CONFLICT);
    return done == COW__OPENED || cow__fail(COW_NOMEM);
}

static bool cow__region_will_write(cow_paged *r, void *p, size_t n) {
    size_t begin, end;
    cow__quiet quiet;
    if (!cow__region_mine(r)) return false;
    if (!cow__pages_at(r, p, n, &begin, &end)) return true;
    cow__quiet_begin(&quiet);
    bool ok = cow__open_pages(r, begin, end);
    cow__quiet_end(&quiet);
    return ok;
}

/* Opens the pages, and keeps them open. */
static bool cow__pin_begin(cow_paged *r, cow__pin *pin, void *p, size_t n) {
    cow__quiet quiet;
    int before = errno;
    pin->begin = pin->end = 0;
    if (cow__paged_copies(r) || !cow__pages_at(r, p, n, &pin->begin, &pin->end)) return true;
    errno = EFAULT;
    if (!cow__region_mine(r)) return false;
    cow__turn_begin(r, &quiet);
    bool ok = cow__open_pages(r, pin->begin, pin->end);
    if (ok) {
        pin->next = r->pins;
        r->pins = pin;
    } else
        pin->begin = pin->end = 0;
    cow__turn_end(r, &quiet);
    if (ok) cow__cancel_off(&pin->cancel);
    errno = ok ? before : EFAULT;
    return ok;
}

static void cow__pin_end(cow_paged *r, cow__pin *pin) {
    cow__quiet quiet;
    int before = errno;
    if (pin->begin == pin->end) return;
    cow__turn_begin(r, &quiet);
    cow__pin **at = &r->pins;
    while (*at != pin) at = &(*at)->next;
    *at = pin->next;
    cow__turn_end(r, &quiet);
    cow__cancel_restore(pin->cancel);
    errno = before;
}

#endif

COW__API bool cow_paged_will_write(cow_paged *r, void *p, size_t n) {
    return cow__paged_copies(r) || cow__region_will_write(r, p, n);
}

#if COW__PAGED_FILES

COW__API ssize_t cow_paged_read(cow_paged *r, int file, void *p, size_t n) {
    cow__pin pin;
    if (!cow__pin_begin(r, &pin, p, n)) return -1;
    ssize_t got = read(file, p, n);
    cow__pin_end(r, &pin);
    return got;
}

/* Pins what lies between the first and the last byte that is in the region. */
COW__API ssize_t cow_paged_readv(cow_paged *r, int file, const struct iovec *parts, int n) {
    cow__pin *pins = n > 0 ? (cow__pin *)cow__allocate(NULL, (size_t)n * sizeof *pins) : NULL;
    ssize_t got = -1;
    int pinned = 0;
    if (n > 0 && !pins) {
        errno = ENOMEM;
        return (void)cow__fail(COW_NOMEM), got;
    }
    while (pinned < n && cow__pin_begin(r, &pins[pinned], parts[pinned].iov_base, parts[pinned].iov_len)) pinned++;
    if (pinned >= n) got = readv(file, parts, n);
    while (pinned > 0) cow__pin_end(r, &pins[--pinned]);
    if (pins) cow__release(NULL, pins, (size_t)n * sizeof *pins);
    return got;
}

COW__API ssize_t cow_paged_recv(cow_paged *r, int socket, void *p, size_t n, int flags) {
    return cow_paged_recvfrom(r, socket, p, n, flags, NULL, NULL);
}

COW__API ssize_t cow_paged_recvfrom(cow_paged *r, int socket, void *p, size_t n, int flags, struct sockaddr *from,
                                    socklen_t *from_n) {
    cow__pin pin, pin_from, pin_n;
    ssize_t got = -1;
    if (!cow__pin_begin(r, &pin, p, n)) return got;
    if (cow__pin_begin(r, &pin_from, from, from && from_n ? *from_n : 0)) {
        if (cow__pin_begin(r, &pin_n, from_n, from_n ? sizeof *from_n : 0)) {
            got = recvfrom(socket, p, n, flags, from, from_n);
            cow__pin_end(r, &pin_n);
        }
        cow__pin_end(r, &pin_from);
    }
    cow__pin_end(r, &pin);
    return got;
}

#endif

COW__API size_t cow_paged_fread(cow_paged *r, void *p, size_t size, size_t n, FILE *f) {
    cow__pin pin;
    size_t bytes;
    if (!cow__mul_size(size, n, &bytes)) return (void)cow__fail(COW_RANGE), (size_t)0;
    if (!cow__pin_begin(r, &pin, p, bytes)) return 0;
    size_t got = fread(p, size, n, f);
    cow__pin_end(r, &pin);
    return got;
}

COW__END_C
#endif

/* paged_restore: makes a region again what a snapshot of it is. Floor 5, built on paged_io and paged_snapshot.

   Pages that were written since are copied back, and stay open: whoever restores again and again, as a fuzzer does, pays a
   copy for what each round writes, and no fault. A page that several rounds left as it was is protected again. */
#ifdef COW_PAGED
#ifndef COW__PAGED_RESTORE_H
#define COW__PAGED_RESTORE_H


COW__BEGIN_C
/* Makes the region's bytes those of its snapshot `s`; bytes behind, by which it has grown, stay. O(pages written since).
   Nobody else may write to the region meanwhile; snapshots stay what they are. False with COW_CONFLICT for a snapshot that
   was given up, else as cow_paged_will_write: then some pages may be restored already. */
COW__API bool cow_paged_restore(cow_paged *r, const cow_snap *s);
COW__END_C

#endif
#endif

#if defined(COW_PAGED) && defined(COW__IMPLEMENT) && !defined(COW__PAGED_RESTORE_BODY)
#define COW__PAGED_RESTORE_BODY


COW__BEGIN_C

#if COW__PAGED_FAULTS

/* Keeping a page open costs a comparison a round; protecting it, and a fault when it is written after all, as much as these. */
enum { COW__CALM_ENOUGH = 64 };

/* Protects a page that is again what the newest snapshot sees. */
static void cow__calm_down(cow_paged *r, const cow_snap *s, size_t page) {
    if (!cow__os_protect(r->data + (page << r->shift), (size_t)1 << r->shift, false)) return;
    size_t borders = cow__borders(r, page, page + 1);
    COW__STORE(&r->opened[page], s->epoch, COW__RELAXED);
    r->dirty[page / 64] &= ~((uint64_t)1 << page % 64);
    r->calm[page] = 0;
    cow__chunk_of(r, page)->again_epoch = 0; /* it may be caught once more in this epoch */
    cow__mappings_add(r, cow__borders(r, page, page + 1) - borders);
}

static void cow__restore_page(cow_paged *r, const cow_snap *s, size_t page) {
    const char *from = cow__snap_page(s, page);
    char *to = r->data + (page << r->shift);
    size_t bytes = (size_t)1 << r->shift;
    if (memcmp(to, from, bytes) != 0) {
        memcpy(to, from, bytes);
        if (r->calm) r->calm[page] = 0;
    } else if (r->calm && s == r->newest && !r->pins && ++r->calm[page] >= COW__CALM_ENOUGH)
        cow__calm_down(r, s, page);
}

static bool cow__restore_run(cow_paged *r, const cow_snap *s, size_t begin, size_t end) {
    while (begin < end) {
        size_t part = cow__chunk_end(r, begin) < end ? cow__chunk_end(r, begin) : end;
        if (!cow__open_pages(r, begin, part)) return false;
        cow__chunk *c = cow__chunk_of(r, begin);
        cow__mutex_lock(&c->lock);
        bool lost = cow__snap_lost(s); /* to make room for opening them */
        for (; !lost && begin < part; begin++) cow__restore_page(r, s, begin);
        cow__mutex_unlock(&c->lock);
        if (lost) return cow__fail(COW_CONFLICT);
    }
    return true;
}

static bool cow__region_restore(cow_paged *r, const cow_snap *s) {
    cow__quiet quiet;
    size_t begin = 0, end = 0, pages = s->bytes >> r->shift;
    if (!cow__region_mine(r)) return false;
    uint64_t *set = cow__set_new(r);
    if (!set) return false;
    cow__turn_begin(r, &quiet);
    if (!r->calm) r->calm = (uint8_t *)cow__os_zeros(cow__pages_of(r, r->reserved));
    cow__dirty_between(s, NULL, set);
    bool ok = true;
    for (; ok && cow__set_run(set, &begin, &end, pages); begin = end) ok = cow__restore_run(r, s, begin, end);
    cow__turn_end(r, &quiet);
    cow__set_free(r, set);
    return ok && (cow_snap_ok(s) || cow__fail(COW_CONFLICT));
}

#endif

COW__API bool cow_paged_restore(cow_paged *r, const cow_snap *s) {
    if (s->region != r) return cow__fail(COW_INVALID);
    if (!cow_snap_ok(s)) return cow__fail(COW_CONFLICT);
    if (!cow__paged_copies(r)) return cow__region_restore(r, s);
    memcpy(r->data, s->view, s->bytes);
    return true;
}

COW__END_C
#endif

/* paged_heap: allocates inside a region, and pointers that mean the same in every view of it. Floor 5, built on paged.

   All that the heap knows stands in the region: so a snapshot has it too, and restoring one restores it. Blocks are found
   by their size in 64 lists, as in the allocator of Doug Lea; neighbours that are free grow together. */
#ifdef COW_PAGED
#ifndef COW__PAGED_HEAP_H
#define COW__PAGED_HEAP_H


/* A pointer to T that holds how far it is from itself, so that it can be followed in the region and in every snapshot. It
   must not be copied by assignment: read it with cow_off_get and write it with cow_off_set. All-zero is NULL. Use:
       struct item { cow_off(struct item) next; int value; }; */
#define cow_off(T)   \
    union {          \
        int64_t off; \
        T *type;     \
    }
/* Where the cow_off(T) *o points to, as a T *. */
#define cow_off_get(T, o) ((T *)cow__off_get(&(o)->off))
/* Makes the cow_off(T) *o point to `p`, which lies in the same region, or is NULL. */
#define cow_off_set(o, p) cow__off_set(&(o)->off, (p))

/* Distances from 0 on are stored one larger: 0 is NULL, and an object may point to itself. */
static inline void *cow__off_get(const int64_t *off) {
    int64_t distance = *off > 0 ? *off - 1 : *off;
    return *off ? (void *)((uintptr_t)off + (uintptr_t)(intptr_t)distance) : NULL;
}

static inline void cow__off_set(int64_t *off, const void *p) {
    int64_t distance = (int64_t)(intptr_t)((uintptr_t)p - (uintptr_t)off);
    *off = !p ? 0 : distance >= 0 ? distance + 1 : distance;
}

COW__BEGIN_C
/* Makes the region a heap, of which nothing is allocated; what stood there is lost. COW_RANGE when it is smaller than 4
   KiB. */
COW__API bool cow_heap_begin(cow_paged *r);
/* A block of `n` bytes, aligned to 16; the region grows when it must and may. NULL with COW_NOMEM, and with COW_INVALID when
   the region is no heap. Any threads may allocate and free at the same time, but no handler of signals may, nor a forked
   child. Where writers wait for room, others wait with them. O(1) but for the last free blocks of a size, and what faults
   cost. */
COW__API void *cow_heap_alloc(cow_paged *r, size_t n);
/* Makes a block larger or smaller, as realloc does. NULL with COW_NOMEM: the block is as it was. */
COW__API void *cow_heap_resize(cow_paged *r, void *p, size_t n);
/* NULL is allowed. */
COW__API void cow_heap_free(cow_paged *r, void *p);
/* One pointer that is found again: in the region by its cow_paged_data, in a snapshot by its cow_snap_data. NULL also in an
   image from before cow_heap_begin. */
COW__API void cow_heap_set_root(cow_paged *r, const void *p);
COW__API void *cow_heap_root(const void *data);
/* Bytes that are allocated, with what the heap itself takes; 0 when the image is no heap. */
COW__API size_t cow_heap_used(const void *data);
COW__END_C

#endif
#endif

#if defined(COW_PAGED) && defined(COW__IMPLEMENT) && !defined(COW__PAGED_HEAP_BODY)
#define COW__PAGED_HEAP_BODY


COW__BEGIN_C

enum { COW__HEAP_LISTS = 64, COW__HEAP_STEP = 16, COW__HEAP_LEAST = 32 };

/* Offsets from the begin of the region; 0 is none. */
typedef struct cow__heap {
    uint64_t magic, root, end, used;
    uint64_t filled; /* a bit for each list that is not empty */
    uint64_t list[COW__HEAP_LISTS];
} cow__heap;

/* Lies in front of each block. */
typedef struct cow__piece {
    uint64_t size;       /* with this; a multiple of 16; the lowest bits are flags */
    uint64_t before;     /* where the block before this begins, if that is free */
    uint64_t next, last; /* of a free one: the others of its list */
} cow__piece;

#define COW__HEAP_MAGIC UINT64_C(0x636f775f68656170)
enum { COW__PIECE_TAKEN = 1, COW__PIECE_AFTER_TAKEN = 2, COW__PIECE_FLAGS = 15, COW__PIECE_HEAD = 16 };

static cow__heap *cow__heap_of(const cow_paged *r) { return (cow__heap *)(void *)r->data; }
static bool cow__heap_begun(const cow__heap *h) { return h->magic == COW__HEAP_MAGIC; }
static cow__piece *cow__piece_at(cow__heap *h, uint64_t at) { return (cow__piece *)(void *)((char *)h + at); }
static uint64_t cow__piece_offset(const cow__heap *h, const cow__piece *b) {
    return (uint64_t)((uintptr_t)b - (uintptr_t)h);
}
static uint64_t cow__piece_size(const cow__piece *b) { return b->size & ~(uint64_t)COW__PIECE_FLAGS; }
static cow__piece *cow__piece_next(cow__piece *b) { return (cow__piece *)(void *)((char *)b + cow__piece_size(b)); }

/* Four lists for each power of two. */
static unsigned cow__heap_list(uint64_t size) {
    unsigned log = 0;
    while (size >> log > 1) log++;
    unsigned i = (log - 5) * 4 + (unsigned)(size >> (log - 2) & 3);
    return i < COW__HEAP_LISTS ? i : COW__HEAP_LISTS - 1;
}

static void cow__piece_list(cow__heap *h, cow__piece *b) {
    unsigned i = cow__heap_list(cow__piece_size(b));
    uint64_t at = cow__piece_offset(h, b);
    b->next = h->list[i];
    b->last = 0;
    if (b->next) cow__piece_at(h, b->next)->last = at;
    h->list[i] = at;
    h->filled |= (uint64_t)1 << i;
    cow__piece_next(b)->before = at;
    cow__piece_next(b)->size &= ~(uint64_t)COW__PIECE_AFTER_TAKEN;
}

static void cow__piece_unlist(cow__heap *h, cow__piece *b) {
    unsigned i = cow__heap_list(cow__piece_size(b));
    if (b->next) cow__piece_at(h, b->next)->last = b->last;
    if (b->last)
        cow__piece_at(h, b->last)->next = b->next;
    else
        h->list[i] = b->next;
    if (!h->list[i]) h->filled &= ~((uint64_t)1 << i);
    cow__piece_next(b)->size |= COW__PIECE_AFTER_TAKEN;
}

/* Makes a block free, and one with its free neighbours. It is not in a list. */
static void cow__piece_join(cow__heap *h, cow__piece *b) {
    cow__piece *next = cow__piece_next(b);
    b->size &= ~(uint64_t)COW__PIECE_TAKEN;
    if (!(next->size & COW__PIECE_TAKEN)) {
        cow__piece_unlist(h, next);
        b->size += cow__piece_size(next);
    }
    if (!(b->size & COW__PIECE_AFTER_TAKEN)) {
        cow__piece *before = cow__piece_at(h, b->before);
        cow__piece_unlist(h, before);
        before->size += cow__piece_size(b);
        b = before;
    }
    cow__piece_list(h, b);
}

/* The first of at most `tries` blocks of a list that is large enough. */
static cow__piece *cow__heap_search(cow__heap *h, unsigned list, uint64_t size, size_t tries) {
    for (uint64_t at = h->list[list]; at && tries--; at = cow__piece_at(h, at)->next)
        if (cow__piece_size(cow__piece_at(h, at)) >= size) return cow__piece_at(h, at);
    return NULL;
}

/* A free block of `size` bytes: of the list that may have some, or of one whose blocks are all large enough. When there is no
   such, all of the first. */
static cow__piece *cow__heap_find(cow__heap *h, uint64_t size) {
    enum { TRIES = 16 };
    unsigned i = cow__heap_list(size), list = i;
    uint64_t larger = i + 1 < COW__HEAP_LISTS ? h->filled >> (i + 1) << (i + 1) : 0;
    cow__piece *b = cow__heap_search(h, i, size, TRIES);
    if (b || !larger) return b ? b : cow__heap_search(h, i, size, SIZE_MAX);
    while (!(larger >> list & 1)) list++;
    return cow__piece_at(h, h->list[list]);
}

/* Gives back what a taken block has beyond `size`. */
static void cow__piece_trim(cow__heap *h, cow__piece *b, uint64_t size) {
    uint64_t rest = cow__piece_size(b) - size;
    if (rest < COW__HEAP_LEAST) return;
    b->size -= rest;
    cow__piece *tail = cow__piece_next(b);
    tail->size = rest | COW__PIECE_TAKEN | COW__PIECE_AFTER_TAKEN;
    h->used -= rest;
    cow__piece_join(h, tail);
}

static void cow__piece_take(cow__heap *h, cow__piece *b, uint64_t size) {
    cow__piece_unlist(h, b);
    b->size |= COW__PIECE_TAKEN;
    h->used += cow__piece_size(b);
    cow__piece_trim(h, b, size);
}

/* The last block of the heap is a head alone, and always taken. */
static void cow__heap_append(cow__heap *h, uint64_t end) {
    cow__piece *b = cow__piece_at(h, h->end - COW__PIECE_HEAD);
    b->size = (end - h->end) | COW__PIECE_TAKEN | (b->size & COW__PIECE_AFTER_TAKEN);
    h->end = end;
    cow__piece_next(b)->size = COW__PIECE_HEAD | COW__PIECE_TAKEN | COW__PIECE_AFTER_TAKEN;
    cow__piece_join(h, b);
}

/* How much of `size` the last block has, if that is free. */
static uint64_t cow__heap_tail(cow__heap *h, uint64_t size) {
    const cow__piece *end = cow__piece_at(h, h->end - COW__PIECE_HEAD);
    uint64_t tail = end->size & COW__PIECE_AFTER_TAKEN ? 0 : cow__piece_size(cow__piece_at(h, end->before));
    return tail < size ? tail : size;
}

/* A heap that was restored may be smaller than the region is by now. */
static bool cow__heap_grow(cow_paged *r, uint64_t size) {
    if (r->bytes - (size_t)cow__heap_of(r)->end >= COW__HEAP_LEAST) {
        bool enough = r->bytes - (size_t)cow__heap_of(r)->end >= size;
        cow__heap_append(cow__heap_of(r), r->bytes);
        if (enough) return true;
    }
    size_t bytes = r->bytes, need = (size_t)(size - cow__heap_tail(cow__heap_of(r), size));
    size_t more = bytes / 2 > need ? bytes / 2 : need;
    if (more > r->reserved - bytes) more = r->reserved - bytes;
    if (more < need || !cow_paged_grow(r, bytes + more)) return cow__fail(COW_NOMEM);
    cow__heap_append(cow__heap_of(r), r->bytes);
    return true;
}

COW__API bool cow_heap_begin(cow_paged *r) {
    cow__heap *h = cow__heap_of(r);
    if (r->bytes < 4096) return cow__fail(COW_RANGE);
    memset(h, 0, sizeof *h);
    h->magic = COW__HEAP_MAGIC;
    h->used = (sizeof *h + COW__HEAP_STEP - 1) / COW__HEAP_STEP * COW__HEAP_STEP + COW__PIECE_HEAD;
    h->end = h->used;
    cow__piece_at(h, h->end - COW__PIECE_HEAD)->size = COW__PIECE_HEAD | COW__PIECE_TAKEN | COW__PIECE_AFTER_TAKEN;
    cow__heap_append(h, r->bytes);
    return true;
}

/* Bytes of the block for `n`; false when that overflows. */
static bool cow__heap_size(size_t n, uint64_t *size) {
    size_t all;
    if (!cow__add_size(n, (size_t)COW__PIECE_HEAD + (size_t)COW__HEAP_STEP - 1, &all)) return cow__fail(COW_NOMEM);
    all &= ~(size_t)(COW__HEAP_STEP - 1);
    *size = all < COW__HEAP_LEAST ? (uint64_t)COW__HEAP_LEAST : all;
    return true;
}

static void *cow__heap_take(cow_paged *r, uint64_t size) {
    cow__piece *b = cow__heap_find(cow__heap_of(r), size);
    if (!b && cow__heap_grow(r, size)) b = cow__heap_find(cow__heap_of(r), size);
    if (!b) return NULL;
    cow__piece_take(cow__heap_of(r), b, size);
    return (char *)b + COW__PIECE_HEAD;
}

COW__API void *cow_heap_alloc(cow_paged *r, size_t n) {
    uint64_t size;
    if (!cow__heap_begun(cow__heap_of(r))) return (void)cow__fail(COW_INVALID), (void *)NULL;
    if (!cow__heap_size(n, &size)) return NULL;
    cow__mutex_lock(&r->heap_turn);
    void *p = cow__heap_take(r, size);
    cow__mutex_unlock(&r->heap_turn);
    return p;
}

static cow__piece *cow__piece_of(void *p) { return (cow__piece *)(void *)((char *)p - COW__PIECE_HEAD); }

static void cow__heap_give(cow_paged *r, cow__piece *b) {
    cow__heap_of(r)->used -= cow__piece_size(b);
    cow__piece_join(cow__heap_of(r), b);
}

COW__API void cow_heap_free(cow_paged *r, void *p) {
    if (!p) return;
    cow__mutex_lock(&r->heap_turn);
    cow__heap_give(r, cow__piece_of(p));
    cow__mutex_unlock(&r->heap_turn);
}

static void *cow__heap_move(cow_paged *r, cow__piece *b, uint64_t size) {
    void *to = cow__heap_take(r, size);
    if (!to) return NULL;
    memcpy(to, (char *)b + COW__PIECE_HEAD, (size_t)cow__piece_size(b) - COW__PIECE_HEAD);
    cow__heap_give(r, b);
    return to;
}

COW__API void *cow_heap_resize(cow_paged *r, void *p, size_t n) {
    uint64_t size;
    if (!p) return cow_heap_alloc(r, n);
    if (!cow__heap_size(n, &size)) return NULL;
    cow__piece *b = cow__piece_of(p);
    cow__mutex_lock(&r->heap_turn);
    if (cow__piece_size(b) < size)
        p = cow__heap_move(r, b, size);
    else
        cow__piece_trim(cow__heap_of(r), b, size);
    cow__mutex_unlock(&r->heap_turn);
    return p;
}

COW__API void cow_heap_set_root(cow_paged *r, const void *p) {
    cow__heap *h = cow__heap_of(r);
    h->root = p ? (uint64_t)((uintptr_t)p - (uintptr_t)h) : 0;
}

COW__API void *cow_heap_root(const void *data) {
    const cow__heap *h = (const cow__heap *)data;
    return cow__heap_begun(h) && h->root ? (void *)((uintptr_t)data + (uintptr_t)h->root) : NULL;
}

COW__API size_t cow_heap_used(const void *data) {
    const cow__heap *h = (const cow__heap *)data;
    return cow__heap_begun(h) ? (size_t)h->used : 0;
}

COW__END_C
#endif

/* paged_stats: what regions cost. Floor 5, built on paged_cut. */
#ifdef COW_PAGED
#ifndef COW__PAGED_STATS_H
#define COW__PAGED_STATS_H


typedef struct cow_paged_stats {
    size_t bytes;           /* of the region */
    size_t snapshots;       /* that are live, with those that were given up */
    size_t given_up;        /* because of most_held */
    uint64_t last_pause_ns; /* of cow_paged_snapshot, on the clock of the wall */
    uint64_t worst_pause_ns;
    size_t faults;          /* writes that were caught */
    size_t pages_opened;    /* by them, and by cow_paged_will_write */
    size_t pages_preserved; /* once for each snapshot that kept them */
    size_t held, held_peak; /* bytes that snapshots hold */
    size_t mappings;        /* about so many more than at first does the kernel keep for the region */
    size_t pss;             /* bytes of memory of this process, shared pages in parts; 0 when the system does not say */
} cow_paged_stats;

COW__BEGIN_C
/* Writes what there is to know to *out. Reads /proc, which takes a while. */
COW__API void cow_paged_stats_of(cow_paged *r, cow_paged_stats *out);
COW__END_C

#endif
#endif

#if defined(COW_PAGED) && defined(COW__IMPLEMENT) && !defined(COW__PAGED_STATS_BODY)
#define COW__PAGED_STATS_BODY


COW__BEGIN_C

#if COW__PAGED_FAULTS

static size_t cow__pss(void) {
    char line[256];
    unsigned long kib = 0;
    FILE *f = fopen("/proc/self/smaps_rollup", "r");
    while (f && !kib && fgets(line, sizeof line, f))
        if (sscanf(line, "Pss: %lu", &kib) != 1) kib = 0;
    if (f) (void)fclose(f);
    return (size_t)kib * 1024;
}

/* What changes under the turn. */
static void cow__stats_of_cuts(cow_paged *r, cow_paged_stats *out) {
    cow__quiet quiet;
    cow__turn_begin(r, &quiet);
    for (const cow_snap *s = r->newest; s; s = s->older) out->snapshots++;
    out->last_pause_ns = r->last_pause;
    out->worst_pause_ns = r->worst_pause;
    cow__turn_end(r, &quiet);
}

#endif

COW__API void cow_paged_stats_of(cow_paged *r, cow_paged_stats *out) {
    memset((void *)out, 0, sizeof *out);
    out->bytes = r->bytes;
    out->given_up = COW__LOAD(&r->given_up, COW__RELAXED);
    out->faults = COW__LOAD(&r->faults, COW__RELAXED);
    out->pages_opened = COW__LOAD(&r->opened_pages, COW__RELAXED);
    out->pages_preserved = COW__LOAD(&r->preserved, COW__RELAXED);
    out->held = COW__LOAD(&r->held, COW__RELAXED);
    out->held_peak = COW__LOAD(&r->peak, COW__RELAXED);
    if (cow__paged_copies(r)) out->snapshots = COW__LOAD(&r->users, COW__RELAXED) - 1;
#if COW__PAGED_FAULTS
    if (cow__paged_copies(r) || !cow__region_mine(r)) return;
    cow__stats_of_cuts(r, out);
    out->mappings = COW__LOAD(&r->mappings, COW__RELAXED);
    out->pss = cow__pss();
#endif
}

COW__END_C
#endif

/* paged_array: `#define COW_PAGED_ARRAY x, T` and include: a region as an array of T. Floor 5, built on paged_snapshot,
   paged_io and paged_restore.

   T is any type without pointers into other memory. Elements are read and written through x_data, which never moves;
   all-zero bytes are their first value. Everything else is said of regions. */
#ifdef COW_PAGED_ARRAY
#ifndef COW_PAGED
#error "cow: COW_PAGED_ARRAY needs #define COW_PAGED before the first include of cow.h"
#endif


#define COW__N COW__CALL(COW__FIRST, COW_PAGED_ARRAY)
#define COW__F(function) COW__CAT3(COW__N, _, function)
typedef COW__CALL(COW__SECOND, COW_PAGED_ARRAY) COW__F(_element);
#define COW__T COW__F(_element)

typedef struct COW__N {
    cow_paged *r;
    size_t n;
} COW__N;

/* Makes *a an array of `n` zero elements. `options` may be NULL. COW_NOMEM, COW_RANGE, COW_UNSUPPORTED. */
COW__INLINE bool COW__F(new)(COW__N *a, size_t n, const cow_paged_options *options) {
    size_t bytes;
    if (!cow__mul_size(n, sizeof(COW__T), &bytes)) return cow__fail(COW_RANGE);
    a->r = cow_paged_new(bytes, options);
    a->n = a->r ? n : 0;
    return a->r != NULL;
}

/* Gives it up; may be repeated. */
COW__INLINE void COW__F(free)(COW__N *a) {
    cow_paged_free(a->r);
    a->r = NULL;
    a->n = 0;
}

COW__INLINE COW__T *COW__F(data)(const COW__N *a) { return (COW__T *)cow_paged_data(a->r); }
COW__INLINE size_t COW__F(len)(const COW__N *a) { return a->n; }

/* Makes it longer, in place; new elements are zero. COW_RANGE beyond the options' `reserve`, or when it would become
   shorter. */
COW__INLINE bool COW__F(grow)(COW__N *a, size_t n) {
    size_t bytes;
    if (n < a->n || !cow__mul_size(n, sizeof(COW__T), &bytes)) return cow__fail(COW_RANGE);
    if (bytes > cow_paged_size(a->r) && !cow_paged_grow(a->r, bytes)) return false;
    a->n = n;
    return true;
}

/* Opens `n` elements from `i` on, which saves the faults of writing to them. */
COW__INLINE bool COW__F(will_write)(COW__N *a, size_t i, size_t n) {
    if (i > a->n || n > a->n - i) return cow__fail(COW_RANGE);
    return cow_paged_will_write(a->r, COW__F(data)(a) + i, n * sizeof(COW__T));
}

#define COW__SNAPSHOT COW__F(snapshot)
typedef struct COW__SNAPSHOT {
    cow_snap *s;
    size_t n;
} COW__SNAPSHOT;

/* Makes *out the array as it is. */
COW__INLINE bool COW__F(snapshot_of)(COW__N *a, COW__SNAPSHOT *out) {
    cow_snap *s = cow_paged_snapshot(a->r);
    if (!s) return false;
    out->s = s;
    out->n = a->n;
    return true;
}

COW__INLINE const COW__T *COW__F(snapshot_data)(const COW__SNAPSHOT *s) { return (const COW__T *)cow_snap_data(s->s); }
COW__INLINE size_t COW__F(snapshot_len)(const COW__SNAPSHOT *s) { return s->n; }

/* Gives it up; may be repeated. */
COW__INLINE void COW__F(snapshot_drop)(COW__SNAPSHOT *s) {
    cow_snap_drop(s->s);
    s->s = NULL;
    s->n = 0;
}

/* Makes the array again what the snapshot is, and as long. Nobody else may write meanwhile. */
COW__INLINE bool COW__F(restore)(COW__N *a, const COW__SNAPSHOT *s) {
    if (!cow_paged_restore(a->r, s->s)) return false;
    if (s->n < a->n) memset(COW__F(data)(a) + s->n, 0, (a->n - s->n) * sizeof(COW__T)); /* as new elements are */
    a->n = s->n;
    return true;
}

#endif

/* undef: takes back the options and private macros of one instantiation. Floor 7. */
#ifdef COW_FORWARDED
#if defined(COW__PENDING_3)
#undef COW__PENDING_3
#elif defined(COW__PENDING_2)
#undef COW__PENDING_2
#else
#undef COW__PENDING_1
#endif
#endif
#undef COW_ARRAY
#undef COW_MAP
#undef COW_SET
#undef COW_CELL
#undef COW_LIST
#undef COW_LIST_SET
#undef COW_KEEP_ORDER
#undef COW_PAGED_ARRAY
#undef COW_FORWARD
#undef COW_FORWARDED
#undef COW_COPY
#undef COW_DROP
#undef COW_EQUAL
#undef COW_COMPARE
#undef COW_HASH
#undef COW_VALUE_COPY
#undef COW_VALUE_DROP
#undef COW_VALUE_EQUAL
#undef COW_VALUE_HASH
#undef COW_STORE_HASH
#undef COW_ALIGN
#undef COW_ALLOC
#undef COW_NONATOMIC
#undef COW_RECURSIVE
#undef COW__ELEMENT
#undef COW__N
#undef COW__A
#undef COW__AF
#undef COW__SET
#undef COW__SF
#undef COW__SET_OF
#undef COW__EACH_MEMBER
#undef COW__MEMBER
#undef COW__ALL_COPY
#undef COW__ALL_LEN
#undef COW__ALL_CONTAINS
#undef COW__ALL_EQUAL
#undef COW__ALL_HASH
#undef COW__E
#undef COW__HOLDS
#undef COW__CELL
#undef COW__T
#undef COW__F
#undef COW__ITER
#undef COW__GUARD
#undef COW__SNAPSHOT
#undef COW__READER
#undef COW__WRITER
#undef COW__LIST_ITER
#undef COW__SUBLIST
#undef COW__S
#undef COW__HOOK
#undef COW__LOCAL
#undef COW__RECURSIVE
#undef COW__COPY_HOOK
#undef COW__DROP_HOOK
#undef COW__BEGIN_CHANGE
#undef COW__END_CHANGE
#undef COW__K
#undef COW__V
#undef COW__PAIR
#undef COW__KEY_OF
#undef COW__HAS_VALUES
#undef COW__KEY_COPY
#undef COW__KEY_OWNS
#undef COW__KEY_DROP
#undef COW__KEY_EQUAL
#undef COW__KEY_HAS_EQUAL
#undef COW__KEY_COMPARE
#undef COW__KEY_HAS_COMPARE
#undef COW__KEY_HASH
#undef COW__KEY_HAS_HASH
#undef COW__VALUE_COPY
#undef COW__VALUE_OWNS
#undef COW__VALUE_DROP
#undef COW__VALUE_EQUAL
#undef COW__VALUE_HAS_EQUAL
#undef COW__VALUE_HASH
#undef COW__VALUE_HAS_HASH
#undef COW__PAIR_HOOK
#undef COW__PAIR_HAS_EQUAL
#undef COW__PAIR_HAS_HASH
#undef COW__STORED_HASH
#undef COW__KEY_BITS
#undef COW__VALUE_BITS
#undef COW__NEED_VALUE
#undef COW__DIFF_ITER
#undef COW__SELF_HAS_EQUAL
#undef COW__SELF_HAS_COMPARE
#undef COW__SELF_HAS_HASH
#undef COW__SELF_IS_LOCAL
#undef COW__ELEMENT_EQUAL
#undef COW__ELEMENT_COMPARE
#undef COW__ELEMENT_HASH
#undef COW__ELEMENT_HAS_EQUAL
#undef COW__ELEMENT_HAS_COMPARE
#undef COW__ELEMENT_HAS_HASH
#undef COW__NEED

#if defined(__GNUC__) && !defined(COW__WARN_SHADOW)
#pragma GCC diagnostic pop
#endif

