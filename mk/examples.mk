# SPDX-License-Identifier: MIT
# Every examples/NAME.c is a program. The check runs it, on NAME.in when there is one, and compares with NAME.out.

EXAMPLES := $(patsubst examples/%.c,%,$(wildcard examples/*.c))
EXAMPLE_CFLAGS := $(BASE_CFLAGS) -pthread

## examples: build the example programs
.PHONY: examples
examples: $(EXAMPLES:%=$(BUILD)/examples/%)

$(BUILD)/examples/%: examples/%.c $(COW_H)
	@mkdir -p $(@D)
	$(CC) $(EXAMPLE_CFLAGS) $< -o $@

## examples-check: run them and compare what they print
.PHONY: examples-check
examples-check: examples
	@sh mk/examples.sh $(BUILD)/examples $(EXAMPLES)

## docs-check: compile and run the C code of README.md and docs/ as printed
.PHONY: docs-check
docs-check:
	@CC="$(CC)" CFLAGS="$(BASE_CFLAGS)" sh mk/docs.sh $(BUILD)/docs
