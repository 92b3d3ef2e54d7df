# SPDX-License-Identifier: MIT
# Every examples/NAME.c is a program. The check runs it, on NAME.in or as NAME.run says, and compares with NAME.out.

EXAMPLES := $(patsubst examples/%.c,%,$(wildcard examples/*.c))
EXAMPLE_CFLAGS := $(BASE_CFLAGS) -pthread

## examples: build the example programs
.PHONY: examples
examples: $(EXAMPLES:%=$(BUILD)/examples/%)

$(BUILD)/examples/%: examples/%.c $(COW_H) | toolchain
	@mkdir -p $(@D)
	$(CC) $(EXAMPLE_CFLAGS) $< -o $@

# gcc is here, or make would not get far; this brings the C library's headers on a bare system.
.PHONY: toolchain
toolchain:
	@$(SETUP_SH) gcc

## examples-check: run them and compare what they print
.PHONY: examples-check
examples-check: examples
	@$(SETUP_SH) ieee-data
	@sh mk/examples.sh $(BUILD)/examples $(EXAMPLES)

## docs-check: compile and run the C code of README.md, docs/ and docstrings as printed
.PHONY: docs-check
docs-check: doctest
	@$(SETUP_SH) pkg-config libutf8proc-dev
	@CC="$(CC)" CFLAGS="$(BASE_CFLAGS)" sh mk/docs.sh $(BUILD)/docs

## doctest: run the examples in the docstrings of the string functions
.PHONY: doctest
doctest: toolchain
	@CC="$(CC)" CFLAGS="$(BASE_CFLAGS)" sh mk/doctest.sh $(BUILD)/doctest
