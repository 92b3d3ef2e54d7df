/* SPDX-License-Identifier: MIT */
/* Peers `qsbr` and `qsbrcall`: the flavour of liburcu whose readers pay nothing, but must say after each batch that
 * they hold nothing. */
#define _LGPL_SOURCE /* what is small is inline */
#define URCU_API_MAP /* names without the flavour */
#include <urcu/urcu-qsbr.h>

#define PEER cell_qsbr
#define PEER_CALL cell_qsbr_call
#define NAME "qsbr"
#define NAME_CALL "qsbrcall"
#define QSBR 1
#include "cell_urcu.h"
