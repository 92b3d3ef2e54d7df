# SPDX-License-Identifier: MIT
# The benchmark. `make bench` first fetches what is missing, then calls make again: which peers exist is known only then.
# Everything is compiled with plain -O2, the way users ship, for the plain architecture. Suites of maps are run once more in a build
# with -O3 -march=native, whose cases are called hit_native and so on. Functions and loops are aligned, in all peers alike: a loop of
# three instructions takes twice the time when it happens to straddle a cache line, and that is luck.

BENCH := $(BUILD)/bench
SUITE ?= bench
WORDS := $(or $(INPUT),/usr/share/dict/american-english-insane)

BENCH_DEPTH = $(if $(QUICK),--quick) $(if $(FULL),--full) $(if $(ROUNDS),--rounds $(ROUNDS)) $(if $(CASE),--case $(CASE)) $(if $(PEER),--peer $(PEER))

## bench: the snapshot suite in full, the others quick [SUITE=array|string|map_u64|map_str|cell|list|paged|snapshot|snapshot_paged] [QUICK=1|FULL=1] [INPUT=words]
.PHONY: bench
bench: bench-setup
	+@$(MAKE) --no-print-directory BENCH_STAGE=run SUITE=$(SUITE) bench-run

## bench-all: every suite at its normal depth [FULL=1]
.PHONY: bench-all
bench-all: bench-setup
	+@$(MAKE) --no-print-directory BENCH_STAGE=run SUITE=all bench-run

# Rows of an optional peer are needed only where the peer can be had; otherwise every call would measure again.
BENCH_NEEDED = cow raw std libc $(shell pkg-config --exists Qt5Core 2>/dev/null && echo qt) \
               $(shell pkg-config --exists absl_flat_hash_map 2>/dev/null && echo absl) plain rwlock bare live fork memcpy \
               $(shell pkg-config --exists liburcu-memb liburcu-qsbr 2>/dev/null && echo urcu urcucall) \
               $(shell pkg-config --exists ck 2>/dev/null && echo ck_epoch ck_hp) \
               $(and $(wildcard /usr/share/cargo/registry/arc-swap-1*),$(shell command -v cargo),arcswap) \
               $(and $(shell command -v javac),$(shell command -v java),java cowal)

# The suites that have promises.
BENCH_PROMISING := array string map_u64 cell list paged

## bench-targets: compare the last results with the promised ratios (first measures a suite in full when rows of it are missing)
.PHONY: bench-targets
bench-targets: $(BENCH_PROMISING:%=bench-measured-%)
	@sh bench/targets.sh bench/targets.tsv $(BENCH)/results.tsv

# FULL=1 makes the suites of maps larger, not better, and those of cells and of paged memory take long: their promises are
# judged at the usual depth.
# One suite after the other, also under make -j: they would disturb each other.
.PHONY: $(BENCH_PROMISING:%=bench-measured-%)
bench-measured-string: bench-measured-array
bench-measured-map_u64: bench-measured-string
bench-measured-cell: bench-measured-map_u64
bench-measured-list: bench-measured-cell
bench-measured-paged: bench-measured-list
$(BENCH_PROMISING:%=bench-measured-%): bench-measured-%:
	+@sh bench/targets.sh bench/targets.tsv $(BENCH)/results.tsv "$(BENCH_NEEDED)" $* >/dev/null || \
	    $(MAKE) --no-print-directory bench SUITE=$* FULL=$(if $(filter map_% cell paged,$*),,1) NATIVE=no QUICK= CASE= PEER=

.PHONY: bench-setup
bench-setup:
	@$(SETUP_SH) g++ gnuplot-nox $(if $(INPUT),,wamerican-insane)
	@$(SETUP_SH) --optional pkg-config qtbase5-dev libglib2.0-dev libstb-dev libabsl-dev cargo librust-im-rc-dev \
	    default-jdk-headless ieee-data clojure liburcu-dev libck-dev librust-arc-swap-dev $(if $(INPUT),wamerican-insane)

# ---- second stage: building and running ----
ifeq ($(BENCH_STAGE),run)

