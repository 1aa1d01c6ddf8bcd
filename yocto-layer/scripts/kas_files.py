#!/usr/bin/env python3
"""Has kas read every image/*.yml, and says whether each layer is pinned to a commit.

Usage: kas_files.py
Needs no network: git is told that the layers' addresses are empty repositories in a temporary folder.
"""
import os
import pathlib
import re
import subprocess
import sys
import tempfile

import yaml

IMAGE = pathlib.Path(__file__).resolve().parent.parent.parent / "image"


def git(folder, *arguments):
    command = ["git", "-C", folder, "-c", "user.name=kas", "-c", "user.email=kas", *arguments]
    subprocess.run(command, check=True, capture_output=True)


def stand_ins(folder, repositories):
    """An empty repository for each address, and a git configuration that sends kas there."""
    settings = ""
    for name, repository in repositories.items():
        path = folder / "stand-ins" / name
        path.mkdir(parents=True)
        git(path, "init", "--quiet", f"--initial-branch={repository['branch']}")
        git(path, "commit", "--quiet", "--allow-empty", "--message=stands in")
        settings += f'[url "file://{path}"]\n\tinsteadOf = {repository["url"]}\n'
    configuration = folder / "gitconfig"
    configuration.write_text(settings)
    return configuration


def unpinned(repositories):
    for name, repository in repositories.items():
        if not re.fullmatch("[0-9a-f]{40}", repository.get("commit", "")):
            yield f"portaveu.yml: {name} is not pinned to a commit"


def unreadable(file, folder, configuration):
    work = folder / file.stem
    work.mkdir()
    command = ["kas", "dump", "--skip", "repos_checkout", str(file)]
    environment = os.environ | {"KAS_WORK_DIR": str(work), "GITCONFIG_FILE": str(configuration)}
    run = subprocess.run(command, env=environment, cwd=IMAGE.parent, capture_output=True, text=True)
    if run.returncode:
        return f"{file.name}: {run.stderr.strip().splitlines()[-1]}"
    read = yaml.safe_load(run.stdout)
    test = file.stem.endswith("-test")
    if (read["distro"] == "portaveu-test") != test:
        return f"{file.name}: its distro is {read['distro']}"
    return None


def main():
    common = yaml.safe_load((IMAGE / "portaveu.yml").read_text(encoding="utf8"))
    elsewhere = {name: repository for name, repository in common["repos"].items() if "url" in repository}
    faults = list(unpinned(elsewhere))
    files = sorted(IMAGE.glob("*.yml"))
    with tempfile.TemporaryDirectory() as temporary:
        folder = pathlib.Path(temporary)
        configuration = stand_ins(folder, elsewhere)
        faults += filter(None, (unreadable(file, folder, configuration) for file in files if file.stem != "portaveu"))
    if faults:
        sys.exit("kas: " + "\nkas: ".join(faults))
    print(f"kas: {len(files)} files, all layers pinned")


if __name__ == "__main__":
    main()
