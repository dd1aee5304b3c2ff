# The command installed, and as a Debian package: included by the top Makefile.

STRIP ?= $(patsubst %ar,%strip,$(AR))
completiondir ?= $(PREFIX)/share/bash-completion/completions

docdir ?= $(PREFIX)/share/doc/ango

# What `ango --version --licenses` prints, and `make install` puts beside the library.
LICENSES := $(BUILD)/ango-licenses.txt
$(LICENSES): port/command/licenses LICENSE $(wildcard $(MBEDTLS_DIR)/LICENSE $(JSMN_DIR)/LICENSE) $(BUILD)/flags
	@port/command/licenses $(MBEDTLS_DIR) $(JSMN_DIR) >$@
$(BUILD)/licenses.c: $(LICENSES)
	@port/command/licenses --c $< >$@
$(BUILD)/licenses.o: $(BUILD)/licenses.c
	$(QUIET_CC)$(CC) $(own_cflags) $(werror) -Iport/command -c $< -o $@
$(ANGO): $(BUILD)/licenses.o

ifneq ($(filter pic,$(options)),)
$(ANGO): private LDFLAGS += -pie -Wl,-z,relro,-z,now -Wl,-Map=$(ANGO).map
endif

.PHONY: install-command uninstall deb
install-command:
	@$(MAKE) --no-print-directory VARIANT=$(VARIANT)+pic $(installed)/ango
	install -d $(addprefix $(DESTDIR),$(bindir) $(mandir)/man1 $(completiondir))
	install -s --strip-program=$(STRIP) -m 755 $(installed)/ango $(DESTDIR)$(bindir)
	install -m 644 port/command/ango.1 $(DESTDIR)$(mandir)/man1
	$(ANGO) help completion >$(DESTDIR)$(completiondir)/ango

# What `make install` has put there, and nothing else.
uninstall: ## remove what `make install` put under PREFIX
	rm -f $(addprefix $(DESTDIR),$(bindir)/ango $(docdir)/ango-licenses.txt $(mandir)/man1/ango.1 $(completiondir)/ango \
	    $(libdir)/libango.a $(libdir)/libango.so $(libdir)/$(SONAME) $(libdir)/pkgconfig/ango.pc $(libdir)/cmake/ango/ango-config.cmake \
	    $(libdir)/cmake/ango/ango-config-version.cmake \
	    $(addprefix $(includedir)/,$(notdir $(wildcard include/*.h port/*/ango_*.h))))

deb: all ## a Debian package of the ango command: build/ango_VERSION_ARCH.deb
	@port/packages dpkg-dev:dpkg-shlibdeps
	@STRIP=$(STRIP) JSMN_DIR=$(JSMN_DIR) port/command/deb