# BENCH_NATIVE=1 is the build with other flags, in a folder of its own.
BENCH_OUT := $(BENCH)$(if $(BENCH_NATIVE),/native)

# A peer that is not there is left out and named below the tables.
BENCH_QT_CFLAGS := $(shell pkg-config --cflags Qt5Core 2>/dev/null)
BENCH_QT_LIBS   := $(if $(BENCH_QT_CFLAGS),$(shell pkg-config --libs Qt5Core))
BENCH_GLIB_CFLAGS := $(shell pkg-config --cflags glib-2.0 2>/dev/null)
BENCH_GLIB_LIBS := $(if $(BENCH_GLIB_CFLAGS),$(shell pkg-config --libs glib-2.0))
BENCH_STB       := $(shell printf '\043include <stb/stb_ds.h>\n' | $(CC) -E - >/dev/null 2>&1 && echo yes)
BENCH_JAVA      := $(shell command -v javac >/dev/null 2>&1 && command -v java >/dev/null 2>&1 && echo yes)
BENCH_CLOJURE   := $(if $(BENCH_JAVA),$(wildcard /usr/share/java/clojure.jar))

BENCH_ABSL      := $(shell pkg-config --exists absl_flat_hash_map 2>/dev/null && echo yes)
BENCH_ABSL_LIBS := $(if $(BENCH_ABSL),$(shell pkg-config --libs absl_flat_hash_map))
# The crates and the compiler that Debian packages; a newer one of the user's own would be another peer.
BENCH_CRATES    := /usr/share/cargo/registry
BENCH_CARGO     := $(if $(wildcard $(BENCH_CRATES)/im-rc-15*),$(firstword $(wildcard /usr/bin/cargo) $(shell command -v cargo)))
BENCH_RUSTC     := $(firstword $(wildcard /usr/bin/rustc) rustc)

BENCH_ARCSWAP   := $(if $(wildcard $(BENCH_CRATES)/arc-swap-1*),$(firstword $(wildcard /usr/bin/cargo) $(shell command -v cargo)))
BENCH_URCU      := $(shell pkg-config --exists liburcu-memb liburcu-qsbr 2>/dev/null && echo yes)
BENCH_CK        := $(shell pkg-config --exists ck 2>/dev/null && echo yes)
BENCH_CELL_LIBS := $(if $(BENCH_URCU),$(shell pkg-config --libs liburcu-memb liburcu-qsbr)) $(if $(BENCH_CK),$(shell pkg-config --libs ck))

BENCH_SKIPPED := $(if $(BENCH_QT_CFLAGS),,qt: skipped (no Qt5Core found: apt-get install qtbase5-dev pkg-config)\n)
BENCH_SKIPPED := $(BENCH_SKIPPED)$(if $(BENCH_STB),,stb: skipped (no stb/stb_ds.h: apt-get install libstb-dev)\n)
BENCH_SKIPPED := $(BENCH_SKIPPED)$(if $(BENCH_GLIB_CFLAGS),,glib: skipped (no glib-2.0 found: apt-get install libglib2.0-dev pkg-config)\n)
BENCH_SKIPPED := $(BENCH_SKIPPED)$(if $(BENCH_ABSL),,absl: skipped (no absl_flat_hash_map found: apt-get install libabsl-dev pkg-config)\n)
BENCH_SKIPPED := $(BENCH_SKIPPED)$(if $(BENCH_CARGO),,imrc: skipped (no cargo or no crate im-rc: apt-get install cargo librust-im-rc-dev)\n)
BENCH_SKIPPED := $(BENCH_SKIPPED)$(if $(BENCH_ARCSWAP),,arcswap: skipped (no cargo or no crate arc-swap: apt-get install cargo librust-arc-swap-dev)\n)
BENCH_SKIPPED := $(BENCH_SKIPPED)$(if $(BENCH_URCU),,urcu: skipped (no liburcu found: apt-get install liburcu-dev pkg-config)\n)
BENCH_SKIPPED := $(BENCH_SKIPPED)$(if $(BENCH_CK),,ck: skipped (no ck found: apt-get install libck-dev pkg-config)\n)

