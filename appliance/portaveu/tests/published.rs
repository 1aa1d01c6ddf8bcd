//! What callers hear after a newer pack was installed, and after a backup was brought back, where answers were published in
//! the panel before.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test ends where it cannot go on")]

mod common;

use std::collections::BTreeMap;
use std::io::Write;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use common::{TestBox, council, free_port, free_ports, learned, portaveu};
use jiff::Timestamp;
use portaveu_store::{Store, Version};

const FINES: &str = "topics/fine.pay.md";
const CARD: &str = "topics/library.card.md";
const ASKED: [(&str, &str); 2] =
    [(FINES, "quiero pagar una multa de tráfico"), (CARD, "¿cómo me saco el carné de la biblioteca?")];

/// A council whose pack may be replaced, and its box's data.
struct Town {
    folder: tempfile::TempDir,
}

impl Town {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let installed = folder.path().join("installed");
        assert!(Command::new("cp").arg("-r").args([&council(), &installed]).status().unwrap().success());
        let (sip, media) = (free_port(), free_ports(4));
        let settings = format!(
            "council = \"installed\"\ndata = \"data\"\nchannels = 1\n[media]\nports = [{media}, {}]\n[sip]\nlisten = \
             \"127.0.0.1:{sip}\"\npeers = [\"127.0.0.1\"]\n",
            media + 3
        );
        std::fs::write(folder.path().join("portaveu.toml"), settings).unwrap();
        Self { folder }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn installed(&self, file: &str) -> String {
        std::fs::read_to_string(self.path("installed").join(file)).unwrap()
    }

    fn install(&self, file: &str, text: &str) {
        std::fs::write(self.path("installed").join(file), text).unwrap();
    }

    fn store(&self) -> Store {
        Store::open(&self.path("data/portaveu.redb")).unwrap()
    }

    /// Start the box, let it answer calls, and end it; gives what it said.
    fn start_and_stop(&self) -> String {
        std::fs::create_dir_all(self.path("data")).unwrap();
        if !self.path("data/learned.bin").exists() {
            std::fs::copy(learned(), self.path("data/learned.bin")).unwrap();
        }
        let folder = tempfile::tempdir().unwrap(); // the box's, which goes with it
        let settings = std::fs::read_to_string(self.path("portaveu.toml")).unwrap();
        let at = |settings: String, name: &str| {
            settings.replace(&format!("\"{name}\""), &format!("\"{}\"", self.path(name).display()))
        };
        std::fs::write(folder.path().join("portaveu.toml"), at(at(settings, "installed"), "data")).unwrap();
        let mut started = TestBox::start_in(folder, SocketAddr::from((Ipv4Addr::LOCALHOST, 1)));
        assert!(started.has_said("the line is up"));
        let said = started.said();
        started.stop();
        said
    }

    /// As the panel does: the topics that are changed, over all that was said; `stray` is a file that it must not change.
    fn publish(&self, changed: &[(&str, &str)], stray: &str) {
        let store = self.store();
        let newest: Version = store.versions().unwrap().remove(0);
        let text = |(path, hash): (String, [u8; 32])| (path, store.text(&hash).unwrap().unwrap());
        let mut files: BTreeMap<String, String> = newest.files.into_iter().map(text).collect();
        for (path, answer) in changed {
            let text = answering(&files[*path], answer);
            files.insert((*path).to_owned(), text);
        }
        files.get_mut(stray).unwrap().push_str("\n# changed in the panel\n");
        store.put_version(&files, ("ana", "why"), Timestamp::now()).unwrap();
    }

    /// What callers hear who ask for a topic.
    fn hears(&self, topic: &str) -> String {
        let question = ASKED.iter().find(|(path, _)| *path == topic).unwrap().1;
        String::from_utf8(self.run(&["ask", question], "").stdout).unwrap()
    }

    fn run(&self, arguments: &[&str], typed: &str) -> std::process::Output {
        let mut command = portaveu();
        command.args(arguments).arg("--config").arg(self.path("portaveu.toml"));
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let _ = writeln!(child.stdin.take().unwrap(), "{typed}"); // who needs nothing typed may be gone
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        output
    }

    fn backup(&self, file: &Path) {
        self.run(&["store", "backup", file.to_str().unwrap()], PASSPHRASE);
    }
}

const PASSPHRASE: &str = "cuatro gatos en la plaza";

