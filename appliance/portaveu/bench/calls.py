#!/usr/bin/env python3
"""What a caller experiences, measured on the wire: answer times over real SIP calls, punctuality of 30 calls, memory, start.

Usage: calls.py PORTAVEU QUESTIONS.tsv AUDIO_DIR [--count N]
Needs baresip, sipp, sox and dumpcap (tshark), and the right to capture on loopback (root). Times are those of the
captured packets: from the packet with the caller's last voiced 20 ms to the first voiced packet of the answer.
"""
import argparse
import csv
import os
import pathlib
import re
import shutil
import signal
import statistics
import struct
import subprocess
import tempfile
import time

COUNCIL = pathlib.Path(__file__).resolve().parents[3] / "provisioning" / "example-council"
SIP, FIRST_RTP, LAST_RTP, CALLER_RTP = 5162, 26000, 26199, 27000
# Seconds that callers let the box say that it is a machine, which it says to its end.
NOTICE = 6.0
VOICED = 4.0  # times the stream's own noise
CONFIG = """council = "{council}"
data = "{data}"
channels = 40
[media]
ports = [{first}, {last}]
[sip]
listen = "127.0.0.1:{sip}"
peers = ["127.0.0.1"]
ring_ms = 200
{settings}
"""
PHONE = """sip_listen 127.0.0.1:{port}
audio_player aubridge,nowhere
audio_source aufile,{folder}/said.wav
audio_alert aubridge,nowhere
ausrc_srate 8000
auplay_srate 8000
audio_srate 8000
rtp_ports {rtp}-{rtp_last}
module_path /usr/lib/baresip/modules
module g711.so
module aufile.so
module aubridge.so
module account.so
module menu.so
"""


def alaw(byte):
    byte ^= 0x55
    exponent, mantissa = (byte & 0x70) >> 4, byte & 0x0F
    value = (mantissa << 4) + 8 if exponent == 0 else ((mantissa << 4) + 0x108) << (exponent - 1)
    return value if byte & 0x80 else -value


ALAW = [alaw(byte) for byte in range(256)]


def loudness(payload):
    return (sum(ALAW[byte] ** 2 for byte in payload) / max(1, len(payload))) ** 0.5


def rtp_packets(capture):
    """(time, source port, destination port, payload type, payload) of each RTP packet in a pcap file of loopback."""
    data = capture.read_bytes()
    order = "<" if data[:4] in (b"\xd4\xc3\xb2\xa1", b"\x4d\x3c\xb2\xa1") else ">"
    nano = data[:4] in (b"\x4d\x3c\xb2\xa1", b"\xa1\xb2\x3c\x4d")
    at = 24
    while at + 16 <= len(data):
        seconds, fraction, length, _ = struct.unpack_from(order + "4I", data, at)
        packet, at = data[at + 16:at + 16 + length], at + 16 + length
        if len(packet) < 54 or packet[12:14] != b"\x08\x00" or packet[23] != 17:
            continue
        source, destination = struct.unpack_from(">HH", packet, 34)
        if packet[42] >> 6 == 2 and packet[43] & 0x7F < 64:
            yield seconds + fraction / (1e9 if nano else 1e6), source, destination, packet[43] & 0x7F, packet[54:]


class Capture:
    def __init__(self, folder, name):
        self.path = pathlib.Path(folder, name)
        self.process = subprocess.Popen(["dumpcap", "-q", "-P", "-i", "lo", "-f", f"udp portrange {FIRST_RTP}-{CALLER_RTP + 999}", "-w", self.path],
                                        stderr=subprocess.PIPE, text=True)
        for line in self.process.stderr:
            if "File:" in line:
                return
        raise SystemExit("dumpcap cannot capture on loopback: run this as root")

    def packets(self):
        self.process.send_signal(signal.SIGINT)
        self.process.wait()
        return list(rtp_packets(self.path))


