/* SPDX-License-Identifier: MIT */
/* A translation unit has 64 slots for container types; the 65th is refused with a sentence, not with a riddle.
   expect: 64 */
#include "cow/cow.h"

#define JOIN_(a, b) a##b
#define JOIN(a, b) JOIN_(a, b)
#define PREFIX a
#include "eight.h"
#undef PREFIX
#define PREFIX b
#include "eight.h"
#undef PREFIX
#define PREFIX c
#include "eight.h"
#undef PREFIX
#define PREFIX d
#include "eight.h"
#undef PREFIX
#define PREFIX e
#include "eight.h"
#undef PREFIX
#define PREFIX f
#include "eight.h"
#undef PREFIX
#define PREFIX g
#include "eight.h"
#undef PREFIX
#define PREFIX h
#include "eight.h"
#undef PREFIX
#ifndef CONTROL
#define COW_ARRAY one_too_many, int
#include "cow/cow.h"
#endif