BENCH_DEFINES  := '-DBENCH_CLOJURE="$(BENCH_CLOJURE)"' $(if $(BENCH_QT_CFLAGS),-DBENCH_QT) $(if $(BENCH_GLIB_CFLAGS),-DBENCH_GLIB) $(if $(BENCH_STB),-DBENCH_STB) \
                  $(if $(BENCH_ABSL),-DBENCH_ABSL) $(if $(BENCH_CARGO),-DBENCH_IMRC) \
                  $(if $(BENCH_ARCSWAP),-DBENCH_ARCSWAP) $(if $(BENCH_URCU),-DBENCH_URCU) $(if $(BENCH_CK),-DBENCH_CK) \
                  '-DBENCH_SUFFIX="$(if $(BENCH_NATIVE),_native)"' '-DBENCH_SKIPPED="$(BENCH_SKIPPED)"'
BENCH_OPT      := $(if $(BENCH_NATIVE),-O3 -march=native,-O2) -g -falign-functions=64 -falign-loops=32 -falign-jumps=32
BENCH_CFLAGS   := $(CSTD) $(WARN) $(INC) $(BENCH_OPT) -D_GNU_SOURCE -pthread
BENCH_CXXFLAGS := $(CXXSTD) $(CXXWARN) $(INC) $(BENCH_OPT) -pthread
# Qt wants position-independent code; its headers are not held to our warnings; QT_NO_DEBUG is how Qt programs are shipped.
BENCH_QT_FLAGS := -fPIC -DQT_NO_DEBUG $(patsubst -I%,-isystem %,$(BENCH_QT_CFLAGS))
BENCH_GLIB_FLAGS := $(patsubst -I%,-isystem %,$(BENCH_GLIB_CFLAGS))

BENCH_C   := bench/main.c bench/harness.c bench/words.c bench/cases.c bench/suite_array.c bench/suite_string.c \
             bench/suite_map.c bench/peers/map_clojure.c \
             bench/suite_list.c bench/peers/list_cow.c bench/peers/list_java.c \
             bench/suite_cell.c bench/crowd.c bench/timeline.c bench/peers/cell_cow.c bench/peers/cell_plain.c bench/peers/cell_java.c \
             $(if $(BENCH_URCU),bench/peers/cell_urcu_memb.c bench/peers/cell_urcu_qsbr.c) \
             $(if $(BENCH_CK),bench/peers/cell_ck_epoch.c bench/peers/cell_ck_hp.c) \
             bench/suite_paged.c bench/paged_job.c bench/peers/paged_cow.c bench/peers/paged_fork.c bench/peers/paged_memcpy.c \
             bench/suite_snapshot.c bench/snapshot_job.c bench/snapshot_saver.c bench/times.c bench/memory.c bench/registry.c bench/peers/snapshot_child.c bench/peers/snapshot_map_cow.c \
             bench/peers/snapshot_rows.c bench/peers/snapshot_paged_cow.c bench/peers/snapshot_paged_fork.c bench/peers/snapshot_paged_copy.c \
             bench/peers/cow.c bench/peers/array_cow.c bench/peers/array_raw.c $(if $(BENCH_STB),bench/peers/array_stb.c) \
             bench/peers/string_cow.c bench/peers/string_libc.c $(if $(BENCH_GLIB_CFLAGS),bench/peers/string_glib.c) \
             bench/peers/snapshot_cow.c bench/peers/snapshot_rwlock.c bench/peers/snapshot_fork.c bench/peers/snapshot_str_cow.c
