//! What E1 lines are set up as, on cards that are not here: the kernel's description of spans is written out, and dahdi_cfg only keeps
//! what it is given. (The rehearsal's `thirty_calls_by_e1` has the real one, and a site with its own dahdi.conf.)

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test ends where it cannot go on")]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

struct Card(tempfile::TempDir);

impl Card {
    fn new(spans: &[(u32, &str, u32)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("spans")).unwrap();
        for (number, kind, first) in spans {
            let span = folder.path().join(format!("spans/span-{number}"));
            fs::create_dir(&span).unwrap();
            fs::write(span.join("spantype"), format!("{kind}\n")).unwrap();
            fs::write(span.join("basechan"), format!("{first}\n")).unwrap();
        }
        Self(folder)
    }

    fn path(&self, name: &str) -> String {
        self.0.path().join(name).display().to_string()
    }

    /// What dahdi_cfg was given, if it was asked.
    fn set_up(&self, cfg: &str) -> (bool, Option<String>) {
        let program = self.0.path().join("dahdi_cfg");
        fs::write(&program, format!("#!/bin/sh\ncp \"$2\" {}\n{cfg}\n", self.path("given"))).unwrap();
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
        let _ = fs::remove_file(self.path("given"));
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../systemd/lib/set-up-spans");
        let run = Command::new(script)
            .args([self.path("spans"), self.path("dahdi.conf"), self.path("done")])
            .env("PATH", format!("{}:{}", self.0.path().display(), std::env::var("PATH").unwrap()))
            .output()
            .unwrap();
        (run.status.success(), fs::read_to_string(self.path("given")).ok())
    }
}

#[test]
fn e1_spans_are_set_up_as_euroisdn_and_once() {
    let card = Card::new(&[(1, "E1", 1), (2, "FXS", 32), (3, "E1", 36)]);
    let (good, given) = card.set_up("exit 0");
    let wanted = "span=1,1,0,ccs,hdb3,crc4\nbchan=1-15,17-31\ndchan=16\n\
                  span=3,2,0,ccs,hdb3,crc4\nbchan=36-50,52-66\ndchan=51\nloadzone=es\ndefaultzone=es\n";
    assert_eq!((good, given.as_deref()), (true, Some(wanted)));
    assert_eq!(card.set_up("exit 0"), (true, None), "lines that go on were cut");
}

#[test]
fn the_sites_own_settings_come_first_and_what_failed_is_tried_again() {
    let card = Card::new(&[(1, "E1", 1)]);
    fs::write(card.path("dahdi.conf"), "span=1,0,0,ccs,hdb3\n").unwrap();
    assert_eq!(card.set_up("exit 1"), (false, Some("span=1,0,0,ccs,hdb3\n".into())));
    assert_eq!(card.set_up("exit 0"), (true, Some("span=1,0,0,ccs,hdb3\n".into())));
}

#[test]
fn without_a_card_nothing_is_set_up() {
    assert_eq!(Card::new(&[]).set_up("exit 0"), (true, None));
}
