# Thin: the work is in scripts beside what they concern. `make setup` is part of every target that needs it.
CACHE := $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/portaveu
PYTHON := $(CACHE)/python/bin/python
BENCH_PYTHON := $(CACHE)/python-bench/bin/python
LAYER_PYTHON := $(CACHE)/python-layer/bin/python
# Questions to measure by: a table and, in AUDIO, a recording of each row (`make bench-audio` makes them).
QUESTIONS ?= ../shared/eval/dev.tsv
RENDER ?= ../shared/eval/render.py
AUDIO ?= target/bench/audio

.PHONY: rehearsal rehearsal-bundles hw-test hw-test-short box-programs demo run test lint setup packages models build bench bench-audio bench-panel screenshots soak fuzz deny layer

demo: build
	appliance/portaveu/demo/demo.sh

run: build
	target/release/portaveu run --show-conversation

test: build
	$(PYTHON) -m unittest discover -s provisioning/models -p 'test_*.py'
	cargo test --release --workspace -- --test-threads 1
	cargo test --release --workspace --features portaveu/pri --test pri --test isdn -- --test-threads 1
	npm --prefix appliance/panel/browser ci --silent
	npm --prefix appliance/panel/browser test

lint: setup
	cargo fmt --check
	cargo clippy --release --workspace --all-targets --all-features -- -D warnings
	cargo metadata --locked --format-version 1 > target/metadata.json

# Licences, sources and duplicate crates; advisories too, where the advisory database can be reached.
deny:
	cargo install --locked --quiet --root target/tools cargo-deny
	target/tools/bin/cargo-deny check licenses bans sources
	target/tools/bin/cargo-deny check advisories || echo "advisories: the database could not be asked, or has something to say (above)"

# The Yocto layer and the kas files, as far as they can be checked without bitbake.
layer: $(LAYER_PYTHON)
	PATH="$(dir $(LAYER_PYTHON)):$$PATH" yocto-layer/scripts/check.sh "$(CACHE)/downloads"

$(LAYER_PYTHON): yocto-layer/scripts/requirements.txt | packages
	python3 -m venv "$(CACHE)/python-layer"
	"$(CACHE)/python-layer/bin/pip" install --quiet --disable-pip-version-check -r yocto-layer/scripts/requirements.txt
	touch $@

build: setup
	cargo build --release --workspace
	@echo "Learning the example council (some minutes, once) …"
	target/release/portaveu pack check --config provisioning/example-council/portaveu.toml >target/pack-check.txt

setup: packages models
	mkdir -p target
	ln -sfn "$(CACHE)/models/sherpa" target/sherpa
	ln -sfn "$(CACHE)/models/panel" target/panel

packages:
	provisioning/workstation/install.sh

models: $(PYTHON)
	$(PYTHON) provisioning/models/fetch.py --cache "$(CACHE)/models"

$(PYTHON): provisioning/models/requirements.txt | packages
	python3 -m venv "$(CACHE)/python"
	"$(CACHE)/python/bin/pip" install --quiet --disable-pip-version-check -r provisioning/models/requirements.txt
	touch $@

bench: build bench-audio
	$(PYTHON) provisioning/models/fetch.py --cache "$(CACHE)/models" --with whisper-base-ct2
	$(BENCH_PYTHON) appliance/speech/bench/recognition.py target/release/portaveu-speech "$(CACHE)/models" $(QUESTIONS) $(AUDIO) --council provisioning/example-council
	$(BENCH_PYTHON) appliance/speech/bench/weights.py target/release/portaveu-speech "$(CACHE)/models" $(QUESTIONS) $(AUDIO) --every 4
	$(BENCH_PYTHON) appliance/speech/bench/human.py target/release/portaveu-speech "$(CACHE)/models" target/bench/human
	$(BENCH_PYTHON) appliance/speech/bench/voices.py target/release/portaveu-speech "$(CACHE)/models" $(QUESTIONS) --every 4
	$(BENCH_PYTHON) appliance/portaveu/bench/calls.py target/release/portaveu $(QUESTIONS) $(AUDIO)
	$(BENCH_PYTHON) appliance/portaveu/bench/handover.py target/release/portaveu
	target/release/portaveu eval --jobs 1 $(QUESTIONS) | tail -n 25
	target/release/portaveu eval --audio $(AUDIO) $(QUESTIONS) | tail -n 25
	target/release/portaveu eval --jobs 1 appliance/portaveu/bench/dangers.tsv | tail -n 8
	target/release/portaveu eval --jobs 1 appliance/portaveu/bench/questions.tsv | tail -n 20
	$(PYTHON) appliance/portaveu/bench/thousand.py target/release/portaveu target/bench/thousand $(QUESTIONS)

# The panel with a year of a million calls.
bench-panel: build
	rm -rf target/bench/million && mkdir -p target/bench/million
	cargo run --release --quiet -p portaveu-store --example million target/bench/million
	$(PYTHON) appliance/portaveu/bench/panel.py target/release/portaveu target/bench/million

# Of the panel, for the README.
screenshots: build
	npm --prefix appliance/panel/browser ci --silent
	npm --prefix appliance/panel/browser run screenshots

# A quarter of an hour: is anything lost or left behind after many calls and messages that no telephone sends?
soak: build
	$(PYTHON) appliance/portaveu/bench/soak.py target/release/portaveu

bench-audio: $(BENCH_PYTHON) setup
	test -e $(AUDIO)/done || $(BENCH_PYTHON) $(RENDER) $(QUESTIONS) "$(CACHE)/models/kokoro" $(AUDIO)
	touch $(AUDIO)/done

$(BENCH_PYTHON): appliance/speech/bench/requirements.txt
	python3 -m venv "$(CACHE)/python-bench"
	"$(CACHE)/python-bench/bin/pip" install --quiet --disable-pip-version-check -r appliance/speech/bench/requirements.txt
	touch $@

# A minute for each target that reads what strangers send. Needs a nightly Rust and cargo-fuzz.
fuzz:
	cd appliance/media && for target in rtp opus sdp sip_headers q931; do cargo +nightly fuzz run $$target -- -max_total_time=60; done

# The box in QEMU: Debian 12 with the box's own units, partitions and updates (image/rehearsal/README.md). Needs root.
rehearsal: box-programs
	python3 image/rehearsal/build.py

# The same, with a good and a bad update on sticks.
rehearsal-bundles: box-programs
	python3 image/rehearsal/build.py --bundles

# Everything that a rehearsal can show: hours under software emulation.
hw-test: rehearsal-bundles
	target/release/hw-tests rehearsal

# What fits into a quarter of an hour.
hw-test-short: rehearsal
	target/release/hw-tests rehearsal --short

# As a box wants them: with E1, and an ear that runs on any processor with AVX2 and not on the building one's kind alone.
box-programs: build
	cargo build --release --workspace --features portaveu/pri,hw-tests/pri
	GGML_NATIVE=OFF cargo build --release --target-dir target/box -p portaveu-speech
