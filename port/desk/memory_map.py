#!/usr/bin/python3
"""Where flash and RAM go, from the linker's map and the program itself:

    port/desk/memory_map.py FIRMWARE.elf               a table
    port/desk/memory_map.py FIRMWARE.elf --svg FILE    and a picture
"""
import collections
import html
import os
import re
import subprocess
import sys

# What the desk declares for the library's use: part of what the library costs.
FOR_LIBRARY = ("buffer", "tokens", "client", "config", "outbox", "slots", "outbox_text", "outbox_config", "tls", "tls_config")
IN_FLASH = r"\.(text|rodata|vectors|config|data|ARM\.exidx)"
IN_RAM = r"\.(data|bss|noinit)|COMMON"
SECTIONS = "%s|%s" % (IN_FLASH, IN_RAM)
FLASH_PARTS = {"mbedtls": "mbedTLS", "lwip": "lwIP", "library": "the library",
               "port": "the library's ports", "desk": "badge desk",
               "board": "board", "libc": "libc, libgcc", "config": "configuration", "rest": "alignment"}
RAM_PARTS = {"arena": "arena, for all of mbedTLS", "lwip": "lwIP, buffers included", "stack": "stack",
             "library": "the library, buffers included", "port": "the library's ports",
             "desk": "badge desk", "board": "board, seed",
             "handler": "exception stack", "mbedtls": "mbedTLS, static", "libc": "libc", "rest": "alignment"}
COLOURS = {"mbedtls": "#4c78a8", "lwip": "#72b7b2", "library": "#e45756", "port": "#f7a6a6",
           "desk": "#f2a541", "board": "#9d755d", "libc": "#b0a8b9", "config": "#eeca3b", "arena": "#9ecae9",
           "stack": "#54a24b", "handler": "#88d27a", "rest": "#999999"}


def owner(path, section):
    """Whose a piece is."""
    archive = os.path.basename(path.partition("(")[0])
    if archive == "libango.a":
        return "library"
    if archive.startswith("ango_lwip"):
        return "port"
    if archive == "libango_mbedtls.a":
        return "mbedtls"
    if archive == "liblwip.a":
        return "lwip"
    if "/port/" in path or archive in ("seed.o", "flash.o", "network_time.o"):
        return "board"
    if archive == "desk_config.o":
        return "config"
    if archive in ("desk.o", "measure.o"):
        name = section.rpartition(".")[2]
        return "arena" if name == "arena" else "port" if name in ("lwip", "bare") else (
            "library" if name in FOR_LIBRARY else "desk")
    return "libc"


def symbols(elf):
    text = subprocess.run(("arm-none-eabi-nm", elf), stdout=subprocess.PIPE, text=True, check=True).stdout
    return {name: int(address, 16) for address, _, name in (line.split() for line in text.splitlines()
                                                            if len(line.split()) == 3)}


def pieces(elf):
    """(section, bytes, file) of everything that was linked; of strings that several share, each byte once."""
    with open(os.path.splitext(elf)[0] + ".map", encoding="utf-8") as file:
        text = file.read().partition("Linker script and memory map")[2]
    # Long names have a line to themselves.
    text = re.sub(r"\n {10,}(?=0x[0-9a-f]+ +0x[0-9a-f]+ /?\S)", " ", text)
    found = [(int(address, 16), int(size, 16), section, path) for section, address, size, path in re.findall(
        r"^ (\S+)\s+0x([0-9a-f]+)\s+0x([0-9a-f]+) (/?[\w./].*)$", text, re.M)]
    out, end = [], 0
    for address, size, section, path in sorted(piece for piece in found if piece[1] > 0 and re.match(SECTIONS, piece[2])):
        out.append((section, max(0, address + size - max(address, end)), path))
        end = max(end, address + size)
    return out


def in_flash(section):
    return re.match(IN_FLASH, section) is not None


