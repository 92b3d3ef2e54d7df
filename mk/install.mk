# SPDX-License-Identifier: MIT
# `make install` needs neither cmake nor pkg-config: it copies the header and fills in two small files.

PREFIX  ?= /usr/local
DESTDIR ?=
INSTALL ?= install

# The version stands in the header and nowhere else.
VERSION = $(shell awk '/^\#define COW_VERSION_(MAJOR|MINOR|PATCH) / { v = v sep $$3; sep = "." } END { print v }' $(COW_H))
FILL_IN = sed -e 's|@VERSION@|$(VERSION)|g' -e 's|@PREFIX@|$(PREFIX)|g'

# Where things go. The recipes quote each path: a folder with a space in its name must not become two, least of all for rm.
INTO = $(DESTDIR)$(PREFIX)

## install: copy the header, pkg-config and CMake files; PREFIX=/usr/local, DESTDIR= for staging
.PHONY: install
install:
	$(INSTALL) -d '$(INTO)/include/cow' '$(INTO)/share/pkgconfig' '$(INTO)/share/cmake/cow' '$(INTO)/share/doc/cow'
	$(INSTALL) -m 644 cow/cow.h '$(INTO)/include/cow/cow.h'
	$(INSTALL) -m 644 cmake/cowConfig.cmake '$(INTO)/share/cmake/cow/cowConfig.cmake'
	$(INSTALL) -m 644 LICENSE '$(INTO)/share/doc/cow/LICENSE'
	$(FILL_IN) cow.pc.in >'$(INTO)/share/pkgconfig/cow.pc'
	$(FILL_IN) cmake/cowConfigVersion.cmake.in >'$(INTO)/share/cmake/cow/cowConfigVersion.cmake'
	chmod 644 '$(INTO)/share/pkgconfig/cow.pc' '$(INTO)/share/cmake/cow/cowConfigVersion.cmake'

## uninstall: remove what install put there
.PHONY: uninstall
uninstall:
	rm -rf '$(INTO)/include/cow' '$(INTO)/share/cmake/cow' '$(INTO)/share/doc/cow'
	rm -f '$(INTO)/share/pkgconfig/cow.pc'
