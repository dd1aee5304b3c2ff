# The badge desk on a board with a Cortex-M3: included by the top Makefile.
#     make firmware [BOARD=mps2-an385] [CONFIG=FILE]   make badge   make firmware-test   make protocols
#     make firmware SNTP=1          the desk that asks the network for the time: badge-desk-sntp.elf
#     make memory-picture           memory.svg anew, after a change
#     make VARIANT=m0plus lwip      (also m3, rv32) lwIP and the port to it, for any CPU
#
# A board is a folder beside this one: board.mk, board.json, memory.ld, and what board.h wants. README.md has the order.

BOARDS := lm3s6965 mps2-an385
BOARD ?= lm3s6965
BOARD_DIR := port/$(BOARD)
CONFIG ?= port/desk/badge-desk.conf
SNTP ?= 0
DESK_NAME := badge-desk$(if $(filter-out 0,$(SNTP)),-sntp)
FIRMWARE := build/m3/$(BOARD)/$(DESK_NAME)
# Before that, it cannot be: of the source, so that the same source makes the same firmware; of today where that is not known.
BUILT_S ?= $(or $(SOURCE_DATE_EPOCH),$(shell git log -1 --format=%ct 2>/dev/null),$(shell date +%s))
LWIP_DIR ?= $(DEPS)/lwip
STACK ?= 3840
HANDLER_STACK ?= 256
ARENA ?= 42080
QEMU := qemu-system-arm

include $(BOARD_DIR)/board.mk

.PHONY: firmware badge firmware-test protocols firmware-elf conformance-elf memory-picture lwip
firmware: ## build the badge desk for BOARD (lm3s6965, mps2-an385): flash and RAM as it uses them
	@port/packages $(python) gcc-arm-none-eabi:arm-none-eabi-gcc libnewlib-arm-none-eabi openssl:openssl
	@[ $(CONFIG) != port/desk/badge-desk.conf ] || tests/hub/pki
	@$(MAKE) --no-print-directory VARIANT=m3 firmware-elf
	@port/desk/memory_map.py $(FIRMWARE).elf

badge: firmware ## run the badge desk in QEMU against the stand-in: type an email address
	@port/packages qemu-system-arm:$(QEMU)
	@port/desk/emulate.py $(BOARD) $(FIRMWARE).elf

firmware-test: firmware ## run the badge desk's tests in QEMU, on BOARD, and print its figures
	@port/packages qemu-system-arm:$(QEMU)
	@tests/firmware/test_conformance.py
	@BOARD=$(BOARD) tests/firmware/test_badge_desk.py

protocols: firmware ## TLS 1.2 against 1.3 on the device, full and resumed, and its key exchanges
	@port/packages qemu-system-arm:$(QEMU) gcc:gcc libc6-dev valgrind:valgrind
	@tests/firmware/test_protocols.py

memory-picture: firmware ## draw where the badge desk's flash and RAM go, from what was measured
	@port/desk/memory_map.py $(FIRMWARE).elf --svg $(BOARD_DIR)/memory.svg >/dev/null

# --- within VARIANT=m3: what is linked ---------------------------------------------------------------

lwip_src := $(addprefix src/core/,def.c dns.c inet_chksum.c init.c ip.c mem.c memp.c netif.c pbuf.c stats.c \
    sys.c tcp.c tcp_in.c tcp_out.c timeouts.c udp.c ipv4/dhcp.c ipv4/etharp.c ipv4/icmp.c ipv4/ip4.c \
    ipv4/ip4_addr.c) \
    src/netif/ethernet.c
