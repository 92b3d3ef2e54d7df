/* SPDX-License-Identifier: MIT */
/* How much memory this process and its children have. */
#ifndef BENCH_MEMORY_H
#define BENCH_MEMORY_H

/* KiB; pages that several processes share count in parts. Walks the page tables of all of them. `what` is "Pss", or
 * "Pss_Anon" for pages of no file alone: pages of a file that nobody has mapped just then are not in "Pss". */
double bench_pss_kib(const char *what);

#endif
