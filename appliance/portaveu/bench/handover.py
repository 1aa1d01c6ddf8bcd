#!/usr/bin/env python3
"""What a hand-off takes, measured on the wire: from the key to the first ring, how late a bridged voice arrives, and what
portaveu's own share of the machine is with 30 calls of which ten are bridged.

Usage: handover.py PORTAVEU [--count N]
Needs baresip, sipp, sox and dumpcap (tshark), and the right to capture on loopback (root). The department's office is taken
out of the example council, so that somebody can be rung at any hour.
"""
import argparse
import os
import json
import pathlib
import shutil
import socket
import statistics
import subprocess
import tempfile
import time

from calls import CALLER_RTP, COUNCIL, PHONE, SIP, Box, Capture, is_box, loudness

PBX = 5170
CLICKS = 12  # bursts of sound, a second apart
LOUD = 1000.0


class Telephone:
    """A baresip with a control port."""

    def __init__(self, folder, name, port, rtp, user, wav, answers=False):
        home = pathlib.Path(folder, name)
        home.mkdir()
        shutil.copy(wav, home / "said.wav")
        config = PHONE.format(port=port, folder=home, rtp=rtp, rtp_last=rtp + 8)
        (home / "config").write_text(f"{config}module ctrl_tcp.so\nctrl_tcp_listen 127.0.0.1:{port + 4}\n")
        answer = ";answermode=auto" if answers else ""
        (home / "accounts").write_text(f"<sip:{user}@127.0.0.1:{port}>;regint=0;audio_codecs=pcma{answer}\n")
        (home / "contacts").write_text("")
        self.process = subprocess.Popen(["baresip", "-f", home], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.control = None
        while self.control is None:
            try:
                self.control = socket.create_connection(("127.0.0.1", port + 4))
            except ConnectionRefusedError:
                time.sleep(0.05)
        self.buffer = b""

    def command(self, name, parameters=""):
        message = json.dumps({"command": name, "params": parameters}).encode()
        self.control.sendall(b"%d:%s," % (len(message), message))

    def wait_for(self, kind):
        while True:
            length, colon, rest = self.buffer.partition(b":")
            if colon and len(rest) > int(length):
                message, self.buffer = json.loads(rest[: int(length)]), rest[int(length) + 1:]
                if message.get("type") == kind:
                    return
                continue
            self.buffer += self.control.recv(4096)

    def stop(self):
        self.process.terminate()
        self.process.wait()


def wait_for_line(box, text):
    while text not in box.conversation.read_text(encoding="utf8"):
        time.sleep(0.02)


def silence_and_clicks(folder):
    silence, clicks = pathlib.Path(folder, "silence.wav"), pathlib.Path(folder, "clicks.wav")
    form = ["-r", "8000", "-c", "1", "-b", "16"]
    subprocess.run(["sox", "-n", *form, silence, "trim", "0", "120"], check=True)
    subprocess.run(["sox", "-n", *form, clicks, "synth", "0.1", "sine", "800", "gain", "-6", "pad", "0", "0.9", "repeat", "200"], check=True)
    return silence, clicks


def invited(message):
    """The Call-ID of an INVITE."""
    lines = message.split(b"\r\n")
    ids = [line for line in lines if line.lower().startswith(b"call-id:")]
    return ids[0] if ids and lines[0].startswith(b"INVITE") else None


def time_to_ring(box, folder, silence, count):
    """Milliseconds from the key's command to the INVITE at the PBX."""
    pbx = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    pbx.bind(("127.0.0.1", PBX))
    times, known = [], {None}
    for number in range(count):
        caller = Telephone(folder, f"ring{number}", 5220, CALLER_RTP + 10, "caller", silence)
        said = box.conversation.read_text(encoding="utf8").count("Puede hablarme")
        caller.command("dial", f"sip:box@127.0.0.1:{SIP}")
        caller.wait_for("CALL_ESTABLISHED")
        while box.conversation.read_text(encoding="utf8").count("Puede hablarme") == said:
            time.sleep(0.02)
        begin = time.monotonic()
        caller.command("sndcode", "0")
        while (call := invited(pbx.recv(4096))) in known:
            pass
        known.add(call)
        times.append(1000 * (time.monotonic() - begin))
        caller.stop()
    pbx.close()
    return sorted(times)


def clicks_of(packets, chosen):
    """When each burst begins in a stream: a loud packet after half a second without one."""
    begins, last = [], -1.0
    for when, source, destination, kind, payload in packets:
        if kind == 8 and chosen(source, destination) and loudness(payload) > LOUD:
            if when - last > 0.5:
                begins.append(when)
            last = when
    return begins


def bridge_delay(box, folder, silence, clicks):
    """Milliseconds from a burst's packet into the box to its packet out of it, by burst, both ways."""
    person = Telephone(folder, "person", PBX, CALLER_RTP + 40, "100", clicks, answers=True)
    caller = Telephone(folder, "caller", 5230, CALLER_RTP + 20, "caller", silence)
    caller.command("dial", f"sip:box@127.0.0.1:{SIP}")
    caller.wait_for("CALL_ESTABLISHED")
    caller.command("sndcode", "0")
    person.wait_for("CALL_ESTABLISHED")
    wait_for_line(box, "person  hears")
    person.command("sndcode", "1")
    time.sleep(12)  # the notice was said to its end and both are joined: a measurement, not a test
    capture = Capture(folder, "bridge.pcap")
    time.sleep(CLICKS)
    packets = capture.packets()
    caller.stop()
    person.stop()
    is_person = lambda port: CALLER_RTP + 40 <= port < CALLER_RTP + 50
    into = clicks_of(packets, lambda source, _: is_person(source))
    out = clicks_of(packets, lambda source, destination: is_box(source) and not is_person(destination))
    # A burst at either end of the capture has no other side.
    inner = [begin for begin in into if packets[0][0] + 0.6 < begin < packets[-1][0] - 0.6]
    return sorted(1000 * (next(o for o in out if o >= begin) - begin) for begin in inner)


def processor_seconds(process):
    fields = pathlib.Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def load(box, folder, seconds=15):
    """portaveu's share of one core while 30 calls send and hear sound, ten of them joined with a person."""
    scenario = pathlib.Path(__file__).with_name("presses_0.xml")
    quiet = {"cwd": folder, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    echo = ["-i", "127.0.0.1", "-rtp_echo", "-nostdin"]
    pbx = subprocess.Popen(["sipp", "-sn", "uas", *echo, "-p", str(PBX), "-mp", str(CALLER_RTP + 100)], **quiet)
    length = ["-d", str(1000 * (seconds + 20))]
    held = subprocess.Popen(["sipp", "-sn", "uac", *echo, "-p", "5180", "-mp", str(CALLER_RTP + 300), "-m", "20", "-r", "20", *length, f"127.0.0.1:{SIP}"], **quiet)
    joined = subprocess.Popen(["sipp", "-sf", scenario, *echo, "-p", "5182", "-mp", str(CALLER_RTP + 500), "-m", "10", "-r", "10", *length, f"127.0.0.1:{SIP}"], **quiet)
    time.sleep(12)  # the notices are over and the people joined
    before = processor_seconds(box.process.pid)
    time.sleep(seconds)
    share = (processor_seconds(box.process.pid) - before) / seconds
    for process in (held, joined, pbx):
        process.kill()
        process.wait()
    return share


def main():
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("portaveu")
    options.add_argument("--count", type=int, default=10)
    chosen = options.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        council = pathlib.Path(folder, "council")
        shutil.copytree(COUNCIL, council)
        text = (council / "council.toml").read_text(encoding="utf8")
        (council / "council.toml").write_text(text.replace(', office = "townhall"', ""), encoding="utf8")
        settings = f'[[sip.trunk]]\nproxy = "sip:127.0.0.1:{PBX}"\n'
        box = Box(chosen.portaveu, folder, settings=settings, council=council)
        silence, clicks = silence_and_clicks(folder)
        rings = time_to_ring(box, folder, silence, chosen.count)
        print(f"from the key to the first ring at the PBX, {len(rings)} calls: median {statistics.median(rings):.0f} ms, at worst {rings[-1]:.0f} ms (wanted: 300)")
        delays = bridge_delay(box, folder, silence, clicks)
        print(f"a bridged voice, one way through the box, {len(delays)} bursts: median {statistics.median(delays):.0f} ms, at worst {delays[-1]:.0f} ms (wanted: 25)")
        box.stop()
        again = pathlib.Path(folder, "again")
        again.mkdir()
        box = Box(chosen.portaveu, again, settings="attended = false\n" + settings, council=council)
        share = load(box, folder)
        joined = box.joined()
        print(f"30 calls, {joined} of them joined with a person: {100 * share:.0f} % of a core, without the speech worker's (wanted: 25)")
        box.stop()


if __name__ == "__main__":
    main()