def flash_of(elf, *files):
    """Bytes of flash of these source files of the library."""
    return sum(size for section, size, path in pieces(elf)
               if in_flash(section) and any("libango.a(%s.o)" % name in path for name in files))


def measure(elf):
    """({part: bytes of flash}, {part: bytes of RAM}); each adds up to what the linker used."""
    flash, ram = collections.Counter(), collections.Counter()
    for section, size, path in pieces(elf):
        if in_flash(section) and path.strip() != "load":
            flash[owner(path, section)] += size
        if re.match(IN_RAM, section):
            ram[owner(path, section)] += size
    known = symbols(elf)
    ram["stack"] = known["stack_top"] - known["stack_bottom"]
    ram["handler"] = known["handler_stack_top"] - known["handler_stack_bottom"]
    flash["rest"] = known["flash_used"] - sum(flash.values())
    ram["rest"] = known["ram_used"] - sum(ram.values())
    return +flash, +ram


def rows(sizes, names):
    return sorted(((names[part], part, size) for part, size in sizes.items()), key=lambda row: -row[2])


def bar(out, y, title, sizes, names, whole):
    """One bar, to scale, with its legend; the y below it."""
    width, x = 900.0, 20.0
    used = sum(sizes.values())
    out.append('<text x="20" y="%d" class="h">%s: %s of %s bytes (%d %%)</text>' % (
        y + 16, title, format(used, ","), format(whole, ","), round(100 * used / whole)))
    out.append('<rect x="20" y="%d" width="%d" height="44" fill="none" stroke="#888"/>' % (y + 26, width))
    for name, part, size in rows(sizes, names):
        wide = width * size / whole
        out.append('<rect x="%.1f" y="%d" width="%.1f" height="44" fill="%s"><title>%s: %s</title></rect>' % (
            x, y + 26, wide, COLOURS[part], html.escape(name), format(size, ",")))
        x += wide
    y += 90
    for number, (name, part, size) in enumerate(rows(sizes, names)):
        column, row = number % 3, number // 3
        out.append('<rect x="%d" y="%d" width="12" height="12" fill="%s"/>' % (
            20 + 300 * column, y + 20 * row, COLOURS[part]))
        out.append('<text x="%d" y="%d">%s <tspan class="n">%s</tspan></text>' % (
            38 + 300 * column, y + 11 + 20 * row, html.escape(name), format(size, ",")))
    return y + 20 * ((len(sizes) + 2) // 3) + 20


def picture(flash, ram, flash_size, ram_size):
    out = []
    y = bar(out, 10, "Flash", flash, FLASH_PARTS, flash_size)
    y = bar(out, y, "RAM, all of it static", ram, RAM_PARTS, ram_size)
    style = "text{font:13px sans-serif;fill:#222}.h{font-weight:bold;font-size:15px}.n{font-weight:bold}"
    return ('<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 940 %d" role="img" '
            'aria-label="Where flash and RAM go">\n'
            '<style>%s</style>\n<rect width="940" height="%d" fill="#fff"/>\n%s\n</svg>\n' % (
                y, style, y, "\n".join(out)))


def main():
    if len(sys.argv) not in (2, 4) or (len(sys.argv) == 4 and sys.argv[2] != "--svg"):
        sys.exit(__doc__.strip())
    flash, ram = measure(sys.argv[1])
    known = symbols(sys.argv[1])
    flash_size, ram_size = known["flash_size"], known["ram_size"]
    for title, sizes, names, whole in (("flash", flash, FLASH_PARTS, flash_size), ("RAM", ram, RAM_PARTS, ram_size)):
        print("%s: %d of %d bytes" % (title, sum(sizes.values()), whole))
        for name, _, size in rows(sizes, names):
            print("  %8d  %s" % (size, name))
    if len(sys.argv) == 4:
        with open(sys.argv[3], "w", encoding="utf-8") as file:
            file.write(picture(flash, ram, flash_size, ram_size))


if __name__ == "__main__":
    main()
