# SPDX-License-Identifier: MIT
# `make install` needs neither cmake nor pkg-config: it copies the header and fills in two small files.

PREFIX  ?= /usr/local
DESTDIR ?=
INSTALL ?= install

# The version stands in the header and nowhere else.
VERSION = $(shell awk '/^\#define COW_VERSION_(MAJOR|MINOR|PATCH) / { v = v sep $$3; sep = "." } END { print v }' $(COW_H))
FILL_IN = sed -e 's|@VERSION@|$(VERSION)|g' -e 's|@PREFIX@|$(PREFIX)|g'

## install: copy the header, pkg-config and CMake files; PREFIX=/usr/local, DESTDIR= for staging
.PHONY: install
install:
	$(INSTALL) -d $(DESTDIR)$(PREFIX)/include/cow $(DESTDIR)$(PREFIX)/share/pkgconfig \
	    $(DESTDIR)$(PREFIX)/share/cmake/cow $(DESTDIR)$(PREFIX)/share/doc/cow
	$(INSTALL) -m 644 cow/cow.h $(DESTDIR)$(PREFIX)/include/cow/cow.h
	$(INSTALL) -m 644 cmake/cowConfig.cmake $(DESTDIR)$(PREFIX)/share/cmake/cow/cowConfig.cmake
	$(INSTALL) -m 644 LICENSE $(DESTDIR)$(PREFIX)/share/doc/cow/LICENSE
	$(FILL_IN) cow.pc.in >$(DESTDIR)$(PREFIX)/share/pkgconfig/cow.pc
	$(FILL_IN) cmake/cowConfigVersion.cmake.in >$(DESTDIR)$(PREFIX)/share/cmake/cow/cowConfigVersion.cmake
	chmod 644 $(DESTDIR)$(PREFIX)/share/pkgconfig/cow.pc $(DESTDIR)$(PREFIX)/share/cmake/cow/cowConfigVersion.cmake

## uninstall: remove what install put there
.PHONY: uninstall
uninstall:
	rm -rf $(DESTDIR)$(PREFIX)/include/cow $(DESTDIR)$(PREFIX)/share/cmake/cow $(DESTDIR)$(PREFIX)/share/doc/cow
	rm -f $(DESTDIR)$(PREFIX)/share/pkgconfig/cow.pc