class Box:
    def __init__(self, program, folder, settings="", council=None):
        self.begin = time.monotonic()
        council = council or COUNCIL
        learned = pathlib.Path(os.environ.get("XDG_STATE_HOME") or pathlib.Path.home() / ".local/state") / "portaveu" / "learned.bin"
        # Nothing is rendered yet in its own folder, so the fast voice speaks the answers; what was learned is taken along.
        data = pathlib.Path(folder, "data")
        data.mkdir()
        if learned.exists():
            shutil.copy(learned, data)
        self.conversation = pathlib.Path(folder, "conversation.txt")
        config = pathlib.Path(folder, "portaveu.toml")
        config.write_text(CONFIG.format(council=council, data=data, first=FIRST_RTP, last=LAST_RTP, sip=SIP, settings=settings))
        with open(self.conversation, "w", encoding="utf8") as conversation:
            self.process = subprocess.Popen([program, "run", "--show-conversation", "--config", config],
                                            stdout=conversation, stderr=subprocess.PIPE, text=True)
        for line in self.process.stderr:
            if "the line is up" in line:
                break
        os.set_blocking(self.process.stderr.fileno(), False)

    def memory(self):
        """Resident bytes of portaveu and of each program it started, by name."""
        found = {}
        for status in pathlib.Path("/proc").glob("[0-9]*/status"):
            try:
                fields = dict(line.split(":\t", 1) for line in status.read_text().splitlines() if ":\t" in line)
                command = (status.parent / "cmdline").read_bytes().replace(b"\0", b" ").decode()
            except (OSError, ValueError):
                continue
            if str(self.process.pid) in (fields["Pid"].strip(), fields["PPid"].strip()) and "VmRSS" in fields:
                kind = "render" if " render " in command else "serve" if " serve " in command else "portaveu"
                found[kind] = int(fields["VmRSS"].split()[0]) / 1024
        return found

    def voice_times(self):
        """Milliseconds from understanding to the first sound of each answer, as the box counts them."""
        lines = re.finditer(r"understood (\d+) ms → first audio (\d+) ms", self.conversation.read_text(encoding="utf8"))
        return sorted(int(line[2]) - int(line[1]) for line in lines)

    def joined(self):
        """Calls that were joined with a person up to now."""
        return (self.process.stderr.read() or "").count("are joined")

    def last_timing(self):
        """How the box itself divides the last answer's time."""
        lines = re.findall(r"end of speech → (.*)", self.conversation.read_text(encoding="utf8"))
        return lines[-1] if lines else "nothing heard"

    def stop(self):
        self.process.terminate()
        self.process.wait()


