#!/bin/sh
# SPDX-License-Identifier: MIT
# Installs cow into a folder of its own, in each of the ways we promise, and builds and runs the consumers there.
# Stops at the first failure. Called by `make install-check`, which sets CC, CXX, WARN, CXXWARN, VERSION and MAKE.
set -eu
rm -rf "$1"
mkdir -p "$1"
out=$(cd "$1" && pwd)
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
built=0
step=start
trap '[ $? -eq 0 ] || echo "install-check: FAILED at: $step"' EXIT
step() {
    step=$1
    echo "-- $step"
}

# logged NAME COMMAND...: silent when it succeeds
logged() {
    name=$1
    shift
    "$@" >"$out/$name.log" 2>&1 || {
        cat "$out/$name.log"
        return 1
    }
}

# run_c NAME FLAGS...: the consumer of two C files; run_cxx: the one in C++. No -I of ours: only FLAGS lead to the header.
run_c() {
    name=$1
    shift
    # shellcheck disable=SC2086 # the flags are words
    (cd "$out" && $CC -std=c11 $WARN -O1 "$@" "$here/consumer.c" "$here/consumer_part.c" -o "$name" && "./$name")
    built=$((built + 1))
}
run_cxx() {
    name=$1
    shift
    # shellcheck disable=SC2086
    (cd "$out" && $CXX -std=c++17 $CXXWARN -O1 "$@" "$here/consumer.cpp" -o "$name" && "./$name")
    built=$((built + 1))
}
# run_cmake NAME OPTIONS...: configure, build and run both consumers
run_cmake() {
    name=$1
    shift
    logged "$name" cmake -S "$here" -B "$out/$name" -DCMAKE_C_COMPILER="$CC" -DCMAKE_CXX_COMPILER="$CXX" "$@"
    logged "$name" cmake --build "$out/$name"
    "$out/$name/consumer_c"
    "$out/$name/consumer_cxx"
    built=$((built + 2))
}

quiet_make() {
    # shellcheck disable=SC2086
    logged make $MAKE --no-print-directory -C "$root" "$@"
}

step "the header without the install must not be found"
if (cd "$out" && $CC -E "$here/consumer.c" >/dev/null 2>&1); then
    echo "<cow/cow.h> is found without our flags, so nothing below would be proved"
    exit 1
fi

step "make install PREFIX=, pkg-config"
quiet_make install PREFIX="$out/prefix" DESTDIR=
PKG_CONFIG_PATH=$out/prefix/share/pkgconfig
export PKG_CONFIG_PATH
[ "$(pkg-config --modversion cow)" = "$VERSION" ]
# shellcheck disable=SC2046
run_c pkgconfig_c $(pkg-config --cflags --libs cow)
# shellcheck disable=SC2046
run_cxx pkgconfig_cxx $(pkg-config --cflags --libs cow)

step "make install PREFIX=/usr DESTDIR=, pkg-config with a sysroot"
quiet_make install PREFIX=/usr DESTDIR="$out/stage"
grep -q '^prefix=/usr$' "$out/stage/usr/share/pkgconfig/cow.pc"
# shellcheck disable=SC2046
run_c staged_c $(PKG_CONFIG_PATH="$out/stage/usr/share/pkgconfig" PKG_CONFIG_SYSROOT_DIR="$out/stage" \
    PKG_CONFIG_ALLOW_SYSTEM_CFLAGS=1 pkg-config --cflags cow)
quiet_make uninstall PREFIX=/usr DESTDIR="$out/stage"
[ -z "$(find "$out/stage" -type f)" ]

step "a DESTDIR with a space: everything goes there, and nothing else is touched"
# Without quotes uninstall would remove the folder `two`, and install make a folder `words` in the current one.
mkdir -p "$out/two" "$out/two words/usr/include"
echo mine | tee "$out/two/bystander" >"$out/two words/usr/include/bystander.h"
quiet_make install PREFIX=/usr DESTDIR="$out/two words"
[ ! -e "$root/words" ]
run_c spaced_c -I"$out/two words/usr/include"
quiet_make uninstall PREFIX=/usr DESTDIR="$out/two words"
[ "$(cat "$out/two/bystander")" = mine ]
[ "$(cd "$out/two words" && find . -type f)" = ./usr/include/bystander.h ]

step "make install, find_package(cow) from a moved tree"
mv "$out/prefix" "$out/moved"
run_cmake find_package -DCMAKE_PREFIX_PATH="$out/moved" -DCOW_WANT_VERSION="$VERSION"
if cmake -S "$here" -B "$out/too_new" -DCMAKE_PREFIX_PATH="$out/moved" -DCOW_WANT_VERSION=999.0 >"$out/too_new.log" 2>&1; then
    echo "find_package(cow 999.0) was accepted"
    exit 1
fi

step "cmake --install, find_package(cow) and pkg-config"
logged own cmake -S "$root" -B "$out/own" -DCMAKE_C_COMPILER="$CC" -DCMAKE_INSTALL_PREFIX="$out/by_cmake"
logged own cmake --install "$out/own"
run_cmake cmake_installed -DCMAKE_PREFIX_PATH="$out/by_cmake" -DCOW_WANT_VERSION="$VERSION"
[ "$(PKG_CONFIG_PATH="$out/by_cmake/share/pkgconfig" pkg-config --modversion cow)" = "$VERSION" ]
diff -r "$out/moved/include" "$out/by_cmake/include"
diff -r "$out/moved/share/cmake" "$out/by_cmake/share/cmake"

step "add_subdirectory"
run_cmake subdirectory -DCOW_SOURCE="$root"

echo "install-check: $built consumers built and run, 0 failures"
