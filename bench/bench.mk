# SPDX-License-Identifier: MIT
# The benchmark. `make bench` first fetches what is missing, then calls make again: which peers exist is known only then.
# Everything is compiled with plain -O2, the way users ship, for the plain architecture. Functions and loops are aligned, in all
# peers alike: a loop of three instructions takes twice the time when it happens to straddle a cache line, and that is luck.

BENCH := $(BUILD)/bench
SUITE ?= bench
WORDS := $(or $(INPUT),/usr/share/dict/american-english-insane)

BENCH_DEPTH = $(if $(QUICK),--quick) $(if $(FULL),--full) $(if $(ROUNDS),--rounds $(ROUNDS)) $(if $(CASE),--case $(CASE))

## bench: the snapshot suite in full, the others quick [SUITE=array|string|snapshot] [QUICK=1|FULL=1] [INPUT=words]
.PHONY: bench
bench: bench-setup
	+@$(MAKE) --no-print-directory BENCH_STAGE=run SUITE=$(SUITE) bench-run

## bench-all: every suite at its normal depth [FULL=1]
.PHONY: bench-all
bench-all: bench-setup
	+@$(MAKE) --no-print-directory BENCH_STAGE=run SUITE=all bench-run

# Rows of an optional peer are needed only where the peer can be had; otherwise every call would measure again.
BENCH_NEEDED = cow raw std libc $(shell pkg-config --exists Qt5Core 2>/dev/null && echo qt)

# The suites that have promises.
BENCH_PROMISING := array string

## bench-targets: compare the last results with the promised ratios (first measures a suite in full when rows of it are missing)
.PHONY: bench-targets
bench-targets: $(BENCH_PROMISING:%=bench-measured-%)
	@sh bench/targets.sh bench/targets.tsv $(BENCH)/results.tsv

# One suite after the other, also under make -j: they would disturb each other.
.PHONY: $(BENCH_PROMISING:%=bench-measured-%)
bench-measured-string: bench-measured-array
$(BENCH_PROMISING:%=bench-measured-%): bench-measured-%:
	+@sh bench/targets.sh bench/targets.tsv $(BENCH)/results.tsv "$(BENCH_NEEDED)" $* >/dev/null || \
	    $(MAKE) --no-print-directory bench SUITE=$* FULL=1 QUICK= CASE=

.PHONY: bench-setup
bench-setup:
	@$(SETUP_SH) g++ gnuplot-nox $(if $(INPUT),,wamerican-insane)
	@$(SETUP_SH) --optional pkg-config qtbase5-dev libglib2.0-dev libstb-dev default-jdk-headless $(if $(INPUT),wamerican-insane)

# ---- second stage: building and running ----
ifeq ($(BENCH_STAGE),run)

# A peer that is not there is left out and named below the tables.
BENCH_QT_CFLAGS := $(shell pkg-config --cflags Qt5Core 2>/dev/null)
BENCH_QT_LIBS   := $(if $(BENCH_QT_CFLAGS),$(shell pkg-config --libs Qt5Core))
BENCH_GLIB_CFLAGS := $(shell pkg-config --cflags glib-2.0 2>/dev/null)
BENCH_GLIB_LIBS := $(if $(BENCH_GLIB_CFLAGS),$(shell pkg-config --libs glib-2.0))
BENCH_STB       := $(shell printf '\043include <stb/stb_ds.h>\n' | $(CC) -E - >/dev/null 2>&1 && echo yes)
BENCH_JAVA      := $(shell command -v javac >/dev/null 2>&1 && command -v java >/dev/null 2>&1 && echo yes)

BENCH_SKIPPED := $(if $(BENCH_QT_CFLAGS),,qt: skipped (no Qt5Core found: apt-get install qtbase5-dev pkg-config)\n)
BENCH_SKIPPED := $(BENCH_SKIPPED)$(if $(BENCH_STB),,stb: skipped (no stb/stb_ds.h: apt-get install libstb-dev)\n)
BENCH_SKIPPED := $(BENCH_SKIPPED)$(if $(BENCH_GLIB_CFLAGS),,glib: skipped (no glib-2.0 found: apt-get install libglib2.0-dev pkg-config)\n)

