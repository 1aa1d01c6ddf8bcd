//! A laptop, a stick and a box, as folders; the program is run as people and systemd run it.

#![allow(dead_code, reason = "each test takes what it needs")]

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use minisign::SecretKey;
use portaveu_provision::keys;
use portaveu_provision::manifest::Manifest;
use portaveu_provision::receipt::Receipt;

pub const PROGRAM: &str = env!("CARGO_BIN_EXE_portaveu-provision");

pub struct Desk {
    folder: tempfile::TempDir,
    pub validator: String,
    pub metrics_validator: String,
    pub installer: String,
    pub restart: String,
}

/// What is in a folder: kind, mode and content by path.
pub type Picture = BTreeMap<PathBuf, (u32, Vec<u8>)>;

impl Desk {
    /// With a technician's keys, a box's card and a site; nothing is on the stick, and the box has no site.
    pub fn new() -> Self {
        Self::new_in(&std::env::temp_dir().display().to_string())
    }

    pub fn new_in(place: &str) -> Self {
        let folder = tempfile::tempdir_in(place).unwrap();
        let quiet = || "true".to_owned();
        let desk =
            Self { folder, validator: quiet(), metrics_validator: quiet(), installer: quiet(), restart: quiet() };
        for name in ["stick", "keys", "site/secrets/tls", "site/council/topics", "data"] {
            fs::create_dir_all(desk.path(name)).unwrap();
        }
        good(&desk.run(&["keygen", "--without-passphrase", "--out", &desk.text("keys")]));
        good(&desk.apply());
        fs::rename(desk.path("stick/portaveu-boxes"), desk.path("boxes")).unwrap();
        desk.write("site/portaveu.toml", "register = { user = \"box\", password = \"hush-hush\" }\n");
        desk.write("site/metrics.toml", "box = \"vallverda\"\n");
        desk.write("site/secrets/tls/agent.pem", "a secret key\n");
        desk.write("site/council/council.toml", "name = \"Vallverda\"\n");
        desk.write("site/council/topics/padron.md", "# Padrón\n");
        desk
    }

    /// Whose box has a first site, version 1.
    pub fn provisioned() -> Self {
        Self::provisioned_in(&std::env::temp_dir().display().to_string())
    }

