/* SPDX-License-Identifier: MIT */
/* each: macro iteration over any contiguous container. Floor 4. */
#ifndef COW__EACH_H
#define COW__EACH_H

/* Runs its body with `const T *it` at each element of *a in turn, without counting anything: *a must not change
   meanwhile. T must be one word (give a pointer type a typedef), and `a` is evaluated more than once.
   COW_EACH (int, it, &numbers) sum += *it; */
#define COW_EACH(T, it, a) for (const T *it = (a)->p, *it##_end = it ? it + (a)->n : it; it != it##_end; ++it)

#endif