lwip6_src := $(addprefix src/core/ipv6/,ethip6.c icmp6.c inet6.c ip6.c ip6_addr.c mld6.c nd6.c)
lwip_obj := $(patsubst %.c,$(BUILD)/lwip/%.o,$(lwip_src))
# The same with the time from the network.
sntp_lwip_obj := $(patsubst %.c,$(BUILD)/sntp/lwip/%.o,$(lwip_src) src/apps/sntp/sntp.c)
lwip_port_obj := $(call objects,$(sort $(wildcard port/lwip/*.c)))
board_obj := $(call objects,$(addprefix $(BOARD_DIR)/,$(board_src)) $(sort $(wildcard port/cortex-m3/*.c)))
desk_port_obj := $(call objects,$(addprefix port/desk/,seed.c flash.c))
desk_obj := $(addprefix $(BUILD)/,desk/desk.o desk/measure.o desk/conformance_main.o sntp/desk.o sntp/network_time.o)
LWIP_INCLUDES := -Iport/lwip -isystem $(LWIP_DIR)/src/include
firmware_cflags := $(LWIP_INCLUDES) -Iport/desk -Iport/cortex-m3

$(board_obj) $(lwip_port_obj) $(desk_port_obj): own_cflags += $(firmware_cflags)
$(BUILD)/lwip/%.o: $(LWIP_DIR)/%.c $(BUILD)/flags port/lwip/lwipopts.h port/lwip/arch/cc.h
	@mkdir -p $(@D)
	$(QUIET_CC)$(CC) -std=c99 -w $(ARCH) $(CFLAGS) $(same_bytes) -MMD -MP $(LWIP_INCLUDES) $(CPPFLAGS) -c $< -o $@

$(BUILD)/sntp/lwip/%.o: $(LWIP_DIR)/%.c $(BUILD)/flags port/lwip/lwipopts.h port/lwip/arch/cc.h
	@mkdir -p $(@D)
	$(QUIET_CC)$(CC) -std=c99 -w $(ARCH) $(CFLAGS) -MMD -MP $(LWIP_INCLUDES) $(CPPFLAGS) -DANGO_LWIP_SNTP=1 -c $< -o $@

ifneq ($(filter $(DEPS)/%,$(LWIP_DIR)),)
$(addprefix $(LWIP_DIR)/,$(lwip_src) src/apps/sntp/sntp.c $(lwip6_src)) &:
	@$(fetch) lwip
endif
$(board_obj) $(lwip_port_obj) $(desk_obj): | $(LWIP_DIR)/src/core/tcp.c

$(BUILD)/liblwip.a: $(lwip_obj)
$(BUILD)/sntp/liblwip.a: $(sntp_lwip_obj)
lwip: $(BUILD)/liblwip.a $(lwip_port_obj)

# Newest when the configuration's text, or that of its certificates, is.
$(BUILD)/desk/desk_config.c: $(CONFIG) port/desk/config2c port/pem2c FORCE
	@mkdir -p $(@D)
	@umask 077; port/desk/config2c $(CONFIG) >$@.new
	@cmp -s $@.new $@ && rm $@.new || mv $@.new $@
$(BUILD)/desk/desk_config.o: $(BUILD)/desk/desk_config.c
	$(QUIET_CC)$(CC) $(own_cflags) $(firmware_cflags) -c $< -o $@

# Newer than what is built with them only when one has changed.
$(BUILD)/desk/sizes: FORCE
	@mkdir -p $(@D)
	@echo $(ARENA) $(STACK) $(HANDLER_STACK) | cmp -s - $@ || echo $(ARENA) $(STACK) $(HANDLER_STACK) >$@

# Two builds of the same desk: with the arena that it needs; and with a larger one and the tests' commands.
$(BUILD)/desk/desk.o: DESK = -DARENA=$(ARENA)
$(BUILD)/desk/measure.o: DESK = -DARENA=46000 -DDESK_MEASURE=1
$(BUILD)/desk/desk.o $(BUILD)/desk/measure.o: port/desk/badge_desk.c $(BUILD)/flags $(BUILD)/desk/sizes
	@mkdir -p $(@D)
	$(QUIET_CC)$(CC) $(own_cflags) $(werror) $(firmware_cflags) $(DESK) -c $< -o $@
# The desk that asks the network for the time.
$(BUILD)/sntp/built: FORCE
	@mkdir -p $(@D)
	@echo $(BUILT_S) | cmp -s - $@ || echo $(BUILT_S) >$@
$(BUILD)/sntp/desk.o: port/desk/badge_desk.c $(BUILD)/flags $(BUILD)/desk/sizes
	@mkdir -p $(@D)
	$(QUIET_CC)$(CC) $(own_cflags) $(werror) $(firmware_cflags) -DARENA=$(ARENA) -DDESK_SNTP=1 -c $< -o $@
$(BUILD)/sntp/network_time.o: port/desk/network_time.c $(BUILD)/flags $(BUILD)/sntp/built
	@mkdir -p $(@D)
	$(QUIET_CC)$(CC) $(own_cflags) $(werror) $(firmware_cflags) -DANGO_LWIP_SNTP=1 '-DDESK_BUILT_S=INT64_C($(BUILT_S))' -c $< -o $@
$(BUILD)/desk/conformance_main.o: port/desk/conformance_main.c $(BUILD)/flags
	@mkdir -p $(@D)
	$(QUIET_CC)$(CC) $(own_cflags) $(werror) $(firmware_cflags) -Itests/ports -c $< -o $@

firmware_ldflags = -nostartfiles -nostdlib -T$(BOARD_DIR)/memory.ld -Wl,--gc-sections -Wl,--fatal-warnings \
    -Wl,--defsym=STACK=$(STACK) -Wl,--defsym=HANDLER_STACK=$(HANDLER_STACK) -Wl,-Map=$(@:.elf=.map)
firmware_parts = $(board_obj) $(lwip_port_obj) $(BUILD)/desk/desk_config.o $(LIBANGO) $(LIBMBEDTLS)

# No heap: no start files, no system calls. Whatever wants malloc, a file or a clock of libc does not link.
board_elf := $(addprefix $(BUILD)/$(BOARD)/,badge-desk.elf badge-desk-measure.elf conformance.elf)
$(BUILD)/$(BOARD)/badge-desk.elf: $(BUILD)/desk/desk.o $(desk_port_obj)
$(BUILD)/$(BOARD)/badge-desk-measure.elf: $(BUILD)/desk/measure.o $(desk_port_obj)
$(BUILD)/$(BOARD)/conformance.elf: $(BUILD)/desk/conformance_main.o $(call objects,port/desk/seed.c) $(call objects,tests/ports/conformance.c)
sntp_elf := $(BUILD)/$(BOARD)/badge-desk-sntp.elf
$(sntp_elf): $(BUILD)/sntp/desk.o $(BUILD)/sntp/network_time.o $(desk_port_obj) $(BUILD)/sntp/liblwip.a
$(board_elf): $(BUILD)/liblwip.a
$(board_elf) $(sntp_elf): $(firmware_parts) $(BOARD_DIR)/memory.ld port/cortex-m3/sections.ld $(BUILD)/desk/sizes
	@mkdir -p $(@D)
	$(QUIET_LD)$(CC) $(ARCH) $(CFLAGS) $(firmware_ldflags) $(filter %.o,$^) $(filter %.a,$^) -lc -lgcc -o $@

firmware-elf: $(BUILD)/$(BOARD)/$(DESK_NAME).elf $(BUILD)/$(BOARD)/badge-desk-measure.elf
conformance-elf: $(BUILD)/$(BOARD)/conformance.elf

# The port to lwIP as a program of this machine: tests/ports/test_lwip.py.
$(BUILD)/tests/ports/lwip_host.o: own_cflags += $(LWIP_INCLUDES)
$(BUILD)/tests/ports/lwip_host.o: | $(LWIP_DIR)/src/core/tcp.c
$(BUILD)/tests/ports/lwip_host: $(addprefix $(BUILD)/,tests/ports/lwip_host.o port/lwip/ango_lwip.o port/lwip/ango_lwip_dns.o liblwip.a)
	$(link) $^ -o $@
# And one that starts lwIP: tests/ports/test_lwip_kept.py.
$(BUILD)/tests/ports/lwip_kept_host.o: own_cflags += $(LWIP_INCLUDES)
$(BUILD)/tests/ports/lwip_kept_host.o: | $(LWIP_DIR)/src/core/tcp.c
$(BUILD)/tests/ports/lwip_kept_host: $(BUILD)/tests/ports/lwip_kept_host.o $(lwip_port_obj) $(BUILD)/liblwip.a
	$(link) $^ -o $@
# The same with IPv6: all that knows lwIP's headers, in a folder of its own.
lwip6_obj := $(patsubst %.c,$(BUILD)/lwip6/lwip/%.o,$(lwip_src) $(lwip6_src))
lwip6_port_obj := $(patsubst %.c,$(BUILD)/lwip6/%.o,$(wildcard port/lwip/*.c))
$(BUILD)/lwip6/lwip/%.o: $(LWIP_DIR)/%.c $(BUILD)/flags port/lwip/lwipopts.h port/lwip/arch/cc.h
	@mkdir -p $(@D)
	$(QUIET_CC)$(CC) -std=c99 -w $(ARCH) $(CFLAGS) -MMD -MP $(LWIP_INCLUDES) $(CPPFLAGS) -DLWIP_IPV6=1 -c $< -o $@
$(BUILD)/lwip6/%.o: %.c $(BUILD)/flags | $(LWIP_DIR)/src/core/tcp.c
	@mkdir -p $(@D)
	$(QUIET_CC)$(CC) $(own_cflags) $(werror) $(LWIP_INCLUDES) -DLWIP_IPV6=1 -c $< -o $@
$(BUILD)/tests/ports/lwip6_host: $(BUILD)/lwip6/tests/ports/lwip_kept_host.o $(lwip6_port_obj) $(lwip6_obj)
	$(link) $^ -o $@
.PHONY: lwip6
lwip6: $(lwip6_port_obj) $(lwip6_obj)
