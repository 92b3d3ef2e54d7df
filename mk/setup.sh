#!/bin/sh
# SPDX-License-Identifier: MIT
# Makes sure that Debian packages are there:  mk/setup.sh [--optional] package ...
#
# What is missing is printed first, then installed with apt-get when we are root or have password-free sudo.
# Otherwise, or with SETUP=no, the exact install line is printed and the exit status is 1; with --optional the
# missing packages are named and the status is 0, because a peer that is not there is only skipped.
# One dpkg-query when everything is installed; no apt at all on a system that has the tools by other means.
# shellcheck disable=SC2086 # lists of packages are split into words on purpose
set -u

optional=no
if [ "${1:-}" = --optional ]; then
    optional=yes
    shift
fi

# clang's sanitizer runtime is packaged per version: follow the clang that is here, or the one apt would bring.
clang_runtime() {
    version=$(clang -dumpversion 2>/dev/null | cut -d. -f1)
    if [ -z "$version" ] && command -v apt-cache >/dev/null 2>&1; then
        version=$(apt-cache depends clang 2>/dev/null | sed -n 's/.*Depends: clang-\([0-9][0-9]*\)$/\1/p' | head -n 1)
    fi
    echo "libclang-rt-${version:-14}-dev"
}

# Can the compiler include this header, whichever package brought it?
has_header() {
    printf '#include <%s>\n' "$1" | ${CC:-gcc} -E - >/dev/null 2>&1
}

# Is the thing there although dpkg does not know the package? (other distributions, own builds, other versions)
present_anyway() {
    case $1 in
    clang) command -v "${CLANG:-clang}" >/dev/null && command -v "${CLANGXX:-clang++}" >/dev/null ;;
    libclang-rt-*)
        command -v "${CLANG:-clang}" >/dev/null &&
            [ -n "$(find "$("${CLANG:-clang}" -print-resource-dir)/" -name '*clang_rt.tsan*' 2>/dev/null | head -n 1)" ] ;;
    g++) command -v "${CXX:-g++}" >/dev/null ;;
    gcc) command -v "${CC:-gcc}" >/dev/null ;;
    gcc-multilib) printf '#include <stdlib.h>\nint main(void) { return 0; }\n' |
        ${CC:-gcc} -m32 -x c - -o /dev/null 2>/dev/null ;;
    valgrind | cmake | clang-format | gnuplot | pkg-config | spin) command -v "$1" >/dev/null ;;
    afl++) command -v afl-fuzz >/dev/null && command -v afl-clang-fast >/dev/null ;;
    clang-tidy | shellcheck | debootstrap) command -v "$1" >/dev/null ;;
    llvm) command -v llvm-profdata >/dev/null ;;
    gnuplot-nox) command -v gnuplot >/dev/null ;;
    pkgconf) command -v pkg-config >/dev/null ;;
    default-jdk-headless) command -v javac >/dev/null && command -v java >/dev/null ;;
    libcmocka-dev) printf '#include <stdarg.h>\n#include <stddef.h>\n#include <setjmp.h>\n#include <stdint.h>\n#include <cmocka.h>\n' |
        ${CC:-gcc} -E - >/dev/null 2>&1 ;;
    libc6-dev) has_header stdlib.h ;;
    librapidcheck-dev) printf '#include <rapidcheck.h>\n' | ${CXX:-g++} -x c++ -E - >/dev/null 2>&1 ;;
    libstb-dev) has_header stb/stb_ds.h ;;
    libutf8proc-dev) pkg-config --exists libutf8proc 2>/dev/null ;;
    qtbase5-dev) pkg-config --exists Qt5Core 2>/dev/null ;;
    libabsl-dev) pkg-config --exists absl_flat_hash_map 2>/dev/null ;;
    cargo) command -v cargo >/dev/null && command -v rustc >/dev/null ;;
    librust-im-rc-dev) ls -d /usr/share/cargo/registry/im-rc-* >/dev/null 2>&1 ;;
    librust-arc-swap-dev) ls -d /usr/share/cargo/registry/arc-swap-* >/dev/null 2>&1 ;;
    liburcu-dev) pkg-config --exists liburcu-memb liburcu-qsbr 2>/dev/null ;;
    libck-dev) pkg-config --exists ck 2>/dev/null ;;
    libglib2.0-dev) pkg-config --exists glib-2.0 2>/dev/null ;;
    clojure) [ -s /usr/share/java/clojure.jar ] ;;
    wamerican-insane) [ -s /usr/share/dict/american-english-insane ] ;;
    ieee-data) [ -s /usr/share/ieee-data/oui.csv ] ;;
    *) false ;;
    esac
}