BENCH_CPP := bench/peers/list_std.cpp bench/peers/list_rwlock.cpp bench/peers/cell_std.cpp bench/peers/cell_rwlock.cpp bench/peers/array_std.cpp bench/peers/string_std.cpp \
             bench/peers/snapshot_str_rwlock.cpp bench/peers/snapshot_map_fork.cpp \
             $(if $(BENCH_QT_CFLAGS),$(filter-out bench/peers/map_qt.cpp,$(wildcard bench/peers/*_qt.cpp)))
# Peers that are compiled once for each kind of key.
BENCH_MAP := cow std $(if $(BENCH_ABSL),absl) $(if $(BENCH_QT_CFLAGS),qt) $(if $(BENCH_GLIB_CFLAGS),glib)
BENCH_MAP_OBJ := $(foreach peer,$(BENCH_MAP),$(BENCH_OUT)/obj/peers/map_$(peer)_u64.o $(BENCH_OUT)/obj/peers/map_$(peer)_str.o)
BENCH_RUST := $(if $(BENCH_CARGO),$(BENCH_OUT)/map_imrc/libmap_imrc.a) $(if $(BENCH_ARCSWAP),$(BENCH_OUT)/cell_arcswap/libcell_arcswap.a)
BENCH_OBJ := $(BENCH_C:bench/%.c=$(BENCH_OUT)/obj/%.o) $(BENCH_CPP:bench/%.cpp=$(BENCH_OUT)/obj/%.o) $(BENCH_MAP_OBJ)

# A new compiler, flag or peer rebuilds everything.
BENCH_SIGNATURE := $(CC) $(CXX) $(BENCH_CFLAGS) $(BENCH_CXXFLAGS) $(BENCH_DEFINES) $(BENCH_QT_FLAGS) $(BENCH_GLIB_FLAGS)
$(BENCH_OUT)/flags: bench-always
	@mkdir -p $(@D)/obj/peers
	@printf '%s\n' '$(subst ','\'',$(BENCH_SIGNATURE))' >$@.new
	@cmp -s $@.new $@ && rm $@.new || mv $@.new $@
.PHONY: bench-always

$(BENCH_OUT)/obj/%.o: bench/%.c $(BENCH_OUT)/flags
	@$(CC) $(BENCH_CFLAGS) $(BENCH_DEFINES) -MMD -MP -c $< -o $@

$(BENCH_OUT)/obj/peers/%_glib.o: bench/peers/%_glib.c $(BENCH_OUT)/flags
	@$(CC) $(BENCH_CFLAGS) $(BENCH_GLIB_FLAGS) -MMD -MP -c $< -o $@

$(BENCH_OUT)/obj/peers/%_qt.o: bench/peers/%_qt.cpp $(BENCH_OUT)/flags
	@$(CXX) $(BENCH_CXXFLAGS) $(BENCH_QT_FLAGS) -MMD -MP -c $< -o $@

$(BENCH_OUT)/obj/%.o: bench/%.cpp $(BENCH_OUT)/flags
	@$(CXX) $(BENCH_CXXFLAGS) $(BENCH_PEER_FLAGS) -MMD -MP -c $< -o $@

# An atomic shared_ptr comes with C++20.
$(BENCH_OUT)/obj/peers/cell_std.o $(BENCH_OUT)/obj/peers/list_std.o: BENCH_PEER_FLAGS := -std=c++20

# Maps, once with numbers and once with strings as keys.
$(BENCH_OUT)/obj/peers/map_%_str.o: BENCH_KEYS := -DMAP_STR
$(BENCH_OUT)/obj/peers/map_qt_%.o: BENCH_PEER_FLAGS := $(BENCH_QT_FLAGS)
$(BENCH_OUT)/obj/peers/map_glib_%.o: BENCH_PEER_FLAGS := $(BENCH_GLIB_FLAGS)

define BENCH_MAP_RULES
$(BENCH_OUT)/obj/peers/%_$(1).o: bench/peers/%.c $(BENCH_OUT)/flags
	@$$(CC) $$(BENCH_CFLAGS) $$(BENCH_PEER_FLAGS) $$(BENCH_KEYS) -MMD -MP -c $$< -o $$@

$(BENCH_OUT)/obj/peers/%_$(1).o: bench/peers/%.cpp $(BENCH_OUT)/flags
	@$$(CXX) $$(BENCH_CXXFLAGS) $$(BENCH_PEER_FLAGS) $$(BENCH_KEYS) -MMD -MP -c $$< -o $$@
endef
$(eval $(call BENCH_MAP_RULES,u64))
$(eval $(call BENCH_MAP_RULES,str))

-include $(BENCH_OBJ:.o=.d)

$(BENCH_OUT)/bench: $(BENCH_OBJ) $(BENCH_RUST)
	@$(CXX) -pthread $^ -o $@ $(BENCH_QT_LIBS) $(BENCH_GLIB_LIBS) $(BENCH_ABSL_LIBS) $(BENCH_CELL_LIBS) -lm -ldl

# From the crates that are installed; nothing is fetched, and nothing is kept outside the build folder.
define BENCH_RUST_RULE
$(BENCH_OUT)/$(1)/lib$(1).a: bench/peers/$(1).rs bench/peers/$(1).toml $(BENCH_OUT)/flags
	@mkdir -p $$(@D)
	@cp bench/peers/$(1).rs $$(@D) && cp bench/peers/$(1).toml $$(@D)/Cargo.toml
	@cd $$(@D) && CARGO_HOME=$$(abspath $$(@D))/home RUSTC=$(BENCH_RUSTC) RUSTFLAGS='$(if $(BENCH_NATIVE),-C target-cpu=native)' \
	    $(2) build --quiet --release --offline --target-dir target \
	    --config 'source.crates-io.replace-with="packaged"' --config 'source.packaged.directory="$(BENCH_CRATES)"'
	@cp $$(@D)/target/release/lib$(1).a $$@
endef
$(eval $(call BENCH_RUST_RULE,map_imrc,$(BENCH_CARGO)))
$(eval $(call BENCH_RUST_RULE,cell_arcswap,$(BENCH_ARCSWAP)))

$(BENCH)/java/CowalBench.class: bench/peers/CowalBench.java
	@mkdir -p $(@D)
	@javac -Xlint:all -Werror -d $(@D) $<

$(BENCH)/java/ClojureLoops.class: bench/peers/ClojureLoops.java
	@mkdir -p $(@D)
	@javac -Xlint:all -Werror -cp $(BENCH_CLOJURE) -d $(@D) $<

$(BENCH)/java/ClojureMapBench.class: bench/peers/ClojureMapBench.java $(BENCH)/java/CowalBench.class
	@javac -Xlint:all -Werror -cp $(BENCH)/java:$(BENCH_CLOJURE) -d $(@D) $<

$(BENCH)/java/CellLoops.class: bench/peers/CellLoops.java
	@mkdir -p $(@D)
	@javac -Xlint:all -Werror -d $(@D) $<

$(BENCH)/java/ListLoops.class: bench/peers/ListLoops.java
	@mkdir -p $(@D)
	@javac -Xlint:all -Werror -d $(@D) $<

.PHONY: bench-run
bench-run: bench-run-plain $(if $(filter map_u64 map_str all,$(SUITE)),$(if $(QUICK)$(filter no,$(NATIVE)),,bench-run-native))
	@sh bench/report.sh $(BENCH)/results.tsv $(BENCH)/report.html '$(WORDS)'

BENCH_CLASSES := $(if $(BENCH_JAVA),$(BENCH)/java/CowalBench.class $(BENCH)/java/CellLoops.class $(BENCH)/java/ListLoops.class) \
                 $(if $(BENCH_CLOJURE),$(BENCH)/java/ClojureMapBench.class $(BENCH)/java/ClojureLoops.class)
BENCH_RUN = $(BENCH_OUT)/bench $(BENCH_DEPTH) --results $(BENCH)/results.tsv --input '$(WORDS)' $(if $(BENCH_JAVA),--java $(BENCH)/java)

.PHONY: bench-run-plain
bench-run-plain: $(BENCH_OUT)/bench $(BENCH_CLASSES)
	@$(BENCH_RUN) --suite $(SUITE)

# Of all suites those of maps alone are run twice; NATIVE=no forbids it. This build is made only when it is needed.
.PHONY: bench-run-native
bench-run-native: bench-run-plain
	+@$(MAKE) --no-print-directory BENCH_NATIVE=1 SUITE=$(SUITE:all=maps) bench-run-plain

endif
