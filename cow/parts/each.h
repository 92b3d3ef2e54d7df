/* SPDX-License-Identifier: MIT */
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
