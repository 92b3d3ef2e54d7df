# SPDX-License-Identifier: MIT
# The test kit: what each runner is made of. docs/design/testing.md says what each one is for.
#
# Programs are built once per set of flags under $(BUILD)/tests and rebuilt when the header changes; running them is cheap,
# so a target runs all of its programs every time and shows their closing lines.

TB := $(BUILD)/tests
TEST_KIT := $(wildcard tests/unit/*.h)
TEST_C := $(CSTD) $(WARN) $(INC) -g
# gcc notes at every use that it once passed over-aligned structs differently; the memory test has one such type.
RELEASE := -O2 -DNDEBUG $(if $(findstring clang,$(CC)),,-Wno-psabi)

# GNU addr2line does not follow clang 14's DWARF 5 into inlined functions; llvm-addr2line does.
TRACEABLE := -no-pie $(if $(findstring clang,$(CC)),-gdwarf-4)

.PHONY: setup-cmocka setup-clang-cmocka setup-valgrind setup-llvm setup-cxx FORCE
setup-cmocka: ; @$(SETUP_SH) libcmocka-dev
setup-clang-cmocka: ; @$(SETUP_SH) clang libclang-rt-14-dev libcmocka-dev
setup-valgrind: ; @$(SETUP_SH) valgrind libcmocka-dev
setup-llvm: ; @$(SETUP_SH) clang libclang-rt-14-dev llvm libcmocka-dev
setup-cxx: ; @$(SETUP_SH) g++ clang
FORCE: ;

# $(call test_program,group/name,source,compiler,flags,setup target)
define test_program_rule
$(TB)/$(1): $(2) $(TEST_KIT) $(COW_H) | $(5)
	@mkdir -p $$(@D)
	@$(3) $(TEST_C) $(4) $(2) -o $$@ -lcmocka -lpthread
endef
test_program = $(eval $(call test_program_rule,$(1),$(2),$(3),$(4),$(5)))

# Running a program is a file that never comes to be, so it happens each time. RUN_ARGS_<group/name> are its arguments,
# RUNNER_<group> is what it runs under.
$(TB)/run/%: $(TB)/% FORCE
	@sh tests/run.sh $* $(TB)/log/$*.log $(RUNNER_$(firstword $(subst /, ,$*))) $< $(RUN_ARGS_$*)

# The units with nothing special about them.
STR_UNITS := str str_share str_write str_search str_split str_number str_element utf8
MAP_UNITS := map map_own map_share map_algebra map_type map_collision set
LIST_UNITS := list list_share list_view java_table
# Once as they are, and once with the order of insertion.
LIST_SET_UNITS := list_set list_set_share
# Those that also run with COW_PAGED_EAGER, which copies; paged_io has something to wrap only where writes are caught.
PAGED_UNITS := paged paged_heap paged_io
PAGED_EAGER := paged paged_heap
UNITS := atomic error hash memory memory_large refcount type drop buffer array_value array_write array_order array_bulk stats \
    $(STR_UNITS) $(MAP_UNITS) cell $(LIST_UNITS) $(LIST_SET_UNITS) $(PAGED_UNITS)
# The model test and the out-of-memory sweep run with each element type of model_element.h.
ELEMENTS := TRACKED NONATOMIC PLAIN ALIGNED ODD NESTED ARENA
# The random histories of maps run with each kind of map of model_map.h, the sweeps of maps and of lists with these.
MAPS := TRACKED FORGED UNORDERED STORED PLAIN STRINGS NESTED SETS ARENA NONATOMIC
OOM_MAPS := FORGED STORED NESTED SETS
OOM_LISTS := TRACKED PLAIN NESTED ARENA

# ---- unit ----

DEBUG_UNITS := array_value array_write array_order array_bulk type drop buffer str str_share str_write str_split str_element \
    $(MAP_UNITS) cell $(LIST_UNITS) $(LIST_SET_UNITS) paged paged_heap
UNIT_RUNS := $(UNITS) atomic_c11 hash_seed hash_real stats_on trace trace_O0 live live_debug panic $(DEBUG_UNITS:%=debug_%) \
    str_share_stats static_array_write O0_array_write static_str_write O0_str_write static_map_share O0_map_share map_share_stats static_cell O0_cell \
    static_list_share O0_list_share list_share_stats \
    static_list_set O0_list_set $(LIST_SET_UNITS:%=ordered_%) $(LIST_SET_UNITS:%=debug_ordered_%) \
    static_paged O0_paged $(PAGED_EAGER:%=eager_%) \
    $(ELEMENTS:%=model_%) model_debug model_stats model_trace $(MAPS:%=map_model_%) map_model_debug map_model_trace

$(foreach u,$(UNITS),$(call test_program,unit/$(u),tests/unit/$(u)_test.c,$(CC),$(RELEASE),setup-cmocka))
$(call test_program,unit/atomic_c11,tests/unit/atomic_test.c,$(CC),$(RELEASE) -DCOW_ATOMICS_C11,setup-cmocka)
$(call test_program,unit/hash_seed,tests/unit/hash_test.c,$(CC),$(RELEASE) -DCOW_SEED=42,setup-cmocka)
$(call test_program,unit/hash_real,tests/unit/hash_test.c,$(CC),$(RELEASE) -DREAL_RANDOM,setup-cmocka)
$(call test_program,unit/stats_on,tests/unit/stats_test.c,$(CC),$(RELEASE) -DCOW_STATS,setup-cmocka)
$(call test_program,unit/trace,tests/unit/trace_test.c,$(CC),$(RELEASE) $(TRACEABLE),setup-cmocka)
$(call test_program,unit/trace_O0,tests/unit/trace_test.c,$(CC),-O0 $(TRACEABLE),setup-cmocka)
$(call test_program,unit/live,tests/unit/live_test.c,$(CC),$(RELEASE) -DCOW_TRACE,setup-cmocka)
$(call test_program,unit/live_debug,tests/unit/live_test.c,$(CC),$(RELEASE) -DCOW_DEBUG,setup-cmocka)
$(call test_program,unit/panic,tests/unit/panic_test.c,$(CC),$(RELEASE) -DCOW_DEBUG,setup-cmocka)
$(foreach u,$(DEBUG_UNITS),\
    $(call test_program,unit/debug_$(u),tests/unit/$(u)_test.c,$(CC),$(RELEASE) -DCOW_DEBUG,setup-cmocka))
$(foreach u,$(PAGED_EAGER),\
    $(call test_program,unit/eager_$(u),tests/unit/$(u)_test.c,$(CC),$(RELEASE) -DCOW_PAGED_EAGER,setup-cmocka))
$(foreach u,array_write str_write map_share cell list_share list_set paged,\
    $(call test_program,unit/static_$(u),tests/unit/$(u)_test.c,$(CC),$(RELEASE) -DCOW_STATIC,setup-cmocka)\
    $(call test_program,unit/O0_$(u),tests/unit/$(u)_test.c,$(CC),-O0,setup-cmocka))
$(foreach u,$(LIST_SET_UNITS),\
    $(call test_program,unit/ordered_$(u),tests/unit/$(u)_test.c,$(CC),$(RELEASE) -DORDERED,setup-cmocka)\
    $(call test_program,unit/debug_ordered_$(u),tests/unit/$(u)_test.c,$(CC),$(RELEASE) -DORDERED -DCOW_DEBUG,setup-cmocka))
$(foreach u,str_share map_share list_share,\
    $(call test_program,unit/$(u)_stats,tests/unit/$(u)_test.c,$(CC),$(RELEASE) -DCOW_STATS -DCOW_TRACE,setup-cmocka))
$(foreach e,$(ELEMENTS),\
    $(call test_program,unit/model_$(e),tests/unit/array_model_test.c,$(CC),$(RELEASE) -DMODEL_ELEMENT=$(e),setup-cmocka))
$(call test_program,unit/model_debug,tests/unit/array_model_test.c,$(CC),$(RELEASE) -DCOW_DEBUG,setup-cmocka)
$(call test_program,unit/model_stats,tests/unit/array_model_test.c,$(CC),$(RELEASE) -DCOW_STATS,setup-cmocka)
$(call test_program,unit/model_trace,tests/unit/array_model_test.c,$(CC),$(RELEASE) -DCOW_TRACE,setup-cmocka)
$(foreach m,$(MAPS),\
    $(call test_program,unit/map_model_$(m),tests/unit/map_model_test.c,$(CC),$(RELEASE) -DMODEL_MAP=$(m),setup-cmocka)\
    $(eval RUN_ARGS_unit/map_model_$(m) := 300 1))
$(call test_program,unit/map_model_debug,tests/unit/map_model_test.c,$(CC),$(RELEASE) -DCOW_DEBUG,setup-cmocka)
$(call test_program,unit/map_model_trace,tests/unit/map_model_test.c,$(CC),$(RELEASE) -DCOW_TRACE -DCOW_STATS,setup-cmocka)
RUN_ARGS_unit/map_model_FORGED := 1000 1
RUN_ARGS_unit/map_model_PLAIN := 1000 2
RUN_ARGS_unit/map_model_STRINGS := 100 3
RUN_ARGS_unit/map_model_debug := 100 4
RUN_ARGS_unit/map_model_trace := 100 5
RUN_ARGS_unit/model_TRACKED := 1000000 1
RUN_ARGS_unit/model_NONATOMIC := 300000 2
RUN_ARGS_unit/model_PLAIN := 1000000 3
RUN_ARGS_unit/model_ALIGNED := 300000 4
RUN_ARGS_unit/model_ODD := 300000 10
RUN_ARGS_unit/model_NESTED := 300000 5
RUN_ARGS_unit/model_ARENA := 300000 6
RUN_ARGS_unit/model_debug := 100000 7
RUN_ARGS_unit/model_stats := 100000 8
RUN_ARGS_unit/model_trace := 100000 9

## unit: unit tests of every part, the randomised model test with seven element types, random histories of ten kinds of map
.PHONY: unit
unit: $(UNIT_RUNS:%=$(TB)/run/unit/%)
	@sh tests/unit/java_table_test.sh $(CC)
	@echo "unit: $(words $(UNIT_RUNS)) programs passed"

# ---- fail ----

$(call test_program,fail/death_gcc,tests/fail/death_test.c,$(CC),$(RELEASE),setup-cmocka)
$(call test_program,fail/death_gcc_O0,tests/fail/death_test.c,$(CC),-O0,setup-cmocka)
$(call test_program,fail/death_clang,tests/fail/death_test.c,$(CLANG),-O2,setup-clang-cmocka)

## fail: programs that must not compile, mistakes that COW_DEBUG builds must die of, and crashes that others must report
.PHONY: fail
fail: must-not-compile paged-reports $(TB)/run/fail/death_gcc $(TB)/run/fail/death_gcc_O0 $(TB)/run/fail/death_clang

.PHONY: must-not-compile
must-not-compile: $(COW_H) | setup-cxx
	@sh tests/fail/must_not_compile.sh $(TB)/fail/objects $(CC):$(CXX) $(CLANG):$(CLANGXX)

.PHONY: paged-reports
paged-reports: $(COW_H) | setup-clang-cmocka
	@sh tests/fail/paged_reports.sh $(TB)/fail/reports $(CC) $(CLANG)

# ---- oom ----

$(foreach e,$(ELEMENTS),\
    $(call test_program,oom/$(e),tests/oom/oom_test.c,$(CC),$(RELEASE) -DMODEL_ELEMENT=$(e),setup-cmocka))

$(call test_program,oom/str,tests/oom/oom_str.c,$(CC),$(RELEASE),setup-cmocka)
$(call test_program,oom/cell,tests/oom/oom_cell.c,$(CC),$(RELEASE),setup-cmocka)
$(foreach e,$(OOM_LISTS),\
    $(call test_program,oom/list_$(e),tests/oom/oom_list.c,$(CC),$(RELEASE) -DMODEL_ELEMENT=$(e),setup-cmocka))
$(call test_program,oom/list_set,tests/oom/oom_list_set.c,$(CC),$(RELEASE),setup-cmocka)
$(call test_program,oom/list_set_ordered,tests/oom/oom_list_set.c,$(CC),$(RELEASE) -DORDERED,setup-cmocka)
$(foreach m,$(OOM_MAPS),\
    $(call test_program,oom/map_$(m),tests/oom/oom_map.c,$(CC),$(RELEASE) -DMODEL_MAP=$(m),setup-cmocka))

## oom: every public function under every failing allocation and every failing copy hook
.PHONY: oom
oom: $(ELEMENTS:%=$(TB)/run/oom/%) $(TB)/run/oom/str $(TB)/run/oom/cell $(OOM_MAPS:%=$(TB)/run/oom/map_%) \
    $(OOM_LISTS:%=$(TB)/run/oom/list_%) $(TB)/run/oom/list_set $(TB)/run/oom/list_set_ordered
	@sh tests/oom/names.sh $(CC) $(TB)/oom/TRACKED $(TB)/oom/str $(TB)/oom/cell $(TB)/oom/map_FORGED $(TB)/oom/map_SETS \
	    $(TB)/oom/list_TRACKED $(TB)/oom/list_set_ordered

# ---- stress ----

STRESS := threads str_threads map_threads cell_threads cell_exit list_threads list_set_threads tail_race map_race deep_drop prefork map_robust \
    paged_threads paged_inside paged_signals paged_limits paged_seccomp paged_hostile
$(foreach s,$(STRESS),$(call test_program,stress/$(s),tests/stress/$(s)_test.c,$(CC),$(RELEASE),setup-cmocka))
$(call test_program,stress/list_set_threads_ordered,tests/stress/list_set_threads_test.c,$(CC),$(RELEASE) -DORDERED,setup-cmocka)
$(call test_program,stress/threads_debug,tests/stress/threads_test.c,$(CC),$(RELEASE) -DCOW_DEBUG,setup-cmocka)
RUN_ARGS_stress/threads := 500000
RUN_ARGS_stress/str_threads := 2000000
RUN_ARGS_stress/map_threads := 100000
RUN_ARGS_stress/cell_threads := 4000000
RUN_ARGS_stress/list_threads := 400000
RUN_ARGS_stress/list_set_threads := 400000
RUN_ARGS_stress/list_set_threads_ordered := 200000
RUN_ARGS_stress/map_race := 20000
RUN_ARGS_stress/map_robust := 1000000
RUN_ARGS_stress/paged_threads := 20000
RUN_ARGS_stress/tail_race := 200000
RUN_ARGS_stress/threads_debug := 20000

## stress: threads on shared values, racing for one tail or one node; 10,000,000 nested drops on 64 KiB of stack; forked readers of 500 MB
.PHONY: stress
stress: $(STRESS:%=$(TB)/run/stress/%) $(TB)/run/stress/list_set_threads_ordered $(TB)/run/stress/threads_debug

$(call test_program,robust/map_robust,tests/stress/map_robust_test.c,$(CC),$(RELEASE),setup-cmocka)
$(call test_program,robust/map_model,tests/unit/map_model_test.c,$(CC),$(RELEASE),setup-cmocka)
RUN_ARGS_robust/map_model := 1000 1

## robust: figures of maps under attack: 100,000 keys of one hash, 10,000,000 nested maps (needs 4 GB), 1,000 random histories
.PHONY: robust
robust: $(TB)/run/robust/map_robust $(TB)/run/robust/map_model

# ---- asan: AddressSanitizer with leak detection, and UndefinedBehaviorSanitizer ----

# Without optimisation: compiling takes most of the time, and nothing is optimised away. Long sweeps are.
SANITIZE := -O0 -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=all
SANITIZE_LONG := $(SANITIZE:-O0=-O1)
ASAN_UNITS := error hash memory memory_large refcount type drop buffer array_value array_write array_order array_bulk \
    $(STR_UNITS) $(MAP_UNITS) cell $(LIST_UNITS) $(LIST_SET_UNITS)
ASAN_GCC_UNITS := array_write type str_write str_search map_share map_collision cell list_share
ASAN_GCC_ELEMENTS := TRACKED PLAIN NESTED
ASAN_OOM_MAPS := FORGED NESTED
ASAN_RUNS := $(ASAN_UNITS:%=clang_%) $(ELEMENTS:%=clang_oom_%) $(ELEMENTS:%=clang_model_%) clang_oom_str clang_oom_cell \
    $(ASAN_GCC_UNITS:%=gcc_%) gcc_oom_str $(ASAN_GCC_ELEMENTS:%=gcc_oom_%) $(ASAN_GCC_ELEMENTS:%=gcc_model_%) \
    $(MAPS:%=clang_map_model_%) $(ASAN_OOM_MAPS:%=clang_oom_map_%) gcc_map_model_PLAIN gcc_oom_map_NESTED \
    $(OOM_LISTS:%=clang_oom_list_%) clang_oom_list_set clang_oom_list_set_ordered $(LIST_SET_UNITS:%=clang_ordered_%)
RUNNER_asan := env ASAN_OPTIONS=detect_leaks=1:detect_stack_use_after_return=1:strict_string_checks=1 UBSAN_OPTIONS=print_stacktrace=1

$(foreach u,$(ASAN_UNITS),$(call test_program,asan/clang_$(u),tests/unit/$(u)_test.c,$(CLANG),$(SANITIZE),setup-clang-cmocka))
$(foreach e,$(ELEMENTS),\
    $(call test_program,asan/clang_oom_$(e),tests/oom/oom_test.c,$(CLANG),$(SANITIZE) -DMODEL_ELEMENT=$(e),setup-clang-cmocka)\
    $(call test_program,asan/clang_model_$(e),tests/unit/array_model_test.c,$(CLANG),$(SANITIZE) -DMODEL_ELEMENT=$(e),setup-clang-cmocka)\
    $(eval RUN_ARGS_asan/clang_model_$(e) := 60000 11))
$(foreach u,$(ASAN_GCC_UNITS),$(call test_program,asan/gcc_$(u),tests/unit/$(u)_test.c,$(CC),$(SANITIZE),setup-cmocka))
$(foreach e,$(ASAN_GCC_ELEMENTS),\
    $(call test_program,asan/gcc_oom_$(e),tests/oom/oom_test.c,$(CC),$(SANITIZE) -DMODEL_ELEMENT=$(e),setup-cmocka)\
    $(call test_program,asan/gcc_model_$(e),tests/unit/array_model_test.c,$(CC),$(SANITIZE) -DMODEL_ELEMENT=$(e),setup-cmocka)\
    $(eval RUN_ARGS_asan/gcc_model_$(e) := 60000 12))

$(foreach m,$(MAPS),\
    $(call test_program,asan/clang_map_model_$(m),tests/unit/map_model_test.c,$(CLANG),$(SANITIZE) -DMODEL_MAP=$(m),setup-clang-cmocka)\
    $(eval RUN_ARGS_asan/clang_map_model_$(m) := 60 11))
RUN_ARGS_asan/clang_map_model_STRINGS := 20 12
$(foreach m,$(ASAN_OOM_MAPS),\
    $(call test_program,asan/clang_oom_map_$(m),tests/oom/oom_map.c,$(CLANG),$(SANITIZE_LONG) -DMODEL_MAP=$(m),setup-clang-cmocka)\
    $(eval RUN_ARGS_asan/clang_oom_map_$(m) := 7))
$(call test_program,asan/gcc_map_model_PLAIN,tests/unit/map_model_test.c,$(CC),$(SANITIZE) -DMODEL_MAP=PLAIN,setup-cmocka)
RUN_ARGS_asan/gcc_map_model_PLAIN := 60 13
$(call test_program,asan/gcc_oom_map_NESTED,tests/oom/oom_map.c,$(CC),$(SANITIZE_LONG) -DMODEL_MAP=NESTED,setup-cmocka)
$(call test_program,asan/clang_oom_cell,tests/oom/oom_cell.c,$(CLANG),$(SANITIZE),setup-clang-cmocka)
$(foreach e,$(OOM_LISTS),\
    $(call test_program,asan/clang_oom_list_$(e),tests/oom/oom_list.c,$(CLANG),$(SANITIZE) -DMODEL_ELEMENT=$(e),setup-clang-cmocka))
$(call test_program,asan/clang_oom_list_set,tests/oom/oom_list_set.c,$(CLANG),$(SANITIZE),setup-clang-cmocka)
$(call test_program,asan/clang_oom_list_set_ordered,tests/oom/oom_list_set.c,$(CLANG),$(SANITIZE) -DORDERED,setup-clang-cmocka)
$(foreach u,$(LIST_SET_UNITS),\
    $(call test_program,asan/clang_ordered_$(u),tests/unit/$(u)_test.c,$(CLANG),$(SANITIZE) -DORDERED,setup-clang-cmocka))
$(call test_program,asan/clang_oom_str,tests/oom/oom_str.c,$(CLANG),$(SANITIZE),setup-clang-cmocka)
$(call test_program,asan/gcc_oom_str,tests/oom/oom_str.c,$(CC),$(SANITIZE),setup-cmocka)

# Paged regions: faults and aborts are theirs to look at. The sweep of refused calls takes too long here; those of
# fuzz-replay run under ASan, too.
ASAN_PAGED := clang_paged clang_paged_heap clang_paged_io clang_paged_inside clang_paged_threads clang_paged_signals gcc_paged_io \
    gcc_paged_signals
RUNNER_asan_paged := env ASAN_OPTIONS=detect_leaks=1:detect_stack_use_after_return=1:handle_segv=0:handle_abort=0 \
    UBSAN_OPTIONS=print_stacktrace=1
PAGED_NOT_ALONE := -DLESS=4 -DNO_MEMORY_FIGURES='"the sanitizer takes memory as well"'
$(foreach u,paged paged_heap paged_io,\
    $(call test_program,asan_paged/clang_$(u),tests/unit/$(u)_test.c,$(CLANG),$(SANITIZE),setup-clang-cmocka))
$(foreach s,inside threads signals,\
    $(call test_program,asan_paged/clang_paged_$(s),tests/stress/paged_$(s)_test.c,$(CLANG),$(SANITIZE) $(PAGED_NOT_ALONE),setup-clang-cmocka))
$(call test_program,asan_paged/gcc_paged_io,tests/unit/paged_io_test.c,$(CC),$(SANITIZE),setup-cmocka)
$(call test_program,asan_paged/gcc_paged_signals,tests/stress/paged_signals_test.c,$(CC),$(SANITIZE) -DLESS=4,setup-cmocka)
RUN_ARGS_asan_paged/clang_paged := 1
RUN_ARGS_asan_paged/clang_paged_threads := 200 2000

## asan: units, out-of-memory sweep, model test and paged regions under ASan (with leaks) and UBSan, clang and gcc
.PHONY: asan
asan: $(ASAN_RUNS:%=$(TB)/run/asan/%) $(ASAN_PAGED:%=$(TB)/run/asan_paged/%)
	@echo "asan: $(words $(ASAN_RUNS) $(ASAN_PAGED)) programs passed"

# ---- tsan ----

TSAN := -O1 -fsanitize=thread
$(call test_program,tsan/threads_clang,tests/stress/threads_test.c,$(CLANG),$(TSAN),setup-clang-cmocka)
$(call test_program,tsan/threads_c11,tests/stress/threads_test.c,$(CLANG),$(TSAN) -DCOW_ATOMICS_C11,setup-clang-cmocka)
$(call test_program,tsan/threads_gcc,tests/stress/threads_test.c,$(CC),$(TSAN),setup-cmocka)
$(call test_program,tsan/refcount_clang,tests/unit/refcount_test.c,$(CLANG),$(TSAN),setup-clang-cmocka)
$(call test_program,tsan/atomic_clang,tests/unit/atomic_test.c,$(CLANG),$(TSAN),setup-clang-cmocka)
$(call test_program,tsan/tail_race_clang,tests/stress/tail_race_test.c,$(CLANG),$(TSAN),setup-clang-cmocka)
$(call test_program,tsan/tail_race_gcc,tests/stress/tail_race_test.c,$(CC),$(TSAN),setup-cmocka)
$(call test_program,tsan/str_threads_clang,tests/stress/str_threads_test.c,$(CLANG),$(TSAN),setup-clang-cmocka)
$(call test_program,tsan/str_threads_c11,tests/stress/str_threads_test.c,$(CLANG),$(TSAN) -DCOW_ATOMICS_C11,setup-clang-cmocka)
$(call test_program,tsan/str_threads_gcc,tests/stress/str_threads_test.c,$(CC),$(TSAN),setup-cmocka)
$(foreach s,map_threads map_race cell_threads list_threads list_set_threads,\
    $(call test_program,tsan/$(s)_clang,tests/stress/$(s)_test.c,$(CLANG),$(TSAN),setup-clang-cmocka)\
    $(call test_program,tsan/$(s)_c11,tests/stress/$(s)_test.c,$(CLANG),$(TSAN) -DCOW_ATOMICS_C11,setup-clang-cmocka)\
    $(call test_program,tsan/$(s)_gcc,tests/stress/$(s)_test.c,$(CC),$(TSAN),setup-cmocka)\
    $(eval RUN_ARGS_tsan/$(s)_c11 := 2000)\
    $(eval RUN_ARGS_tsan/$(s)_clang := 4000)\
    $(eval RUN_ARGS_tsan/$(s)_gcc := 4000))
$(call test_program,tsan/cell_exit_clang,tests/stress/cell_exit_test.c,$(CLANG),$(TSAN),setup-clang-cmocka)
$(call test_program,tsan/cell_exit_gcc,tests/stress/cell_exit_test.c,$(CC),$(TSAN),setup-cmocka)
RUN_ARGS_tsan/cell_threads_clang := 200000
RUN_ARGS_tsan/cell_threads_gcc := 200000
RUN_ARGS_tsan/cell_threads_c11 := 100000
RUN_ARGS_tsan/list_threads_clang := 40000
RUN_ARGS_tsan/list_threads_gcc := 40000
RUN_ARGS_tsan/list_threads_c11 := 20000
$(call test_program,tsan/list_set_threads_ordered_clang,tests/stress/list_set_threads_test.c,$(CLANG),$(TSAN) -DORDERED,setup-clang-cmocka)
$(call test_program,tsan/list_set_threads_ordered_gcc,tests/stress/list_set_threads_test.c,$(CC),$(TSAN) -DORDERED,setup-cmocka)
$(foreach s,clang gcc c11 ordered_clang ordered_gcc,$(eval RUN_ARGS_tsan/list_set_threads_$(s) := 20000))
RUN_ARGS_tsan/str_threads_clang := 100000
RUN_ARGS_tsan/str_threads_c11 := 50000
RUN_ARGS_tsan/str_threads_gcc := 50000
RUN_ARGS_tsan/threads_clang := 20000
RUN_ARGS_tsan/threads_c11 := 10000
RUN_ARGS_tsan/threads_gcc := 20000
RUNNER_tsan := env TSAN_OPTIONS=halt_on_error=1:exitcode=66

# Paged regions, but not paged_signals: TSan holds a lock of its own during an atomic operation and in an asynchronous
# handler, and waits for it when a fault comes there (clang 14), or dies (gcc 12).
$(foreach s,inside threads,\
    $(call test_program,tsan/paged_$(s)_clang,tests/stress/paged_$(s)_test.c,$(CLANG),$(TSAN) $(PAGED_NOT_ALONE),setup-clang-cmocka)\
    $(call test_program,tsan/paged_$(s)_gcc,tests/stress/paged_$(s)_test.c,$(CC),$(TSAN) $(PAGED_NOT_ALONE),setup-cmocka))
RUN_ARGS_tsan/paged_threads_clang := 200 2000
RUN_ARGS_tsan/paged_threads_gcc := 50 1000

TSAN_RUNS := threads_clang threads_gcc threads_c11 str_threads_clang str_threads_gcc str_threads_c11 tail_race_clang \
    tail_race_gcc refcount_clang atomic_clang map_threads_clang map_threads_gcc map_threads_c11 map_race_clang map_race_gcc \
    map_race_c11 cell_exit_clang cell_exit_gcc cell_threads_clang cell_threads_gcc cell_threads_c11 list_threads_clang list_threads_gcc list_threads_c11 \
    $(addprefix list_set_threads_,clang gcc c11 ordered_clang ordered_gcc) \
    paged_inside_clang paged_inside_gcc paged_threads_clang paged_threads_gcc

## tsan: the thread stress and the races for one tail or one node under ThreadSanitizer, clang and gcc
.PHONY: tsan
tsan: $(TSAN_RUNS:%=$(TB)/run/tsan/%)

# ---- valgrind ----

VALGRIND_UNITS := array_value array_write array_bulk type buffer memory_large str str_share str_split str_element \
    map map_own map_share map_algebra map_type set cell $(LIST_UNITS) $(LIST_SET_UNITS)
VALGRIND_ELEMENTS := TRACKED PLAIN NESTED
VALGRIND_MAPS := FORGED STORED PLAIN STRINGS
VALGRIND_RUNS := $(VALGRIND_UNITS) $(VALGRIND_ELEMENTS:%=model_%) $(VALGRIND_MAPS:%=map_model_%)
$(foreach u,$(VALGRIND_UNITS),$(call test_program,valgrind/$(u),tests/unit/$(u)_test.c,$(CC),-O1,setup-valgrind))
$(foreach e,$(VALGRIND_ELEMENTS),\
    $(call test_program,valgrind/model_$(e),tests/unit/array_model_test.c,$(CC),-O1 -DMODEL_ELEMENT=$(e),setup-valgrind)\
    $(eval RUN_ARGS_valgrind/model_$(e) := 15000 21))
$(foreach m,$(VALGRIND_MAPS),\
    $(call test_program,valgrind/map_model_$(m),tests/unit/map_model_test.c,$(CC),-O1 -DMODEL_MAP=$(m),setup-valgrind)\
    $(eval RUN_ARGS_valgrind/map_model_$(m) := 12 21))
RUNNER_valgrind := valgrind -q --error-exitcode=99 --leak-check=full --errors-for-leak-kinds=definite

# Paged regions: a handler that goes on needs registers that are up to date at each access.
VALGRIND_PAGED := paged paged_io paged_inside paged_signals
RUNNER_valgrind_paged := $(RUNNER_valgrind) --vex-iropt-register-updates=allregs-at-mem-access
$(foreach u,paged paged_io,$(call test_program,valgrind_paged/$(u),tests/unit/$(u)_test.c,$(CC),-O1,setup-valgrind))
$(call test_program,valgrind_paged/paged_inside,tests/stress/paged_inside_test.c,$(CC),-O1,setup-valgrind)
$(call test_program,valgrind_paged/paged_signals,tests/stress/paged_signals_test.c,$(CC),-O1 -DLESS=20 \
    -DNO_FORKED_CHILDREN='"valgrind takes what MADV_DONTFORK withholds for there"',setup-valgrind)
RUN_ARGS_valgrind_paged/paged := 0

## valgrind: array, string, map and paged units and short model tests under valgrind
.PHONY: valgrind
valgrind: $(VALGRIND_RUNS:%=$(TB)/run/valgrind/%) $(VALGRIND_PAGED:%=$(TB)/run/valgrind_paged/%)
	@echo "valgrind: $(words $(VALGRIND_RUNS) $(VALGRIND_PAGED)) programs passed"

# ---- coverage ----

COVER := -O0 -fprofile-instr-generate -fcoverage-mapping
COVER_RUNS := $(UNITS) $(ELEMENTS:%=oom_%) oom_str model_TRACKED model_PLAIN oom_map_FORGED map_model_FORGED map_model_STORED
$(foreach u,$(UNITS),$(call test_program,coverage/$(u),tests/unit/$(u)_test.c,$(CLANG),$(COVER),setup-llvm))
$(foreach e,$(ELEMENTS),\
    $(call test_program,coverage/oom_$(e),tests/oom/oom_test.c,$(CLANG),$(COVER) -DMODEL_ELEMENT=$(e),setup-llvm))
$(call test_program,coverage/oom_str,tests/oom/oom_str.c,$(CLANG),$(COVER),setup-llvm)
$(foreach e,TRACKED PLAIN,\
    $(call test_program,coverage/model_$(e),tests/unit/array_model_test.c,$(CLANG),$(COVER) -DMODEL_ELEMENT=$(e),setup-llvm)\
    $(eval RUN_ARGS_coverage/model_$(e) := 50000 31))
$(call test_program,coverage/oom_map_FORGED,tests/oom/oom_map.c,$(CLANG),$(COVER),setup-llvm)
$(foreach m,FORGED STORED,\
    $(call test_program,coverage/map_model_$(m),tests/unit/map_model_test.c,$(CLANG),$(COVER) -DMODEL_MAP=$(m),setup-llvm)\
    $(eval RUN_ARGS_coverage/map_model_$(m) := 100 31))
RUNNER_coverage = env LLVM_PROFILE_FILE=$(TB)/coverage/$(notdir $*).profraw

## coverage: lines and branches of cow.h that units, out-of-memory sweep and model test reach
.PHONY: coverage
coverage: $(COVER_RUNS:%=$(TB)/run/coverage/%)
	@sh tests/coverage.sh $(TB)/coverage $(COVER_RUNS)

# ---- soak ----

include tests/soak/soak.mk

# ---- planted ----

## planted: plant known faults in a copy of cow.h; each must be caught by the runner that is there for it
.PHONY: planted
planted: $(COW_H) | setup-clang-cmocka
	@sh tests/planted.sh $(TB)/planted $(CC) $(CLANG) $(JOBS)
