/* SPDX-License-Identifier: MIT */
/* (manual to come) */
