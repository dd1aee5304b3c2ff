# GNU make 4.3 or later. `make help` lists the targets.
#
# Everything is built under build/VARIANT. A variant is a toolchain, with options after a '+':
#     make VARIANT=asan-clang tests      make VARIANT=m3+tls12 lib      make VARIANT=host+restartable tests
# CC, AR, CFLAGS, CPPFLAGS, LDFLAGS and LDLIBS are added to, or replaced, as usual; a change of them rebuilds.

VARIANT ?= host
BUILD := build/$(VARIANT)

.DEFAULT_GOAL := all
.DELETE_ON_ERROR:
.SECONDARY:
.SUFFIXES:

# Each beside what it serves: the compilers and their options; mbedTLS and jsmn.
include port/toolchains.mk
include port/deps/deps.mk

# --- What is built ---------------------------------------------------------------------------------

objects = $(patsubst %.c,$(BUILD)/%.o,$(1))
lib_src := $(sort $(wildcard src/*.c))
posix_src := $(sort $(wildcard port/posix/*.c))
proxy_src := $(sort $(wildcard port/proxy/*.c))
template_src := $(sort $(wildcard port/template/*.c))
sockets_src := $(sort $(wildcard port/sockets/*.c))
trace_src := $(sort $(wildcard port/trace/*.c))
command_src := $(sort $(wildcard port/command/*.c))

LIBANGO := $(BUILD)/libango.a
LIBPOSIX := $(BUILD)/libango_posix.a
LIBPROXY := $(BUILD)/libango_proxy.a
LIBTEMPLATE := $(BUILD)/libango_template.a
LIBSOCKETS := $(BUILD)/libango_sockets.a
LIBTRACE := $(BUILD)/libango_trace.a
ANGO := $(BUILD)/ango

$(LIBANGO): $(call objects,$(lib_src))
$(LIBPOSIX): $(call objects,$(posix_src))
$(LIBPROXY): $(call objects,$(proxy_src))
$(LIBTEMPLATE): $(call objects,$(template_src))
$(LIBSOCKETS): $(call objects,$(sockets_src))
$(LIBTRACE): $(call objects,$(trace_src))
$(ANGO): $(call objects,$(command_src)) $(LIBTRACE) $(LIBPOSIX) $(LIBPROXY) $(LIBANGO) $(LIBMBEDTLS)
	$(link) $^ $(LDLIBS) -o $@

.PHONY: FORCE all lib template packages-build
all: packages-build lib template $(ANGO) ## build the library, the ports and the ango command (default)

# Also for other variants: make VARIANT=m3 lib
lib: $(LIBANGO) $(LIBPROXY) $(LIBMBEDTLS)
template: $(LIBTEMPLATE)
ifneq ($(on_host),)
lib: $(LIBPOSIX) $(LIBSOCKETS) $(LIBTRACE)
endif

# --- How -------------------------------------------------------------------------------------------

werror := $(if $(filter-out 0,$(WERROR)),-Werror)
includes := -Iinclude -Isrc -Iport/posix -Iport/proxy -Iport/sockets -Iport/template -Iport/trace -isystem $(JSMN_DIR) $(MBEDTLS_INCLUDES)
own_cflags = -std=c99 $(WARNINGS) $(ARCH) $(CFLAGS) $(same_bytes) -MD -MP $(includes) $(config) $(CPPFLAGS)
link = $(QUIET_LD)$(CC) $(ARCH) $(CFLAGS) $(LDFLAGS)

$(BUILD)/%.o: %.c $(BUILD)/flags
	@mkdir -p $(@D)
	$(QUIET_CC)$(CC) $(own_cflags) $(werror) -c $< -o $@

# D: without times and owners.
ar_flags := rcs$(if $(filter Darwin,$(shell uname)),,D)
%.a:
	@[ -n "$(filter %.o,$^)" ] || \
	    { echo "nothing to put into $@: is MBEDTLS_DIR=$(MBEDTLS_DIR) right?" >&2; exit 1; }
	@rm -f $@
	$(QUIET_AR)$(AR) $(ar_flags) $@ $(filter %.o,$^)

# Rewritten, and so newer than the objects, only when flags have changed that change what is made.
flags := $(CC) $(own_cflags) $(mbedtls_sanitize) mbedTLS:$(strip $(MBEDTLS_CFLAGS)) $(LDFLAGS) $(LDLIBS)
$(BUILD)/flags: FORCE | packages-build
	@mkdir -p $(@D)
	@printf '%s\n' $(call quote,$(flags)) | cmp -s - $@ || printf '%s\n' $(call quote,$(flags)) >$@
quote = '$(subst ','\'',$(1))'

# Compilers come before what is compiled with them.
packages-build:
	@port/packages $(TOOLS)

# V=1 shows the commands; -s shows nothing.
ifneq ($(findstring s,$(firstword -$(MAKEFLAGS))),)
else ifeq ($(V),)
    QUIET_CC = @printf '  CC  %s\n' $@;
    QUIET_AR = @printf '  AR  %s\n' $@;
    QUIET_LD = @printf '  LD  %s\n' $@;
endif

-include $(shell [ ! -d $(BUILD) ] || find $(BUILD) -name '*.d')

# --- Other targets ---------------------------------------------------------------------------------

# Tests, figures and the stand-in server; the badge desk.
include tests/tests.mk
include port/archive.mk
include port/dist.mk
include port/desk/desk.mk
include port/command/install.mk
include port/sbom.mk
include port/systemd/install.mk

.PHONY: anchors install clean distclean help
anchors: ## turn PEM=FILE into a C array of trust anchors
	@port/packages $(python) openssl:openssl
	@port/pem2c $(or $(PEM),$(error say which file: make anchors PEM=file.pem))

PREFIX ?= /usr/local
bindir ?= $(PREFIX)/bin
libdir ?= $(PREFIX)/lib
includedir ?= $(PREFIX)/include
mandir ?= $(PREFIX)/share/man

# What is installed may go into anybody's program or shared object: position-independent, and mbedTLS hidden.
installed := build/$(VARIANT)+pic
install: all install-command ## install under PREFIX (/usr/local): library, headers, ango command, manual; for pkg-config and CMake
	@$(MAKE) --no-print-directory VARIANT=$(VARIANT)+pic archive shared
	install -d $(addprefix $(DESTDIR),$(libdir)/pkgconfig $(libdir)/cmake/ango $(includedir) $(docdir))
	install -m 644 $(installed)/ango-licenses.txt $(DESTDIR)$(docdir)
	install -m 644 $(installed)/archive/libango.a $(DESTDIR)$(libdir)
	install -s --strip-program=$(STRIP) -m 644 $(installed)/$(SONAME) $(DESTDIR)$(libdir)
	ln -sf $(SONAME) $(DESTDIR)$(libdir)/libango.so
	install -m 644 include/*.h port/posix/*.h port/proxy/ango_proxy.h $(DESTDIR)$(includedir)
	$(fill) port/posix/ango.pc.in >$(DESTDIR)$(libdir)/pkgconfig/ango.pc
	$(fill) port/cmake/ango-config.cmake.in >$(DESTDIR)$(libdir)/cmake/ango/ango-config.cmake
	$(fill) port/cmake/ango-config-version.cmake.in >$(DESTDIR)$(libdir)/cmake/ango/ango-config-version.cmake
fill = sed -e 's|@prefix@|$(PREFIX)|; s|@libdir@|$(libdir)|; s|@includedir@|$(includedir)|; s|@soname@|$(SONAME)|' \
    -e "s|@version@|$$(sed -n 's/^\#define ANGO_VERSION "\(.*\)"/\1/p' include/ango.h)|"

clean: ## remove what was built, but not what was fetched
	[ ! -d build ] || find build -mindepth 1 -maxdepth 1 ! -name deps -exec rm -rf {} +

distclean: ## remove everything that is not in the repository
	rm -rf build

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-17s %s\n", $$1, $$2 }' $(filter-out %.d,$(MAKEFILE_LIST))
