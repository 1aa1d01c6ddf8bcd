//! What is written here is read by the programs that others wrote, and the other way round: Debian's minisign and age.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test ends where it cannot go on")]

mod common;

use std::fs;
use std::process::{Command, Output};

use common::{Desk, good};

fn run(program: &str, arguments: &[&str]) -> Output {
    Command::new(program).args(arguments).output().unwrap_or_else(|error| panic!("{program}: {error}"))
}

#[test]
fn minisign_verifies_bundles_and_receipts() {
    let desk = Desk::new();
    desk.build(&[]);
    good(&desk.apply());
    good(&run("minisign", &["-Vm", &desk.text("stick/portaveu/bundle.json"), "-p", &desk.text("keys/provision.pub")]));
    let receipts = common::picture(&desk.path("stick/portaveu-receipts"));
    let receipt = receipts.keys().find(|path| path.extension().is_some_and(|extension| extension == "json")).unwrap();
    let receipt = desk.path("stick/portaveu-receipts").join(receipt).display().to_string();
    good(&run("minisign", &["-Vm", &receipt, "-p", &desk.text("box/signing.pub")]));
    assert!(!run("minisign", &["-Vm", &receipt, "-p", &desk.text("keys/provision.pub")]).status.success());
}

#[test]
fn a_stick_that_minisign_signed_is_taken() {
    let desk = Desk::new();
    desk.build(&[]);
    let (secret, public) = (desk.text("secret"), desk.text("keys/provision.pub"));
    good(&run("minisign", &["-GWf", "-s", &secret, "-p", &public]));
    assert_eq!(desk.apply().status.code(), Some(2));
    good(&run("minisign", &["-Sm", &desk.text("stick/portaveu/bundle.json"), "-s", &secret]));
    good(&desk.apply());
}

#[test]
fn age_opens_with_the_boxs_identity_what_was_sealed_and_nobody_else_does() {
    let desk = Desk::new();
    desk.build(&[]);
    let sealed = desk.blob("secrets/tls/agent.pem").display().to_string();
    let opened = run("age", &["-d", "-i", &desk.text("box/identity"), &sealed]);
    good(&opened);
    assert_eq!(opened.stdout, fs::read(desk.path("site/secrets/tls/agent.pem")).unwrap());
    let other = Desk::new();
    assert!(!run("age", &["-d", "-i", &other.text("box/identity"), &sealed]).status.success());
}
