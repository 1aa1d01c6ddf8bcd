//! A mosquitto of a test's own, with TLS and client certificates, and mosquitto's own clients to watch it with.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Command;

use nix::sys::signal::Signal;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};

use super::Process;

/// Who signs certificates.
pub struct Certificates(CertifiedIssuer<'static, KeyPair>);

impl Certificates {
    pub fn new() -> Self {
        let mut authority = CertificateParams::new(vec![]).unwrap();
        authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        Self(CertifiedIssuer::self_signed(authority, KeyPair::generate().unwrap()).unwrap())
    }

    /// A certificate of 127.0.0.1 and its key, in `folder`.
    pub fn sign(&self, folder: &Path, name: &str) {
        let key = KeyPair::generate().unwrap();
        let mut own = CertificateParams::new(vec!["127.0.0.1".into()]).unwrap();
        own.distinguished_name.push(DnType::CommonName, name);
        std::fs::write(folder.join(format!("{name}.pem")), own.signed_by(&key, &self.0).unwrap().pem()).unwrap();
        std::fs::write(folder.join(format!("{name}.key")), key.serialize_pem()).unwrap();
    }
}

pub struct Mosquitto {
    folder: PathBuf,
    pub port: u16,
    process: Process,
}

impl Mosquitto {
    /// With its certificates, the box's and the observer's in `folder`.
    pub fn start(folder: &Path) -> Self {
        let certificates = Certificates::new();
        std::fs::write(folder.join("ca.pem"), certificates.0.pem()).unwrap();
        for name in ["broker", "box", "observer"] {
            certificates.sign(folder, name);
        }
        let port = free_port();
        let at = folder.display();
        let configuration = format!(
            "listener {port} 127.0.0.1\nuser root\nallow_anonymous false\nuse_identity_as_username true\n\
             require_certificate true\ncafile {at}/ca.pem\ncertfile {at}/broker.pem\nkeyfile {at}/broker.key\n\
             acl_file {at}/acl\nmax_queued_messages 0\n"
        );
        std::fs::write(folder.join("mosquitto.conf"), configuration).unwrap();
        allow(folder, "topic readwrite #");
        Self { folder: folder.to_owned(), port, process: run(folder) }
    }

    pub fn wait_for(&self, text: &str) {
        self.process.wait_for(text);
    }

    /// What it had still said.
    pub fn kill(&mut self) -> Vec<String> {
        self.process.end(Signal::SIGKILL);
        self.process.to_the_end()
    }

    pub fn start_again(&mut self) {
        self.process = run(&self.folder);
    }

    pub fn signal(&self, signal: Signal) {
        self.process.signal(signal);
    }

    /// What the box may do.
    pub fn allow_box(&self, rule: &str) {
        allow(&self.folder, rule);
        self.process.signal(Signal::SIGHUP);
        self.process.wait_for("Reloading config");
    }

    /// mosquitto_sub; a line is a topic, whether it was retained, and what came.
    pub fn observe(&self, topic: &str) -> Process {
        let mut client = self.client("mosquitto_sub");
        let observer = Process::start(client.args(["-t", topic, "-F", "%t %r %p", "-I", "observer-"]));
        self.process.wait_for("Sending SUBACK to observer");
        observer
    }

    /// What a newcomer is sent.
    pub fn retained(&self, topic: &str) -> String {
        let output = self.client("mosquitto_sub").args(["-t", topic, "-C", "1", "-W", "10"]).output().unwrap();
        String::from_utf8(output.stdout).unwrap()
    }

    pub fn publish(&self, topic: &str, message: &str) {
        assert!(self.client("mosquitto_pub").args(["-t", topic, "-m", message]).status().unwrap().success());
    }

    fn client(&self, program: &str) -> Command {
        let mut command = Command::new("stdbuf"); // so that a line comes when it is written
        command.args(["-oL", program]);
        let file = |name: &str| self.folder.join(name);
        command.args(["-V", "mqttv5", "-q", "1", "-h", "127.0.0.1", "-p", &self.port.to_string()]);
        command.arg("--cafile").arg(file("ca.pem"));
        command.arg("--cert").arg(file("observer.pem")).arg("--key").arg(file("observer.key"));
        command
    }
}

fn run(folder: &Path) -> Process {
    let process = Process::start(Command::new("mosquitto").arg("-v").arg("-c").arg(folder.join("mosquitto.conf")));
    process.wait_for("running");
    process
}

fn allow(folder: &Path, rule: &str) {
    std::fs::write(folder.join("acl"), format!("user observer\ntopic readwrite #\nuser box\n{rule}\n")).unwrap();
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}
