#!/usr/bin/env python3
"""How fast the panel's pages are with a million calls stored, and what ten browsers on the live page cost.

Usage: panel.py PORTAVEU FOLDER
FOLDER holds the store that `million` has filled. Prints the slowest of five for each page, at the server, over TLS.
Must not be run while something else keeps the machine busy.
"""
import http.cookiejar
import os
import pathlib
import re
import signal
import ssl
import subprocess
import sys
import threading
import time
import urllib.parse
import urllib.request

PAGES = [
    "/now", "/calls", "/calls?words=piscina+alcalde", "/calls?words=ornitorrinco", "/calls?language=ca&outcome=message",
    "/calls?topic=topic.number-3&from=2026-03-01&until=2026-03-31", "/messages", "/unanswered", "/answers", "/people",
    "/account", "/reports?length=month&date=2026-03-01", "/reports?length=year&date=2026-06-01", "/reports/2026.csv",
    "/reports/2026.pdf",
]
BROWSERS = 10
WATCHED_S = 20


class Browser:
    def __init__(self, base):
        self.base = base
        jar = http.cookiejar.CookieJar()
        unchecked = ssl._create_unverified_context()
        self.opener = urllib.request.build_opener(
            urllib.request.HTTPCookieProcessor(jar), urllib.request.HTTPSHandler(context=unchecked))

    def get(self, path, form=None):
        data = urllib.parse.urlencode(form).encode() if form else None
        return self.opener.open(self.base + path, data=data, timeout=60)

    def sign_in(self, name, password, chosen):
        self.get("/sign-in", {"name": name, "password": password}).read()
        page = self.get("/account").read().decode()
        token = re.search(r'name="token" value="([^"]+)"', page).group(1)
        self.get("/account/password", {"token": token, "old": password, "new": chosen}).read()


def slowest(browser, path):
    took = []
    for _ in range(5):
        began = time.monotonic()
        reply = browser.get(path)
        size = len(reply.read())
        took.append(time.monotonic() - began)
    return max(took) * 1000, size


def cpu_seconds(process):
    fields = pathlib.Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def watch(browser, stop):
    stream = browser.get("/now/events")
    while not stop.is_set():
        stream.readline()


def share(box):
    """Percent of a core over some seconds."""
    before = cpu_seconds(box.pid)
    time.sleep(WATCHED_S)
    return 100 * (cpu_seconds(box.pid) - before) / WATCHED_S


def watched(box, browser):
    """What browsers on the live page cost while thirty calls go on."""
    calls = ["sipp", "-sn", "uac", "-i", "127.0.0.1", "-p", "15180", "-mp", "30000", "-rtp_echo", "-nostdin", "-m", "30",
             "-l", "30", "-r", "15", "-d", "90000", "127.0.0.1:15070"]
    sipp = subprocess.Popen(calls, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    time.sleep(15)  # the greetings are over
    alone = share(box)
    stop = threading.Event()
    for _ in range(BROWSERS):
        threading.Thread(target=watch, args=(browser, stop), daemon=True).start()
    with_browsers = share(box)
    stop.set()
    sipp.terminate()
    print(f"thirty calls: {alone:.1f} % of a core; with {BROWSERS} browsers on the live page {with_browsers:.1f} % "
          f"(they may cost at most 10)")


def main():
    program, folder = sys.argv[1], pathlib.Path(sys.argv[2]).resolve()
    example = pathlib.Path(__file__).resolve().parents[3] / "provisioning/example-council"
    learned = pathlib.Path(os.environ.get("XDG_STATE_HOME") or pathlib.Path.home() / ".local/state") / "portaveu"
    for name in ("learned.bin", "meanings.bin"):
        (folder / name).write_bytes((learned / name).read_bytes())
    config = folder / "portaveu.toml"
    config.write_text(
        f'council = "{example}"\ndata = "."\n[retention]\nwords_days = 9999\ncalls_days = 9999\n'
        '[panel]\nlisten = "127.0.0.1:18443"\n[media]\nports = [21000, 21099]\n'
        '[sip]\nlisten = "127.0.0.1:15070"\npeers = ["127.0.0.1"]\n')
    name = f"bench{int(time.time())}"
    made = subprocess.run([program, "people", "add", name, "manager", "--config", config], capture_output=True, text=True, check=True)
    password = made.stdout.strip().rsplit(" ", 1)[1]
    began = time.monotonic()
    box = subprocess.Popen([program, "run", "--config", config], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        for line in box.stdout:
            if "the panel is at" in line:
                break
        print(f"start with the full store: {time.monotonic() - began:.1f} s (wanted at most 5)")
        threading.Thread(target=box.stdout.read, daemon=True).start()
        time.sleep(10)  # what the questions without an answer mean is found out once, beside the pages
        browser = Browser("https://127.0.0.1:18443")
        browser.sign_in(name, password, "cuatro gatos en la plaza")
        for path in PAGES:
            took, size = slowest(browser, path)
            limit = 1000 if path.startswith("/reports") else 100
            print(f"{path:62} {took:7.1f} ms  {size:8} octets  (wanted at most {limit})")
        watched(box, browser)
    finally:
        box.send_signal(signal.SIGTERM)
        box.wait(timeout=30)


main()