# Prints the packages among "$@" that are neither installed nor present by other means.
missing_of() {
    installed=$(dpkg-query -W -f='${db:Status-Abbrev}${Package}\n' "$@" 2>/dev/null | sed -n 's/^ii *//p')
    for package in "$@"; do
        case "
$installed
" in
        *"
$package
"*) continue ;;
        esac
        present_anyway "$package" || echo "$package"
    done
}

# From here on only real package names. A bare gcc, installed without recommended packages, has no stdio.h.
wanted=libc6-dev
for package in "$@"; do
    case $package in
    libclang-rt-*) package=$(clang_runtime) ;;
    esac
    wanted="$wanted $package"
done
set -- $wanted

missing=$(missing_of "$@" | tr '\n' ' ')
missing=${missing% }
[ -n "$missing" ] || exit 0

# One installer at a time: `make -j` may start several of us. Whoever waited looks again.
if command -v flock >/dev/null 2>&1; then
    exec 9<"$0"
    flock 9
    missing=$(missing_of $missing | tr '\n' ' ')
    missing=${missing% }
    [ -n "$missing" ] || exit 0
fi

# Does apt's list know every package? A fresh image has no lists at all.
lists_know() {
    for package in "$@"; do
        apt-cache policy "$package" 2>/dev/null | grep -q '^ *Candidate: [^(]' || return 1
    done
}

# Says what to do by hand and ends the script: status 1, or 0 for packages that are optional.
give_up() {
    sudo_word='sudo '
    [ "$(id -u)" -ne 0 ] || sudo_word=
    line="${sudo_word}apt-get install -y $missing"
    lists_know $missing || line="${sudo_word}apt-get update && $line"
    if [ $optional = yes ]; then
        echo "set-up: going on without: $missing ($1)" >&2
        echo "set-up: to have it:       $line" >&2
        exit 0
    fi
    echo "set-up: missing: $missing ($1)" >&2
    echo "set-up: install it with:" >&2
    echo "    $line" >&2
    exit 1
}

[ "${SETUP:-}" != no ] || give_up "SETUP=no"
command -v apt-get >/dev/null 2>&1 || give_up "no apt-get here"
if [ "$(id -u)" -eq 0 ]; then
    as_root=
elif command -v sudo >/dev/null 2>&1 && sudo -n true 2>/dev/null; then
    as_root='sudo -n'
else
    give_up "not root, and no password-free sudo"
fi

log=${BUILD:-build}/setup.log
mkdir -p "${BUILD:-build}" || log=/dev/null

apt() {
    $as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -y -o Dpkg::Use-Pty=0 -o DPkg::Lock::Timeout=600 "$@" \
        >>"$log" 2>&1 </dev/null
}

echo "set-up: installing with apt-get (SETUP=no forbids it; log: $log):"
for package in $missing; do
    echo "    $package"
done

updated=no
update_once() {
    [ $updated = no ] || return 1
    updated=yes
    apt update
}

lists_know $missing || update_once
apt install --no-install-recommends $missing || {
    # Stale lists name files the mirror no longer has.
    update_once && apt install --no-install-recommends $missing
} || [ $optional = no ] || for package in $missing; do
    # One peer that cannot be had must not take the others with it.
    apt install --no-install-recommends "$package"
done

missing=$(missing_of $missing | tr '\n' ' ')
missing=${missing% }
if [ -n "$missing" ]; then
    [ ! -f "$log" ] || tail -n 5 "$log" >&2
    give_up "apt-get could not install it"
fi
echo "set-up: done"
