/* SPDX-License-Identifier: MIT */
/* Ends a list or set type that list_kind.h or set_kind.h made. */
#undef X
#undef E
#undef V
#undef HOME
#undef OWNS
#undef KEEP
#undef FIRST
#undef COUNT
#undef IS_SET
#undef KEEPS_ORDER
#undef KIND_JOIN_
#undef KIND_JOIN
#undef DO
#undef X_
#undef E_
#undef V_
