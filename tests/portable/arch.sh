#!/bin/sh
# SPDX-License-Identifier: MIT
# arch.sh OUT FLAGS: builds the smoke test for machines of other word sizes and byte orders, and runs it by emulation.
# The handle of a string has a layout of its own on each of them.
set -eu
out=$1
flags=$2
mkdir -p "$out"
failed=0
for machine in i686:i386 s390x:s390x; do
    tuple=${machine%:*}-linux-gnu
    emulator=qemu-${machine#*:}
    for level in -O0 -O2 -O3; do
        # shellcheck disable=SC2086 # the flags are many
        if "$tuple-gcc" $flags $level -static -I. tests/portable/smoke.c tests/portable/smoke_person.c \
            -o "$out/smoke_$tuple" && "$emulator" "$out/smoke_$tuple" >"$out/$tuple.log"; then
            echo "arch: $tuple $level: passed"
        else
            echo "arch: $tuple $level: FAILED"
            failed=1
        fi
    done
done
[ $failed = 0 ]
echo "arch: 6 builds passed on a 32-bit and on a big-endian machine"
