//! A trunk that is known by its name alone: the box asks a name server (dnsmasq) where it is (NAPTR, SRV), and tries the next
//! server when the first is gone. In a network and with a name server of its own.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test ends where it cannot go on")]

mod common;

use std::process::{Child, Command};

use common::{Phone, PhoneOptions, TestBox, free_port};

const INSIDE: &str = "PORTAVEU_NAMES_INSIDE";
const TELEPHONES: &str = "192.0.2.2";

#[test]
fn a_trunk_is_found_by_its_name() {
    let run = Command::new("unshare")
        .args(["--map-root-user", "--net", "--mount", "--"])
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", "with_a_name_server_of_its_own", "--nocapture"])
        .env(INSIDE, "1")
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&run.stdout);
    assert!(run.status.success(), "{told}\n{}", String::from_utf8_lossy(&run.stderr));
}

#[test]
fn with_a_name_server_of_its_own() {
    if std::env::var_os(INSIDE).is_none() {
        return; // by itself it would take the machine's network
    }
    let run = |program: &str, arguments: &[&str]| {
        assert!(Command::new(program).args(arguments).status().unwrap().success(), "{program} {arguments:?}");
    };
    run("ip", &["link", "set", "lo", "up"]);
    run("ip", &["addr", "add", &format!("{TELEPHONES}/32"), "dev", "lo"]); // baresip calls from none that is loopback's
    let folder = tempfile::tempdir().unwrap();
    let resolver = folder.path().join("resolv.conf");
    std::fs::write(&resolver, "nameserver 127.0.0.1\n").unwrap();
    run("mount", &["--bind", resolver.to_str().unwrap(), "/etc/resolv.conf"]);

    let (gone, port) = (free_port(), free_port());
    let _names = names(gone, port);
    let mut person = Phone::new(&PhoneOptions { user: "100,102", port, ..PhoneOptions::default() });
    let mut portaveu = TestBox::start(4, "[[sip.trunk]]\nproxy = \"sip:pbx.example\"");
    let mut phone = Phone::new(&PhoneOptions::default());
    phone.call(&portaveu.uri());
    phone.wait_for("CALL_ESTABLISHED");
    portaveu.wait_for("box     (es): Ayuntamiento");
    phone.command("sndcode", "0");
    person.wait_for("CALL_INCOMING");
    person.command("accept", "");
    portaveu.wait_for("person  hears:");
}

struct Names(Child);

impl Drop for Names {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// pbx.example speaks SIP over UDP at two places, the better of which is gone.
fn names(gone: u16, there: u16) -> Names {
    let server =
        |name: &str, port: u16, priority: u8| format!("--srv-host=_sip._udp.pbx.example,{name},{port},{priority}");
    let dnsmasq = Command::new("dnsmasq")
        .args([
            "--no-daemon",
            "--user=root",
            "--no-resolv",
            "--no-hosts",
            "--bind-interfaces",
            "--listen-address=127.0.0.1",
        ])
        .arg("--naptr-record=pbx.example,10,10,S,SIP+D2U,,_sip._udp.pbx.example")
        .args([server("one.pbx.example", gone, 10), server("two.pbx.example", there, 20)])
        .args(["--host-record=one.pbx.example,127.0.0.1", "--host-record=two.pbx.example,127.0.0.1"])
        .spawn()
        .expect("dnsmasq is not installed");
    Names(dnsmasq)
}
