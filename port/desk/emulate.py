#!/usr/bin/python3
"""Runs the badge desk in QEMU, confined to loopback.

    port/desk/emulate.py BOARD FIRMWARE.elf    against a stand-in server; the terminal is the badge reader
    with Emulator(elf, port) as e: ...         in a test, against any server on a port of loopback; the board is the
                                               one in whose folder the firmware is

The guest has a network of its own, cut off from every other (restrict=on). Its DHCP is QEMU's, which then
names no DNS server; the configuration does (dns), and the names that there are are answered here, as is the time (sntp).
A connection to SERVER becomes a pipe to the server on loopback; one to REFUSING is answered by a reset.

Its flash is a file in a folder, by semihosting, which would also let the guest open any other file of yours: run no firmware
here that you have not built. It outlasts the end of QEMU however that comes about, but not your computer's.
"""
import codecs
import json
import os
import queue
import re
import shutil
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))
NET, DNS, SERVER = "198.51.100.0/24", "198.51.100.3", "198.51.100.100"    # RFC 5737: for documentation
REFUSING, SILENT, GUEST = "198.51.100.101", "198.51.100.102", "198.51.100.15"
MAC = b"\x02\x00\x00\x00\x00\x03"         # of what is answered here
NAME = "ango.test"


FLASH, FLASH_SIZE = "desk-flash.bin", 32 * 1024       # as in flash.h


