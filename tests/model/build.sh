#!/bin/sh
# SPDX-License-Identifier: MIT
# Builds one family of programs, such as arrays, against one header:  build.sh FAMILY HEADER OUTPUT
# The family alone is instrumented; the explorer's objects (in $MODEL) take the calls instead of the TSan runtime. -O0: no access
# is optimised away, and mutants compile fast. CC and WARN come from the Makefile; SYMBOLS is -g unless set.
set -eu
family=$1 header=$2 output=$3
# shellcheck disable=SC2086 # WARN is a list, SYMBOLS may be empty
${CC:-gcc} -std=c11 ${WARN:-} -O0 ${SYMBOLS--g} -fsanitize=thread -I. -Itests/model '-DCOW_ATOMICS_HEADER="explorer_atomics.h"' \
    -D_Thread_local=EXPLORER_THREAD_LOCAL "-DCOW_HEADER=\"$header\"" -c "tests/model/$family.c" -o "$output.o"
${CC:-gcc} "$output.o" "$MODEL/programs.o" "$MODEL/coroutine.o" "$MODEL/order.o" "$MODEL/plain.o" "$MODEL/world.o" \
    "$MODEL/search.o" -o "$output"
