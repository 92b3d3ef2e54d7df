/* SPDX-License-Identifier: MIT */
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
