# SPDX-License-Identifier: MIT
# Properties: each *_prop.c is a program that draws its inputs with RapidCheck and shrinks what fails. Plain programs, and
# all again under ASan and UBSan; the models run with the element types of tests/unit/model_element.h (arrays),
# map_element.h (maps), and list_element.h (lists and cells); that of sets for many threads without and with an order.

PB := $(BUILD)/prop
PROP_NAMES := $(patsubst tests/prop/%.c,%,$(wildcard tests/prop/*_prop.c))
PROP_MODELS := $(filter array_model_prop map_model_prop list_model_prop cell_model_prop list_set_prop,$(PROP_NAMES))
array_model_prop_release := TRACKED PLAIN
array_model_prop_asan := TRACKED NESTED
map_model_prop_release := PLAIN TRACKED
map_model_prop_asan := UNORDERED STRING SET
list_model_prop_release := TRACKED PLAIN
list_model_prop_asan := TRACKED STRING
cell_model_prop_release := TRACKED PLAIN
cell_model_prop_asan := TRACKED STRING
list_set_prop_release := UNORDERED ORDERED
list_set_prop_asan := UNORDERED ORDERED
# $(call prop_runs,folder)
prop_runs = $(addprefix $(1)/,\
    $(filter-out $(PROP_MODELS),$(PROP_NAMES)) $(foreach m,$(PROP_MODELS),$($(m)_$(1):%=$(m)_%)))
PROP_RUNS := $(call prop_runs,release) $(call prop_runs,asan)
PROP_C = $(CC) $(CSTD) $(WARN) $(INC) -Itests/prop -g -fexceptions

.PHONY: setup-rapidcheck
$(PB)/%.o: tests/prop/rapidcheck-c/%.cpp tests/prop/rapidcheck-c/rapidcheck_c.h | setup-rapidcheck
	@mkdir -p $(@D)
	@$(CXX) $(CXXSTD) $(CXXWARN) -O1 -g -c $< -o $@

setup-rapidcheck: ; @$(SETUP_SH) g++ librapidcheck-dev

$(PB)/selftest: tests/prop/rapidcheck-c/selftest.c $(PB)/rapidcheck_c.o
	@$(PROP_C) -O1 -c $< -o $@.o
	@$(CXX) $@.o $(PB)/rapidcheck_c.o -lrapidcheck -o $@

# $(call prop_program,program,source,flags)
define prop_program_rule
$(PB)/$(1): $(2) $(PB)/rapidcheck_c.o $(wildcard tests/prop/*.h) $(TEST_KIT) $(COW_H)
	@mkdir -p $$(@D)
	@$(PROP_C) $(3) -c $(2) -o $$@.o
	@$(CXX) $(filter -fsanitize%,$(3)) $$@.o $(PB)/rapidcheck_c.o -lrapidcheck -o $$@
endef
prop_program = $(eval $(call prop_program_rule,$(1),$(2),$(3)))

# $(call prop_programs,folder,flags)
prop_programs = \
    $(foreach p,$(filter-out $(PROP_MODELS),$(PROP_NAMES)),$(call prop_program,$(1)/$(p),tests/prop/$(p).c,$(2)))\
    $(foreach m,$(PROP_MODELS),$(foreach e,$($(m)_$(1)),\
        $(call prop_program,$(1)/$(m)_$(e),tests/prop/$(m).c,$(2) -DMODEL_ELEMENT=$(e))))
# Most of the time goes into compiling, and little into the code under test: so no more optimisation than that is worth.
$(call prop_programs,release,$(patsubst -O2,-O1,$(RELEASE)))
$(call prop_programs,asan,$(SANITIZE))

# Running a program is a file that never comes to be, so it happens each time, and several at once.
$(PB)/logs/%: $(PB)/% FORCE
	@sh tests/prop/run.sh $@.log $<

.PHONY: prop-selftest prop-all
prop-selftest: $(PB)/selftest
	@sh tests/prop/rapidcheck-c/selftest.sh $< $(PB)/selftest-logs

prop-all: $(PROP_RUNS:%=$(PB)/logs/%) prop-selftest
	@sh tests/prop/run.sh --sum $(PROP_RUNS:%=$(PB)/logs/%.log)

## prop: properties with shrinking (RapidCheck), and a self-test of the C face; RC_PARAMS=... for more, or to reproduce
.PHONY: prop
prop: export RC_PARAMS := $(RC_PARAMS)
prop:
	+@$(MAKE) --no-print-directory $(if $(findstring jobserver,$(MAKEFLAGS)),,-j$(JOBS)) prop-all

# Faults that properties catch are planted, too.
planted: $(PB)/rapidcheck_c.o
