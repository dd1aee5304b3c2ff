# Bills of materials of what is shipped, as SPDX 2.3 and CycloneDX 1.5, made from the linker's maps: included by the top Makefile.
#     make sbom             build/sbom: the library and the command that `make install` installs, and each firmware
#     make sbom-check       has them judged by CycloneDX's own library, which npm fetches into build/sbom-tools

SBOM := build/sbom
sbom_dirs = --mbedtls $(MBEDTLS_DIR) --jsmn $(JSMN_DIR) --lwip $(LWIP_DIR)

.PHONY: sbom sbom-check sbom-host sbom-board
sbom: ## bills of materials of library, command and firmware: build/sbom
	@port/packages $(python) gcc:gcc libc6-dev binutils:readelf openssl:openssl gcc-arm-none-eabi:arm-none-eabi-gcc libnewlib-arm-none-eabi
	@tests/hub/pki
	@$(MAKE) --no-print-directory VARIANT=host+pic sbom-host
	@for board in $(BOARDS); do $(MAKE) --no-print-directory VARIANT=m3 BOARD=$$board sbom-board || exit 1; done

sbom-host: $(ARCHIVE) $(ANGO)
	@mkdir -p $(SBOM)
	@$(STRIP) -o $(SBOM)/ango.stripped $(ANGO)
	@port/sbom $(sbom_dirs) --kind library $(SBOM)/libango.a $(ARCHIVE) $(BUILD)/archive/all.map
	@port/sbom $(sbom_dirs) --kind application $(SBOM)/ango $(SBOM)/ango.stripped $(ANGO).map
	@rm $(SBOM)/ango.stripped
sbom-board: $(BUILD)/$(BOARD)/badge-desk.elf
	@mkdir -p $(SBOM)
	@port/sbom $(sbom_dirs) --kind firmware $(SBOM)/badge-desk-$(BOARD).elf $< $(<:.elf=.map)

sbom-check: sbom ## have the bills judged by a tool that others wrote (needs npm, and its network)
	@port/packages nodejs:node npm:npm
	@tests/supply/judge_sbom $(SBOM)