/// A topic's text with another answer in Spanish.
fn answering(text: &str, answer: &str) -> String {
    let (head, rest) = text.split_once("# es\n\n").unwrap();
    let (_, examples) = rest.split_once("\n\n- ").unwrap();
    format!("{head}# es\n\n{answer}\n\n- {examples}")
}

#[test]
fn a_newer_pack_keeps_what_was_published_but_where_it_changed_the_same_topic() {
    let town = Town::new();
    assert!(!town.start_and_stop().contains("a newer pack"));
    assert_eq!(town.store().versions().unwrap().len(), 1, "the pack that came with the box can be gone back to");
    town.publish(&[(FINES, "Nuestra multa."), (CARD, "Nuestro carné.")], "calendar.toml");
    assert!(!town.start_and_stop().contains("a newer pack"));
    assert!(town.hears(FINES).contains("Nuestra multa.") && town.hears(CARD).contains("Nuestro carné."));

    let holiday = format!("{}\n# a holiday that IT brings\n", town.installed("calendar.toml"));
    town.install("calendar.toml", &holiday);
    let said = town.start_and_stop();
    assert!(said.contains("2 topics that were published in the panel go on being said"), "{said}");
    assert!(town.hears(FINES).contains("Nuestra multa.") && town.hears(CARD).contains("Nuestro carné."));
    let calendar = std::fs::read_to_string(town.path("data/published/calendar.toml")).unwrap();
    assert_eq!(calendar, holiday, "all but topics is the installed pack's");
    assert!(town.store().drafts().unwrap().is_empty());

    town.install(FINES, &answering(&town.installed(FINES), "La multa que firma informática."));
    let said = town.start_and_stop();
    assert!(said.contains(&format!("the pack itself changed {FINES}")), "{said}");
    assert!(town.hears(FINES).contains("La multa que firma informática."));
    assert!(town.hears(CARD).contains("Nuestro carné."));
    let drafts = town.store().drafts().unwrap();
    assert_eq!((drafts.len(), drafts[0].path.as_str(), drafts[0].by.as_str()), (1, FINES, "ana"));
    assert!(drafts[0].text.contains("Nuestra multa.") && drafts[0].reviewed_by.is_none());
    assert!(!town.start_and_stop().contains("a newer pack"), "it is told once");
}

#[test]
fn what_does_not_fit_a_newer_pack_does_not_silence_what_does() {
    let town = Town::new();
    let facts = town.installed("facts.toml");
    town.install("facts.toml", &format!("{facts}\nkiosk = \"la caseta azul\"\n"));
    town.start_and_stop();
    town.publish(&[(FINES, "Se paga en {kiosk}."), (CARD, "Nuestro carné.")], "calendar.toml");
    town.start_and_stop();
    assert!(town.hears(FINES).contains("Se paga en la caseta azul."));
    town.install("facts.toml", &facts);
    let said = town.start_and_stop();
    assert!(said.contains(&format!("what was published of {FINES} does not fit the installed pack")), "{said}");
    assert!(town.hears(CARD).contains("Nuestro carné.") && !town.hears(FINES).contains("Se paga en"));
    assert_eq!(town.store().drafts().unwrap()[0].path, FINES);
}

#[test]
fn a_backup_brings_back_what_callers_heard_on_another_box_and_on_the_same() {
    let (town, other) = (Town::new(), Town::new());
    town.start_and_stop();
    town.publish(&[(CARD, "El carné de la copia.")], "calendar.toml");
    town.start_and_stop();
    let file = town.path("backup");
    town.backup(&file);
    town.publish(&[(CARD, "El carné de después.")], "calendar.toml");
    town.start_and_stop();
    assert!(town.hears(CARD).contains("El carné de después."));
    let restore = ["store", "restore", file.to_str().unwrap()];
    town.run(&restore, PASSPHRASE);
    town.start_and_stop();
    assert!(town.hears(CARD).contains("El carné de la copia."));

    let report = String::from_utf8(town.run(&["store", "report"], "").stdout).unwrap();
    let key = report.lines().find_map(|line| line.strip_prefix("signing key ")).unwrap();
    other.run(&[&restore[..], &["--signer", key]].concat(), PASSPHRASE);
    other.start_and_stop();
    assert!(other.hears(CARD).contains("El carné de la copia."));
}
