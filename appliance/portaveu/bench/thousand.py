#!/usr/bin/env python3
"""How long a look-up takes in a pack of 1,000 topics: the example council's own, and those of villages that it serves besides.

Usage: thousand.py PORTAVEU FOLDER QUESTIONS.tsv
FOLDER is made anew. Learning some 39,000 new examples and their misheard copies takes a quarter of an hour.
"""
import os
import pathlib
import re
import shutil
import subprocess
import sys

COUNCIL = pathlib.Path(__file__).resolve().parents[3] / "provisioning" / "example-council"
TOPICS = 1000
# Examples of each language that a village's topic has.
EXAMPLES = 6
VILLAGES = ["Benialí", "Castellar", "Rafelbunyol", "Montroi", "Alcalalí", "Tibi", "Xaló", "Vistabella", "Orxeta", "Culla", "Bolbait", "Quesa", "Ador", "Sella"]


def of_village(topic, village):
    """The topic's file with its names and a few of its examples said of a village."""
    lines, examples = [], 0
    for line in topic.splitlines():
        examples = 0 if line.startswith("# ") else examples + line.startswith("- ")
        if line.startswith("- "):
            if examples <= EXAMPLES:
                lines.append(re.sub(r"[?!.]*$", f" ({village})\\g<0>", line, count=1))
        else:
            lines.append(re.sub(r'^(name\.\w+ = ".*)"$', rf'\1 ({village})"', line))
    return "\n".join(lines) + "\n"


def write_pack(folder):
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(COUNCIL, folder)
    topics = sorted((folder / "topics").glob("*.md"))
    clones = [(topic, number) for number in range(len(VILLAGES)) for topic in topics]
    for topic, number in clones[: TOPICS - len(topics)]:
        clone = topic.with_name(f"{topic.stem}-{number}.md")
        clone.write_text(of_village(topic.read_text(encoding="utf8"), VILLAGES[number]), encoding="utf8")
    return len(list((folder / "topics").glob("*.md")))


def main():
    program, folder, questions = sys.argv[1], pathlib.Path(sys.argv[2]), sys.argv[3]
    topics = write_pack(folder)
    config = folder / "portaveu.toml"
    config.write_text(f'data = "{folder.resolve()}/data"\n' + config.read_text(encoding="utf8"), encoding="utf8")
    (folder / "data").mkdir()
    # What the council's own examples mean is known already.
    meanings = pathlib.Path(os.environ.get("XDG_STATE_HOME") or pathlib.Path.home() / ".local/state") / "portaveu" / "meanings.bin"
    if meanings.exists():
        shutil.copy(meanings, folder / "data")
    evaluation = subprocess.run([program, "eval", "--jobs", "1", "--config", config, questions], capture_output=True, text=True)
    if evaluation.returncode != 0:
        raise SystemExit(evaluation.stderr)
    learned, look_up = re.search(r"learned in \d+ s", evaluation.stderr), re.search(r"look-up: median .*", evaluation.stdout + evaluation.stderr)
    if not (learned and look_up):
        raise SystemExit(evaluation.stdout + evaluation.stderr)
    print(f"{topics} topics, {learned[0]}; {look_up[0]} (wanted: 30 ms)")


main()
