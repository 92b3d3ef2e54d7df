/* SPDX-License-Identifier: MIT */
/* Peers `urcu` and `urcucall`: liburcu as most programs use it: readers pay two stores, the writer lets the kernel
 * put a barrier into all threads. */
#define _LGPL_SOURCE /* what is small is inline */
#define URCU_API_MAP /* names without the flavour */
#include <urcu/urcu-memb.h>

#define PEER cell_urcu
#define PEER_CALL cell_urcu_call
#define NAME "urcu"
#define NAME_CALL "urcucall"
#define QSBR 0
#include "cell_urcu.h"