def checksum(data):
    total = sum(struct.unpack("!%dH" % (len(data) // 2), data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def about(board):
    """What QEMU and the tests have to know of a board."""
    with open(os.path.join(TOP, "port", board, "board.json"), encoding="ascii") as file:
        return json.load(file)


def answer_arp(frame):
    """The frame that says where REFUSING is, if that is asked; None otherwise."""
    if frame[12:14] != b"\x08\x06" or frame[20:22] != b"\x00\x01" or frame[38:42] != socket.inet_aton(REFUSING):
        return None
    return frame[6:12] + MAC + frame[12:20] + b"\x00\x02" + MAC + frame[38:42] + frame[22:32]


def answer_tcp(frame):
    """The reset that answers a segment to REFUSING; None: it is none."""
    if frame[12:14] != b"\x08\x00" or frame[23:24] != b"\x06" or frame[30:34] != socket.inet_aton(REFUSING):
        return None
    at = 14 + (frame[14] & 15) * 4
    source, target, sequence = struct.unpack_from("!HHI", frame, at)
    tcp = struct.pack("!HHIIBBHHH", target, source, 0, sequence + 1 & 0xFFFFFFFF, 0x50, 0x14, 0, 0, 0)
    ends = frame[30:34] + frame[26:30]
    tcp = tcp[:16] + struct.pack("!H", checksum(ends + struct.pack("!HH", 6, len(tcp)) + tcp)) + tcp[18:]
    head = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(tcp), 0, 0, 64, 6, 0) + ends
    head = head[:10] + struct.pack("!H", checksum(head)) + head[12:]
    return frame[6:12] + MAC + b"\x08\x00" + head + tcp


def answer_dns(frame, names):
    """The frame that answers this one, if it is a query for an address; None otherwise. names: to IPv4 addresses, of
    which None stands for no answer at all."""
    if frame[12:14] != b"\x08\x00" or frame[23:24] != b"\x11" or frame[30:34] != socket.inet_aton(DNS):
        return None
    udp = 14 + (frame[14] & 15) * 4
    port, = struct.unpack_from("!H", frame, udp + 2)
    query = frame[udp + 8:]
    if port != 53 or len(query) < 17:
        return None
    labels, at = [], 12
    while query[at]:
        labels.append(query[at + 1:at + 1 + query[at]].decode("ascii", "replace"))
        at += 1 + query[at]
    found = names.get(".".join(labels), ())
    if found is None:
        return None
    addresses = (found,) if isinstance(found, str) else found
    # Response, recursion available; 3: no such name.
    reply = query[:2] + struct.pack("!HHHHH", 0x8180 if addresses else 0x8183, 1, len(addresses), 0, 0)
    reply += query[12:at + 5]
    for address in addresses:
        reply += struct.pack("!HHHIH", 0xC00C, 1, 1, 60, 4) + socket.inet_aton(address)
    return answer_udp(frame, reply)


def answer_udp(frame, reply):
    """The frame with a reply to the datagram in this one."""
    udp = 14 + (frame[14] & 15) * 4
    source_port, port = struct.unpack_from("!HH", frame, udp)
    head = struct.pack("!BBHHHBBH", 0x45, 0, 28 + len(reply), 0, 0, 64, 17, 0) + frame[30:34] + frame[26:30]
    head = head[:10] + struct.pack("!H", checksum(head)) + head[12:]
    return (frame[6:12] + MAC + b"\x08\x00" + head
            + struct.pack("!HHHH", port, source_port, 8 + len(reply), 0) + reply)


def answer_sntp(frame, time_server):
    """The frames that answer a question for the time; an empty list if the frame is not such a question.

    time_server is called with the question's 48 bytes, and returns what is answered: (seconds since 1970, the eight bytes echoed)."""
    if frame[12:14] != b"\x08\x00" or frame[23:24] != b"\x11" or frame[30:34] != socket.inet_aton(DNS):
        return []
    udp = 14 + (frame[14] & 15) * 4
    query = frame[udp + 8:udp + 8 + 48]
    if struct.unpack_from("!H", frame, udp + 2)[0] != 123 or len(query) != 48:
        return []
    return [answer_udp(frame, b"\x24\x02\x00\xec" + bytes(20) + echo + 2 * struct.pack("!II", now + 2208988800 & 0xFFFFFFFF, 0))
            for now, echo in time_server(query)]


class Emulator:
    # Time in it passes with its instructions, 2^shift nanoseconds each, so that what it has time for does not depend on how busy
    # this computer is: 4 is about the speed of the boards, with 0 its cycles are instructions. With None its time is ours; so
    # it must be where a guest never sleeps, which with a shift leaves QEMU little time for its network.
    def __init__(self, elf, port, shift=4, names=None, now=None, log=None, flash=None):
        self.elf, self.port, self.shift, self.log = os.path.abspath(elf), port, shift, log
        self.flash = flash                                  # the folder of its flash; default: one that ends with it
        self.board = about(os.path.basename(os.path.dirname(os.path.abspath(elf))))
        self.names = {NAME: SERVER} if names is None else names
        self.now = now                                      # the guest's time at start; default: ours
        self.time_server = lambda query: [(int(time.time()), query[40:48])]
        self.output, self.text, self.process = queue.Queue(), "", None
        self.line, self.piece = "", 4096                    # the line that is not complete yet; bytes that are read at a time
        self.frames = 0                                     # on the guest's network, in both directions
        self.guest, self.guest_mac, self.echoed = None, None, threading.Event()

    def __enter__(self):
        self.wire = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.wire.bind(("127.0.0.1", 0))
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            probe.bind(("127.0.0.1", 0))
            local = probe.getsockname()[1]
        self.folder = tempfile.TemporaryDirectory()
        self.monitor = os.path.join(self.folder.name, "monitor")
        flash = os.path.join(self.flash or self.folder.name, FLASH)
        if not os.path.exists(flash):
            with open(flash, "wb") as file:
                file.write(b"\xff" * FLASH_SIZE)
        pipe = "%s -I -S %s %d" % (sys.executable or "/usr/bin/python3", os.path.join(HERE, "pipe.py"), self.port)
        command = [
            "qemu-system-arm", "-M", self.board["machine"], "-kernel", self.elf,
            *(() if self.shift is None else ("-icount", "shift=%d" % self.shift)),
            "-display", "none", "-monitor", "none", "-serial", "stdio",
            "-semihosting-config", "enable=on,target=native",
            "-qmp", "unix:%s,server=on,wait=off" % self.monitor,
            "-net", "nic,model=" + self.board["nic"],
            "-net", "user,net=%s,dhcpstart=%s,restrict=on,guestfwd=tcp:%s:443-cmd:%s" % (
                NET, GUEST, SERVER, pipe.replace(",", ",,")),
            "-net", "socket,udp=127.0.0.1:%d,localaddr=127.0.0.1:%d" % (self.wire.getsockname()[1], local)]
        self.process = subprocess.Popen(command, cwd=os.path.dirname(flash), stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=subprocess.STDOUT, bufsize=0)
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reader.start()
        threading.Thread(target=self.serve, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        self.process.stdin.close()
        self.reader.join()
        self.process.stdout.close()
        self.wire.close()
        self.folder.cleanup()

    def serve(self):
        while True:
            try:
                frame, qemu = self.wire.recvfrom(2048)
                self.frames += 1
                self.look_at(frame, qemu)
                reply = answer_arp(frame) or answer_tcp(frame) or answer_dns(frame, self.names)
                for each in [reply] if reply else answer_sntp(frame, self.time_server):
                    self.frames += 1
                    self.wire.sendto(each, qemu)
            except OSError:
                return
            except (IndexError, struct.error):
                continue

    def look_at(self, frame, qemu):
        """Learns who the guest is, and whether it answers pings."""
        if frame[12:14] != b"\x08\x00" or frame[26:30] != socket.inet_aton(GUEST):
            return
        self.guest, self.guest_mac = qemu, frame[6:12]
        if frame[23:24] == b"\x01" and frame[14 + (frame[14] & 15) * 4] == 0:
            self.echoed.set()

    def ping(self, timeout=5.0):
        """Whether the guest answers one; it must have said something before."""
        echo = struct.pack("!BBHHH", 8, 0, 0, 1, 1) + b"12345678"
        echo = echo[:2] + struct.pack("!H", checksum(echo)) + echo[4:]
        head = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(echo), 0, 0, 64, 1, 0) + socket.inet_aton(DNS) + socket.inet_aton(GUEST)
        head = head[:10] + struct.pack("!H", checksum(head)) + head[12:]
        self.echoed.clear()
        self.wire.sendto(self.guest_mac + MAC + b"\x08\x00" + head + echo, self.guest)
        return self.echoed.wait(timeout)

    def read(self):
        """Hands on whole lines only: a number at the end of what has come may lack its last digits."""
        decoder = codecs.getincrementaldecoder("utf-8")("replace")
        while True:
            data = os.read(self.process.stdout.fileno(), self.piece)
            if self.log:
                self.log(data)
            whole, end, self.line = (self.line + decoder.decode(data).replace("\r", "")).rpartition("\n")
            if end:
                self.output.put(whole + end)
            if not data:
                self.output.put(None)
                return

    def control(self, command, **arguments):
        with socket.socket(socket.AF_UNIX) as control:
            control.connect(self.monitor)
            with control.makefile("rw", encoding="ascii") as talk:
                talk.readline()
                for each in ({"execute": "qmp_capabilities"}, {"execute": command, "arguments": arguments}):
                    talk.write(json.dumps(each) + "\n")
                    talk.flush()
                    reply = {"event": None}
                    while "event" in reply:
                        reply = json.loads(talk.readline())
                    if "return" not in reply:
                        raise OSError(reply)

    def cable(self, plugged):
        self.control("set_link", name=self.board["link"], up=plugged)

    def reset(self):
        """At once, whatever it is at; RAM that is not cleared at start is kept."""
        self.control("system_reset")

    def send(self, line):
        self.process.stdin.write(line.encode() + b"\n")

    def give_seed(self, pieces=2):
        """Fresh entropy, 32 bytes a piece, as much as the desk wants at the least."""
        for _ in range(pieces):
            self.send("seed " + os.urandom(32).hex())

    def give_start(self):
        self.give_seed()
        self.send("time %d" % (time.time() if self.now is None else self.now))

    def expect(self, pattern, timeout=60.0):
        """Waits for the regular expression in what is new, line by line; the match. What came before it is dropped."""
        deadline = time.monotonic() + timeout
        while True:
            match = re.search(pattern, self.text, re.M)
            if match:
                self.text = self.text[match.end():]
                return match
            try:
                more = self.output.get(timeout=max(0.0, deadline - time.monotonic()))
            except queue.Empty:
                raise AssertionError("no %r within %d s, but: %s" % (
                    pattern, timeout, self.text[-1500:] + self.line)) from None
            if more is None:
                raise AssertionError("QEMU ended: " + self.text[-1500:] + self.line)
            self.text += more

    def start(self, timeout=60.0):
        """From power-on to ready, with seed and time."""
        self.expect(r"until then nothing is sent", timeout)
        self.give_start()
        self.expect(r"^Ready\.", timeout)
        return self

    def usage(self):
        """What "?" tells, as numbers: name -> value."""
        self.send("?")
        text = self.expect(r"^queue=(?:.*\n)*?.*characters_lost=\d+\n").group(0)
        return {name: int(value) for name, value in re.findall(r"(\w+)=(\d+)", text)}


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__.strip())
    if not shutil.which("qemu-system-arm"):
        sys.exit("emulate: qemu-system-arm is missing: apt-get install qemu-system-arm")
    sys.path.insert(0, os.path.join(TOP, "tests/hub"))
    import standin

    def show(data):
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()

    with standin.StandIn(os.path.join(TOP, "build/pki"), chain="ecdsa") as server:
        folder = os.path.dirname(os.path.abspath(sys.argv[2]))
        with Emulator(sys.argv[2], server.port, log=show, flash=folder) as desk:
            print("A stand-in Ango Hub is the server; its control plane: %s\n"
                  "Its flash, with the queue: %s; remove it to begin anew.\n"
                  "Seed and time are typed in for you. Type email addresses; Ctrl-D ends it."
                  % (server.control_url, os.path.join(folder, FLASH)))

            ready, over = threading.Event(), threading.Event()

            def feed():
                while True:
                    try:
                        asked = desk.expect(r"(until then nothing is sent)|^Ready", 1e6)
                    except AssertionError:
                        if not over.is_set():
                            os._exit(1)                     # QEMU is gone; nobody would notice
                        return
                    if asked.group(1):
                        desk.give_start()
                    else:
                        ready.set()

            threading.Thread(target=feed, daemon=True).start()
            ready.wait(60)
            try:
                for line in sys.stdin:
                    desk.send(line.rstrip("\n"))
                if not sys.stdin.isatty():
                    time.sleep(5)
            except KeyboardInterrupt:
                pass
            over.set()


if __name__ == "__main__":
    main()
