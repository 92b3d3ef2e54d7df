#!/bin/sh
# SPDX-License-Identifier: MIT
# arch_paged.sh OUT FLAGS: builds tests of paged regions for other machines, and runs them by emulation. Units get by
# with the few words of cmocka that stand in tests/portable/cmocka.
# qemu says yes to MADV_POPULATE_WRITE and copies nothing, and on 32 bits to MREMAP_DONTUNMAP and drops the mapping: the
# header has to find that out by itself. What it gets wrong without cow, too, is avoided: see below, and
# docs/design/testing.md.
set -u
out=$1
flags=$2
mkdir -p "$out"
runs=0
failed=0

# A memset of zeros by DC ZVA that faults is not finished by qemu-aarch64 7.2. This choice of the C library does without.
GLIBC_TUNABLES=glibc.cpu.name=kunpeng920
export GLIBC_TUNABLES

# run MACHINE SOURCE FLAGS ARGUMENTS
run() {
    tuple=${1%:*}
    emulator=qemu-${1#*:}
    name=$(basename "$2" _test.c)
    # shellcheck disable=SC2086 # flags and arguments are lists
    if "$tuple-gcc" $flags -O1 -static $3 -I. -Itests/portable/cmocka "$2" -o "$out/$name-$tuple" -lpthread &&
        COW_TEST_UNDER=$emulator timeout -s KILL 120 "$emulator" "$out/$name-$tuple" $4 >"$out/$name-$tuple.log" 2>&1; then
        runs=$((runs + 1))
        echo "arch: $tuple: $name: passed"
        grep 'left out' "$out/$name-$tuple.log"
    else
        tail -n 5 "$out/$name-$tuple.log"
        echo "arch: $tuple: $name: FAILED"
        failed=1
    fi
}

for machine in aarch64-linux-gnu:aarch64 arm-linux-gnueabihf:arm riscv64-linux-gnu:riscv64 s390x-linux-gnu:s390x; do
    signals=-DLESS=10
    # qemu-riscv64 7.2 itself dies of a fault in an asynchronous handler, with or without cow.
    case $machine in
    riscv64*) signals="$signals -DNO_ASYNCHRONOUS_FAULTS=\"qemu-riscv64_dies_of_them\"" ;;
    esac
    run $machine tests/unit/paged_test.c "" 1
    run $machine tests/stress/paged_inside_test.c "" ""
    run $machine tests/stress/paged_signals_test.c "$signals" ""
done
[ $failed = 0 ] || exit 1
echo "arch: $runs programs of paged regions passed on four emulated machines"
