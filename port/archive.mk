# The library in one piece that shows ango_* and nothing else: included by the top Makefile. mbedTLS is inside, hidden,
# so that a program may have another one, of any version, or use a library that does, and link both in any order.
#
#     make archive                 build/VARIANT/archive/libango.a
#     make VARIANT=m3 archive      for a firmware project; the ports are then its own
#     make VARIANT=host+pic shared build/host+pic/libango.so.X.Y

OBJCOPY ?= $(patsubst %ar,%objcopy,$(AR))
ARCHIVE := $(BUILD)/archive/libango.a
archive_src := $(lib_src) $(proxy_src) $(if $(on_host),$(posix_src))

$(BUILD)/archive/all.o: $(call objects,$(archive_src)) $(mbedtls_obj)
	@mkdir -p $(@D)
	$(QUIET_LD)$(CC) $(ARCH) -nostdlib -r -Wl,-Map=$(@:.o=.map) $(filter %.o,$^) -o $@
# Of the static names only those of ours, for a debugger.
$(BUILD)/archive/ango.o: $(BUILD)/archive/all.o
	$(QUIET_LD)$(OBJCOPY) --wildcard --keep-global-symbol='ango_*' $< $@
$(ARCHIVE): $(BUILD)/archive/ango.o

# As long as the first number is 0, what is compiled against one X.Y need not run with another.
SONAME := libango.so.$(shell sed -n 's/^\#define ANGO_VERSION "\([0-9]*\.[0-9]*\)\..*"/\1/p' include/ango.h)
SHARED := $(BUILD)/$(SONAME)
$(SHARED): $(BUILD)/archive/ango.o
	$(QUIET_LD)$(CC) $(ARCH) $(LDFLAGS) -shared -Wl,-z,relro,-z,now -Wl,-soname,$(SONAME) -Wl,--no-undefined -Wl,--gc-sections $< $(LDLIBS) -o $@

.PHONY: archive shared
archive: $(ARCHIVE) ## the library in one archive, with mbedTLS inside and hidden
shared: $(SHARED)
