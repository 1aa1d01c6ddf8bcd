//! TLS and SRTP with a real telephone (baresip): a call in, a call out, and whom the box does not believe.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test ends where it cannot go on")]

mod common;

use std::path::Path;

use common::{Phone, PhoneOptions, TestBox, sound};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};

/// Who signs certificates.
fn authority() -> CertifiedIssuer<'static, KeyPair> {
    let mut authority = CertificateParams::new(vec![]).unwrap();
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    CertifiedIssuer::self_signed(authority, KeyPair::generate().unwrap()).unwrap()
}

/// A folder with a certificate for 127.0.0.1 by `authority`, its key, and who is believed.
fn certificates(folder: &Path, authority: &CertifiedIssuer<KeyPair>, believed: &CertifiedIssuer<KeyPair>) {
    std::fs::create_dir(folder).unwrap();
    let key = KeyPair::generate().unwrap();
    let mut own = CertificateParams::new(vec!["127.0.0.1".into()]).unwrap();
    own.distinguished_name.push(DnType::CommonName, "127.0.0.1"); // sofia looks for names, and for addresses only here
    let own = own.signed_by(&key, authority).unwrap();
    std::fs::write(folder.join("agent.pem"), own.pem() + &key.serialize_pem()).unwrap();
    std::fs::write(folder.join("cafile.pem"), believed.pem()).unwrap();
}

fn secure(folder: &Path, options: PhoneOptions) -> Phone {
    Phone::new(&PhoneOptions { transport: "tls", secure: Some(folder.to_owned()), ..options })
}

#[test]
fn a_question_is_answered_over_tls_and_srtp() {
    let folder = tempfile::tempdir().unwrap();
    let authority = authority();
    let (ours, theirs) = (folder.path().join("ours"), folder.path().join("theirs"));
    certificates(&ours, &authority, &authority);
    certificates(&theirs, &authority, &authority);
    let port = common::free_port();
    let mut portaveu = TestBox::start(4, &format!("tls = {{ port = {port}, certificates = {ours:?} }}"));
    let mut phone = secure(&theirs, PhoneOptions { says: Some(sound("es_multa.wav")), ..PhoneOptions::default() });
    phone.call(&format!("sip:box@127.0.0.1:{port};transport=tls"));
    phone.wait_for("CALL_ESTABLISHED");
    portaveu.wait_for("with encrypted sound");
    portaveu.wait_for("caller  (es");
    portaveu.wait_for("Una multa de tráfico");
    portaveu.wait_for("everything was said");
    phone.command("hangup", "");
    portaveu.wait_for("ended: Remote");
    assert!(portaveu.recognised(&phone.heard()).contains("multa"));
}

/// A person is called by a trunk of TLS, whose certificate must be of whom the box believes.
#[test]
fn a_trunk_is_believed_by_its_certificate() {
    let folder = tempfile::tempdir().unwrap();
    let (authority, somebody_else) = (authority(), authority());
    let (ours, theirs) = (folder.path().join("ours"), folder.path().join("theirs"));
    certificates(&theirs, &authority, &authority);
    for (name, believed, reached) in [("believing", &authority, true), ("not believing", &somebody_else, false)] {
        let ours = ours.with_file_name(name);
        certificates(&ours, &authority, believed);
        let (port, tls) = (common::free_port(), common::free_port());
        let mut person = secure(&theirs, PhoneOptions { user: "100,102", port, ..PhoneOptions::default() });
        let settings = format!(
            "tls = {{ port = {tls}, certificates = {ours:?} }}\n[[sip.trunk]]\nproxy = \"sip:127.0.0.1:{};transport=tls\"\nsrtp = true",
            port + 1 // where baresip listens for TLS
        );
        let mut portaveu = TestBox::start(4, &settings);
        let mut phone = Phone::new(&PhoneOptions::default());
        phone.call(&portaveu.uri());
        phone.wait_for("CALL_ESTABLISHED");
        phone.command("sndcode", "0");
        if reached {
            person.wait_for("CALL_INCOMING");
            person.command("accept", "");
            portaveu.wait_for("person  hears:");
            person.command("sndcode", "1");
            portaveu.wait_for("the caller and a person are joined");
        } else {
            portaveu.wait_for("¿Quiere dejar un recado");
        }
    }
}
