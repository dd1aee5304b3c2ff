# Trees with the root that a tool wants, ready to publish: included by the top Makefile. Each holds the sources under the
# names that they have here, what lies in port/ for that tool, and jsmn.h with its licence.
#     make dist-meson dist-esp-idf dist-zephyr dist-platformio dist-arduino      build/dist/NAME/ango

dist_names := meson esp-idf zephyr platformio arduino

.PHONY: dist $(addprefix dist-,$(dist_names))
dist: $(addprefix dist-,$(dist_names)) ## a tree for each framework's package manager, in build/dist
$(addprefix dist-,$(dist_names)): $(JSMN_DIR)/jsmn.h
	@port/dist $(@:dist-%=%) $(JSMN_DIR)
