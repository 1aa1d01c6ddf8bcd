#!/usr/bin/env python3
"""Whether anything is lost or left behind: calls in a row, malformed messages, and a busy hour in fast motion.

Usage: soak.py PORTAVEU [--calls 1000] [--messages 10000] [--minutes 3]
Needs sipp. It counts the box's descriptors, threads and memory before and after each part, when what may linger by the
protocol (32 s for a transaction) is over.
"""
import argparse
import os
import pathlib
import random
import re
import socket
import subprocess
import tempfile
import threading
import time

from calls import SIP, Box

LINGER = 40  # seconds
TORTURE = pathlib.Path(__file__).resolve().parents[1] / "tests" / "crowds.rs"


def sipp(folder, *arguments, port=5180):
    """Run sipp's own caller; how many of its calls failed."""
    command = ["sipp", "-sn", "uac", "-i", "127.0.0.1", "-p", str(port), "-mp", "30000", "-rtp_echo", "-nostdin", *arguments, f"127.0.0.1:{SIP}"]
    run = subprocess.run(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace")
    failed = re.findall(r"Failed call\s*\|\s*\d+\s*\|\s*(\d+)", run.stdout)
    return int(failed[-1]) if failed else run.returncode


def holdings(box):
    """Descriptors, threads and megabytes of portaveu alone."""
    process = pathlib.Path("/proc", str(box.process.pid))
    return [len(list((process / "fd").iterdir())), len(list((process / "task").iterdir())), box.memory()["portaveu"]]


def grown(box, before):
    time.sleep(LINGER)
    after = holdings(box)
    return f"descriptors {before[0]} → {after[0]}, threads {before[1]} → {after[1]}, memory {before[2]:.1f} → {after[2]:.1f} MB"


def in_a_row(box, folder, calls):
    sipp(folder, "-m", "100", "-l", "4", "-r", "10")  # what is made once is made now
    time.sleep(LINGER)
    before = holdings(box)
    failed = sipp(folder, "-m", str(calls), "-l", "8", "-r", "12")
    print(f"{calls} calls in a row: {failed} failed; {grown(box, before)}", flush=True)


def seeds():
    """The malformed messages of the tests, as Rust writes them."""
    table = TORTURE.read_text(encoding="utf8").split("const TORTURE", 1)[1].split("];", 1)[0]
    texts = re.findall(r'^    "(.*)",$', table, re.MULTILINE)
    return [re.sub(r"\\u\{202e\}", "\u202e", text).replace(r"\r\n", "\r\n").replace(r"\0", "\0").replace(r'\"', '"').encode() for text in texts]


def mutated(chance, seed, other):
    """A few of: octets changed, cut short, another's end, a header again, a very long value."""
    message = bytearray(seed)
    for _ in range(chance.randint(1, 4)):
        at = chance.randrange(len(message) + 1)
        kind = chance.randrange(5)
        if kind == 0:
            message[at:at + 1] = bytes([chance.randrange(256)])
        elif kind == 1:
            del message[at:]
        elif kind == 2:
            message[at:] = other[chance.randrange(len(other) + 1):]
        elif kind == 3:
            lines = message.split(b"\r\n")
            lines.insert(chance.randrange(len(lines)), chance.choice(lines))
            message = bytearray(b"\r\n".join(lines))
        else:
            message[at:at] = bytes([chance.randrange(33, 127)]) * chance.randrange(4000)
    return bytes(message[:60_000])


def malformed(box, folder, count):
    before = holdings(box)
    held = subprocess.Popen(["sipp", "-sn", "uac", "-i", "127.0.0.1", "-p", "5190", "-mp", "30100", "-rtp_echo", "-nostdin", "-m", "1", "-d", "20000", f"127.0.0.1:{SIP}"],
                            cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    chance = random.Random(1)
    known = seeds()
    sender = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    begin = time.monotonic()
    for _ in range(count):
        sender.sendto(mutated(chance, chance.choice(known), chance.choice(known)), ("127.0.0.1", SIP))
        if chance.random() < 0.05:
            time.sleep(0.01)  # no flood: it is what they say that counts
    took = time.monotonic() - begin
    held_through = held.wait() == 0
    failed = sipp(folder, "-m", "20", "-l", "4", "-r", "10")
    print(f"{count} malformed messages in {took:.0f} s: a call was {'held' if held_through else 'LOST'} meanwhile, {failed} of 20 calls after it failed; {grown(box, before)}", flush=True)


def fast_hour(box, folder, minutes):
    """All 30 channels taken all the time, by calls of five seconds: an hour of calls of three minutes has as many."""
    before = holdings(box)
    calls = minutes * 60 // 5 * 30
    failed = sipp(folder, "-m", str(calls), "-l", "30", "-r", "10", "-d", "5000")
    print(f"30 channels for {minutes} minutes, {calls} calls: {failed} failed; {grown(box, before)}", flush=True)


def main():
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("portaveu")
    options.add_argument("--calls", type=int, default=1000)
    options.add_argument("--messages", type=int, default=10_000)
    options.add_argument("--minutes", type=int, default=2)
    chosen = options.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        box = Box(chosen.portaveu, folder)
        os.set_blocking(box.process.stderr.fileno(), True)
        threading.Thread(target=box.process.stderr.read, daemon=True).start()  # a log that nobody reads would hold the box up
        in_a_row(box, folder, chosen.calls)
        malformed(box, folder, chosen.messages)
        fast_hour(box, folder, chosen.minutes)
        box.stop()


if __name__ == "__main__":
    main()