    pub fn provisioned_in(place: &str) -> Self {
        let desk = Self::new_in(place);
        desk.build(&["--version", "1"]);
        good(&desk.apply());
        desk.forget_receipts();
        desk
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn text(&self, name: &str) -> String {
        self.path(name).display().to_string()
    }

    pub fn write(&self, name: &str, text: &str) {
        fs::write(self.path(name), text).unwrap();
    }

    pub fn run(&self, arguments: &[&str]) -> Output {
        Command::new(PROGRAM).args(arguments).output().unwrap()
    }

    pub fn card(&self) -> String {
        let mut cards = fs::read_dir(self.path("boxes")).unwrap();
        cards.next().unwrap().unwrap().path().display().to_string()
    }

    /// Builds and signs a stick for the box from the site's folder.
    pub fn build(&self, arguments: &[&str]) -> Output {
        let output = self.try_build(arguments);
        good(&output);
        output
    }

    pub fn try_build(&self, arguments: &[&str]) -> Output {
        let (card, stick, key, site) =
            (self.card(), self.text("stick"), self.text("keys/provision.key"), self.text("site"));
        let mut all = vec!["build", "--box", &card, "--stick", &stick, "--key", &key];
        if !arguments.contains(&"--reset") {
            all.extend(["--site", &site]);
        }
        all.extend(arguments);
        self.run(&all)
    }

    /// What `apply` and `reset` are told of the box.
    pub fn appliance(&self) -> Vec<String> {
        let own = fs::metadata(self.folder.path()).unwrap().gid().to_string();
        let pairs = [
            ("--root", self.text("box")),
            ("--trusted", self.text("keys/provision.pub")),
            ("--data", self.text("data")),
            ("--validator", self.validator.clone()),
            ("--metrics-validator", self.metrics_validator.clone()),
            ("--installer", self.installer.clone()),
            ("--restart", self.restart.clone()),
            ("--stop", "true".into()),
            ("--units", self.text("units")),
            ("--reload", "true".into()),
            ("--networks", self.text("networks")),
            ("--reload-networks", "true".into()),
            ("--group", own.clone()),
            ("--metrics-group", own),
        ];
        pairs.into_iter().flat_map(|(name, value)| [name.to_owned(), value]).collect()
    }

    pub fn applying(&self) -> Vec<String> {
        let mut all = vec!["apply".to_owned(), "--stick".into(), self.text("stick")];
        all.extend(self.appliance());
        all
    }

    pub fn apply(&self) -> Output {
        Command::new(PROGRAM).args(self.applying()).output().unwrap()
    }

    /// The newest, wherever it is: "stick/portaveu-receipts" or "box/receipts".
    pub fn receipt(&self, folder: &str) -> Receipt {
        let mut names: Vec<_> = fs::read_dir(self.path(folder)).unwrap().map(|entry| entry.unwrap().path()).collect();
        names.retain(|path| path.extension().is_some_and(|extension| extension == "json"));
        names.sort();
        serde_json::from_slice(&fs::read(names.last().expect("a receipt")).unwrap()).unwrap()
    }

    pub fn forget_receipts(&self) {
        fs::remove_dir_all(self.path("stick/portaveu-receipts")).unwrap();
        fs::remove_dir_all(self.path("box/receipts")).unwrap();
    }

    /// The whole box, but for its receipts.
    pub fn box_picture(&self) -> Picture {
        let mut picture = picture(&self.path("box"));
        picture.retain(|path, _| !path.starts_with("receipts") && path != Path::new("lock"));
        picture.extend(crate::common::picture(&self.path("data")));
        picture
    }

    pub fn site_picture(&self) -> Picture {
        picture(&self.path("box/current/"))
    }

    pub fn manifest(&self) -> Manifest {
        Manifest::parse(&fs::read(self.path("stick/portaveu/bundle.json")).unwrap()).unwrap()
    }

    /// Changes the manifest on the stick and signs it, as a technician who means ill could.
    pub fn forge(&self, change: impl FnOnce(&mut serde_json::Value)) {
        let path = self.path("stick/portaveu/bundle.json");
        let mut manifest = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
        change(&mut manifest);
        self.put_manifest(&serde_json::to_vec(&manifest).unwrap());
    }

    pub fn put_manifest(&self, bytes: &[u8]) {
        let signature = keys::sign(&self.key(), bytes, "forged").unwrap();
        fs::write(self.path("stick/portaveu/bundle.json"), bytes).unwrap();
        self.write("stick/portaveu/bundle.json.minisig", &signature);
    }

    fn key(&self) -> SecretKey {
        keys::unlocked(&fs::read_to_string(self.path("keys/provision.key")).unwrap()).unwrap()
    }

    /// Where the stick has a file of the manifest.
    pub fn blob(&self, place: &str) -> PathBuf {
        let manifest = self.manifest();
        let entry = manifest.files.iter().find(|entry| entry.path.to_string() == place).unwrap();
        self.path("stick/portaveu/files").join(entry.sha256.as_str())
    }

    /// An executable of the test's own.
    pub fn script(&self, name: &str, text: &str) -> String {
        self.write(name, &format!("#!/bin/sh\n{text}\n"));
        fs::set_permissions(self.path(name), fs::Permissions::from_mode(0o755)).unwrap();
        self.text(name)
    }
}

pub fn good(output: &Output) {
    assert!(output.status.success(), "{}{}", said(output), String::from_utf8_lossy(&output.stderr));
}

pub fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

pub fn picture(folder: &Path) -> Picture {
    let mut found = Picture::new();
    look(folder, folder, &mut found);
    found
}

fn look(top: &Path, folder: &Path, found: &mut Picture) {
    for entry in fs::read_dir(folder).into_iter().flatten() {
        let path = entry.unwrap().path();
        let about = fs::symlink_metadata(&path).unwrap();
        let content = match () {
            () if about.is_symlink() => fs::read_link(&path).unwrap().display().to_string().into_bytes(),
            () if about.is_file() => fs::read(&path).unwrap(),
            () => Vec::new(),
        };
        found.insert(path.strip_prefix(top).unwrap().to_owned(), (about.mode(), content));
        if about.is_dir() {
            look(top, &path, found);
        }
    }
}