def phone(folder, wav, pad, number):
    """A baresip that calls and says the recording after `pad` seconds."""
    home = pathlib.Path(folder, f"phone{number}")
    home.mkdir()
    subprocess.run(["sox", wav, "-b", "16", "-e", "signed", "-r", "8000", home / "said.wav", "pad", str(pad), "30"], check=True)
    rtp = CALLER_RTP + 10 * number
    (home / "config").write_text(PHONE.format(port=5200 + 2 * number, folder=home, rtp=rtp, rtp_last=rtp + 8))
    (home / "accounts").write_text(f"<sip:caller@127.0.0.1:{5200 + 2 * number}>;regint=0;audio_codecs=pcma\n")
    (home / "contacts").write_text("")
    return subprocess.Popen(["baresip", "-f", home, "-t", "25", "-e", f"/dial sip:box@127.0.0.1:{SIP}"],
                            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def is_box(port):
    return FIRST_RTP <= port <= LAST_RTP


def answer_time(packets):
    """Seconds from the caller's last voiced packet to the box's next voiced one; None when it did not answer."""
    caller = [(when, loudness(payload)) for when, source, _, kind, payload in packets if not is_box(source) and kind == 8]
    box = [(when, loudness(payload)) for when, source, _, kind, payload in packets if is_box(source) and kind == 8]
    # Digital silence lies around the recording, and its own noise around the voice; clicks are no voice.
    sounding = [level for _, level in caller if level > 10]
    if len(sounding) < 60 or not box:
        return None
    threshold = VOICED * statistics.median(sorted(sounding)[: len(sounding) // 4])
    voiced = [level > threshold for _, level in caller]
    last = max((caller[n][0] for n in range(4, len(caller)) if voiced[n] and sum(voiced[n - 4:n + 1]) >= 3), default=None)
    if last is None:
        return None
    return next((when - last for when, level in box if when > last and level > 150), None)


def measure_answers(box, folder, recordings):
    times, missing = [], 0
    for number, recording in enumerate(recordings):
        capture = Capture(folder, f"call{number}.pcap")
        seconds = float(subprocess.run(["soxi", "-D", recording], check=True, capture_output=True, text=True).stdout)
        caller = phone(folder, recording, NOTICE, number)
        time.sleep(1.5 + NOTICE + seconds + 2.0)  # ring, notice, question, and time for the answer: a recording, not a test
        caller.terminate()
        caller.wait()
        took = answer_time(capture.packets())
        missing += took is None
        if took is not None:
            times.append(took)
            print(f"  {recording.stem}: {1000 * took:4.0f} ms ({box.last_timing()})", flush=True)
    times.sort()
    at = lambda share: 1000 * times[min(len(times) - 1, int(share * len(times)))]
    print(f"answer times over {len(times)} calls: median {at(0.5):.0f} ms (wanted: 800), 95th percentile {at(0.95):.0f} ms (wanted: 1300), {missing} without an answer")


def measure_punctuality(folder, recordings, strangers):
    """30 calls held while some ask; with `strangers`, 50 INVITEs a second come from an address that is not on the list."""
    capture = Capture(folder, f"crowd-{strangers}.pcap")
    flood = strangers and subprocess.Popen(["sipp", "-sn", "uac", "-i", "127.0.0.2", "-p", "5191", "-r", "50", "-m", "1000", "-nr", "-nostdin", f"127.0.0.1:{SIP}"],
                                           cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    crowd = subprocess.Popen(["sipp", "-sn", "uac", "-i", "127.0.0.1", "-p", "5190", "-mp", str(CALLER_RTP + 900), "-m", "30", "-l", "30", "-r", "30",
                              "-d", "20000", "-nostdin", f"127.0.0.1:{SIP}"], cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    first = 70 if strangers else 80
    phones = [phone(folder, recording, 1, first + number) for number, recording in enumerate(recordings)]
    crowd.wait()
    if flood:
        flood.terminate()
        flood.wait()
    for caller in phones:
        caller.terminate()
        caller.wait()
    streams = {}
    for when, source, destination, _, _ in capture.packets():
        if is_box(source):
            streams.setdefault((source, destination), []).append(when)
    late = total = 0
    worst = 0.0
    for times in streams.values():
        ticks = [when - 0.02 * number for number, when in enumerate(times)]
        tick = statistics.median(ticks)
        offsets = [abs(each - tick) for each in ticks]
        worst = max(worst, *offsets)
        late += sum(offset > 0.005 for offset in offsets)
        total += len(offsets)
    beside = ", 50 INVITEs a second from strangers" if strangers else ""
    print(f"30 calls held and {len(recordings)} asking{beside}: {len(streams)} streams, {100 * (1 - late / total):.3f} % of {total} packets within 5 ms "
          f"of their tick (wanted: 99.9 %), the worst {1000 * worst:.1f} ms off")


def first_answer(box):
    """Seconds from the program's start to the answer of a call placed as soon as it listens."""
    call = subprocess.run(["sipp", "-sn", "uac", "-i", "127.0.0.1", "-p", "5192", "-m", "1", "-nostdin", f"127.0.0.1:{SIP}"],
                          cwd=tempfile.gettempdir(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return time.monotonic() - box.begin if call.returncode == 0 else float("nan")


def main():
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for name in ("portaveu", "questions", "audio"):
        options.add_argument(name)
    options.add_argument("--count", type=int, default=36)
    chosen = options.parse_args()
    with open(chosen.questions, encoding="utf8") as table:
        rows = [row for row in csv.DictReader(table, delimiter="\t", quoting=csv.QUOTE_NONE) if row["kind"] == "topic" and row["lang"] in ("es", "en", "ca")]
    recordings = [path for row in rows if (path := pathlib.Path(chosen.audio, f"{row['id']}.wav")).exists()]
    recordings = recordings[:: max(1, len(recordings) // chosen.count)][: chosen.count]
    with tempfile.TemporaryDirectory() as folder:
        box = Box(chosen.portaveu, folder)
        print(f"start to first answered call: {first_answer(box):.1f} s (wanted: 10)")
        measure_answers(box, folder, recordings)
        voice = box.voice_times()
        print(f"first sound of an answer that was not rendered before: median {statistics.median(voice)} ms after it was understood, "
              f"at worst {voice[-1]} ms (wanted: 300)")
        sizes = box.memory()
        print("resident memory: " + ", ".join(f"{name} {size:.0f} MB" for name, size in sizes.items())
              + f", together {sum(sizes.values()):.0f} MB (wanted: 900)")
        measure_punctuality(folder, recordings[:6], strangers=False)
        measure_punctuality(folder, recordings[:6], strangers=True)
        box.stop()


if __name__ == "__main__":
    main()
