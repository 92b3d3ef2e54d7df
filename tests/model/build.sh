#!/bin/sh
# SPDX-License-Identifier: MIT
# Builds the arrays program against one header:  build.sh HEADER OUTPUT
# The program alone is instrumented; the explorer's objects (in $MODEL) take the calls instead of the TSan runtime. -O0: no access
# is optimised away, and mutants compile fast. CC and WARN come from the Makefile.
set -eu
header=$1 output=$2
# shellcheck disable=SC2086 # WARN is a list
${CC:-gcc} -std=c11 ${WARN:-} -O0 -g -fsanitize=thread -I. -Itests/model '-DCOW_ATOMICS_HEADER="explorer_atomics.h"' \
    -D_Thread_local=EXPLORER_THREAD_LOCAL "-DCOW_HEADER=\"$header\"" -c tests/model/arrays.c -o "$output.o"
${CC:-gcc} "$output.o" "$MODEL/coroutine.o" "$MODEL/order.o" "$MODEL/plain.o" "$MODEL/world.o" "$MODEL/search.o" -o "$output"