BENCH_DEFINES  := $(if $(BENCH_QT_CFLAGS),-DBENCH_QT) $(if $(BENCH_GLIB_CFLAGS),-DBENCH_GLIB) $(if $(BENCH_STB),-DBENCH_STB) '-DBENCH_SKIPPED="$(BENCH_SKIPPED)"'
BENCH_OPT      := -O2 -g -falign-functions=64 -falign-loops=32 -falign-jumps=32
BENCH_CFLAGS   := $(CSTD) $(WARN) $(INC) $(BENCH_OPT) -D_GNU_SOURCE -pthread
BENCH_CXXFLAGS := $(CXXSTD) $(CXXWARN) $(INC) $(BENCH_OPT) -pthread
# Qt wants position-independent code; its headers are not held to our warnings; QT_NO_DEBUG is how Qt programs are shipped.
BENCH_QT_FLAGS := -fPIC -DQT_NO_DEBUG $(patsubst -I%,-isystem %,$(BENCH_QT_CFLAGS))
BENCH_GLIB_FLAGS := $(patsubst -I%,-isystem %,$(BENCH_GLIB_CFLAGS))

BENCH_C   := bench/main.c bench/harness.c bench/words.c bench/cases.c bench/suite_array.c bench/suite_string.c \
             bench/suite_snapshot.c bench/snapshot_job.c \
             bench/peers/cow.c bench/peers/array_cow.c bench/peers/array_raw.c $(if $(BENCH_STB),bench/peers/array_stb.c) \
             bench/peers/string_cow.c bench/peers/string_libc.c $(if $(BENCH_GLIB_CFLAGS),bench/peers/string_glib.c) \
             bench/peers/snapshot_cow.c bench/peers/snapshot_rwlock.c bench/peers/snapshot_fork.c bench/peers/snapshot_str_cow.c
BENCH_CPP := bench/peers/array_std.cpp bench/peers/string_std.cpp bench/peers/snapshot_str_rwlock.cpp \
             $(if $(BENCH_QT_CFLAGS),$(wildcard bench/peers/*_qt.cpp))
BENCH_OBJ := $(BENCH_C:bench/%.c=$(BENCH)/obj/%.o) $(BENCH_CPP:bench/%.cpp=$(BENCH)/obj/%.o)

# A new compiler, flag or peer rebuilds everything.
BENCH_SIGNATURE := $(CC) $(CXX) $(BENCH_CFLAGS) $(BENCH_CXXFLAGS) $(BENCH_DEFINES) $(BENCH_QT_FLAGS) $(BENCH_GLIB_FLAGS)
$(BENCH)/flags: bench-always
	@mkdir -p $(@D)/obj/peers
	@printf '%s\n' '$(subst ','\'',$(BENCH_SIGNATURE))' >$@.new
	@cmp -s $@.new $@ && rm $@.new || mv $@.new $@
.PHONY: bench-always

$(BENCH)/obj/%.o: bench/%.c $(BENCH)/flags
	@$(CC) $(BENCH_CFLAGS) $(BENCH_DEFINES) -MMD -MP -c $< -o $@

$(BENCH)/obj/peers/%_glib.o: bench/peers/%_glib.c $(BENCH)/flags
	@$(CC) $(BENCH_CFLAGS) $(BENCH_GLIB_FLAGS) -MMD -MP -c $< -o $@

$(BENCH)/obj/peers/%_qt.o: bench/peers/%_qt.cpp $(BENCH)/flags
	@$(CXX) $(BENCH_CXXFLAGS) $(BENCH_QT_FLAGS) -MMD -MP -c $< -o $@

$(BENCH)/obj/%.o: bench/%.cpp $(BENCH)/flags
	@$(CXX) $(BENCH_CXXFLAGS) -MMD -MP -c $< -o $@

-include $(BENCH_OBJ:.o=.d)

$(BENCH)/bench: $(BENCH_OBJ)
	@$(CXX) -pthread $^ -o $@ $(BENCH_QT_LIBS) $(BENCH_GLIB_LIBS) -lm

$(BENCH)/java/CowalBench.class: bench/peers/CowalBench.java
	@mkdir -p $(@D)
	@javac -Xlint:all -Werror -d $(@D) $<

.PHONY: bench-run
bench-run: $(BENCH)/bench $(if $(BENCH_JAVA),$(BENCH)/java/CowalBench.class)
	@$(BENCH)/bench --suite $(SUITE) $(BENCH_DEPTH) --results $(BENCH)/results.tsv --input '$(WORDS)' $(if $(BENCH_JAVA),--java $(BENCH)/java)
	@sh bench/report.sh $(BENCH)/results.tsv $(BENCH)/report.html '$(WORDS)'

endif
