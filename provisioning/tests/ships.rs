//! Settings that are shipped to begin with are accepted, by the checker that a box has.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test ends where it cannot go on")]

mod common;

use std::fs;
use std::path::{Path, PathBuf};

use common::{Desk, PROGRAM, good};
use portaveu_provision::receipt::Outcome;

fn shipped(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

/// Of the workspace, built beside this one.
fn program(name: &str) -> String {
    let path = Path::new(PROGRAM).with_file_name(name);
    assert!(path.is_file(), "{}: build it first: cargo build --release --workspace", path.display());
    path.display().to_string()
}

#[test]
fn the_example_site_goes_onto_a_box() {
    let mut desk = Desk::new();
    fs::remove_dir_all(desk.path("site")).unwrap();
    fs::create_dir(desk.path("site")).unwrap();
    // The box's models are not here; without that line they are looked for where `make models` puts them.
    let shown = fs::read_to_string(shipped("example-site/portaveu.toml")).unwrap();
    desk.write("site/portaveu.toml", &shown);
    let unfilled = desk.try_build(&[]);
    assert!(
        !unfilled.status.success() && String::from_utf8_lossy(&unfilled.stderr).contains("is no password"),
        "{unfilled:?}"
    );
    let settings = shown.replace("change me", "una frase bien larga");
    let here: Vec<&str> = settings.lines().filter(|line| !line.starts_with("models = \"/usr/share")).collect();
    assert_eq!(here.len() + 1, settings.lines().count());
    desk.write("site/portaveu.toml", &here.join("\n"));
    let counts = fs::read_to_string(shipped("example-site/metrics.toml")).unwrap();
    let plain = |line: &&str| !line.starts_with("tls");
    let plain = counts.lines().filter(plain).chain(["tls = false"]).collect::<Vec<_>>().join("\n");
    desk.write("site/metrics.toml", &plain);
    let lan = fs::read_to_string(shipped("example-site/lan.network")).unwrap();
    desk.write("site/lan.network", &lan);
    desk.metrics_validator = format!("{} check --offline --config", program("portaveu-metrics"));
    desk.build(&["--council", shipped("example-council").to_str().unwrap()]);
    desk.validator = format!("{} check --config", program("portaveu"));
    good(&desk.apply());
    assert_eq!(desk.receipt("stick/portaveu-receipts").outcome, Outcome::Applied);
    assert_eq!(fs::read_to_string(desk.path("networks/10-portaveu.network")).unwrap(), lan);
    // And what a technician mistypes is told by name, without what is beside it.
    desk.write(
        "site/portaveu.toml",
        &here.join("\n").replace("user = \"portaveu\",", "user = \"portaveu\", pasword = 1,"),
    );
    desk.build(&["--version", "30000101000000", "--council", shipped("example-council").to_str().unwrap()]);
    assert_eq!(desk.apply().status.code(), Some(2));
    let receipt = desk.receipt("stick/portaveu-receipts");
    let said = receipt.details.join("\n");
    assert!(said.contains("pasword") && said.contains("line ") && !said.contains("bien larga"), "{said}");
    // So are certificates that were forgotten.
    desk.write("site/portaveu.toml", &here.join("\n"));
    desk.write("site/metrics.toml", &counts);
    desk.build(&["--version", "30000102000000", "--council", shipped("example-council").to_str().unwrap()]);
    assert_eq!(desk.apply().status.code(), Some(2));
    let said = desk.receipt("stick/portaveu-receipts").details.join("\n");
    assert!(said.contains("metrics/ca.pem"), "{said}");
}

#[test]
fn the_example_councils_own_settings_are_accepted() {
    let settings = shipped("example-council/portaveu.toml");
    let checked =
        std::process::Command::new(program("portaveu")).args(["check", "--config"]).arg(settings).output().unwrap();
    good(&checked);
}
