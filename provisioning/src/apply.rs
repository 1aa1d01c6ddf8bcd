//! The box's half: what is on a stick is copied and verified ([`Run::take`]), then applied whole or not at all ([`Run::finish`]),
//! then told ([`Run::tell`]).
//!
//! The order is the safety: everything that can be refused comes before the one step that changes the site. An update goes to the
//! slot that is not running, so it is installed before that step; when it fails, nothing has changed. When the programs do not
//! start with the new site, the one before is taken back.

use std::ffi::OsStr;
use std::fs::File;

use jiff::Timestamp;
use nix::fcntl::Flock;

use crate::appliance::Appliance;
use crate::command;
use crate::disk;
use crate::identity::Identity;
use crate::manifest::{FORMAT, LARGEST_MANIFEST, Manifest};
use crate::progress::{Progress, Stage};
use crate::reach;
use crate::receipt::{Outcome, Receipt, Summary};
use crate::refusal::Refusal;
use crate::reset;
use crate::site::{Last, Sites};
use crate::staging::Staging;
use crate::stick::{BOXES, BUNDLE, Stick};

pub struct Run<'a> {
    appliance: &'a Appliance,
    identity: Identity,
    progress: &'a mut dyn Progress,
    _lock: Flock<File>,
}

/// What was on the stick. It is not needed any more to apply it.
pub enum Taken {
    /// No bundle: the box's card is wanted.
    Nothing,
    Bundle(Box<Bundle>),
    Refused(Option<Summary>, Refusal),
}

pub struct Bundle {
    manifest: Manifest,
    summary: Summary,
    state: State,
}

enum State {
    New(Staging),
    /// The site was changed, and then the power was cut.
    Unfinished,
    Applied,
}

impl<'a> Run<'a> {
    /// Waits for another run, and removes what an interrupted one left.
    pub fn begin(appliance: &'a Appliance, progress: &'a mut dyn Progress) -> Result<Self, Refusal> {
        let lock = appliance.lock()?;
        let identity = Identity::of(&appliance.root)?;
        reset::finish(appliance)?;
        let sites = Sites::of(&appliance.root);
        sites.adopt()?;
        sites.clean()?;
        Ok(Self { appliance, identity, progress, _lock: lock })
    }

    pub fn take(&mut self, stick: &Stick) -> Taken {
        self.progress.show(Stage::Reading);
        let mut known = None;
        match self.read(stick, &mut known) {
            Ok(Some(bundle)) => Taken::Bundle(Box::new(bundle)),
            Ok(None) => Taken::Nothing,
            Err(why) => Taken::Refused(known, why),
        }
    }

    fn read(&self, stick: &Stick, known: &mut Option<Summary>) -> Result<Option<Bundle>, Refusal> {
        let Some(bytes) = stick.small(BUNDLE, LARGEST_MANIFEST)? else { return Ok(None) };
        if !self.appliance.trusted()?.signed(&bytes, &stick.signature()?) {
            return Err(Refusal::WrongKey);
        }
        let manifest = Manifest::parse(&bytes)?;
        let summary = Summary::of(&manifest, &bytes);
        *known = Some(summary.clone());
        if manifest.recipient != self.identity.recipient() {
            return Err(Refusal::WrongBox(self.identity.name()));
        }
        let state = match self.known(&summary)? {
            Some(state) => state,
            None => {
                let staging = Staging::new(&self.appliance.root)?;
                staging.fill(stick, &manifest, &bytes, &self.identity, &self.appliance.groups()?)?;
                State::New(staging)
            }
        };
        Ok(Some(Bundle { manifest, summary, state }))
    }

    /// None if it is new, and may be taken.
    fn known(&self, summary: &Summary) -> Result<Option<State>, Refusal> {
        let sites = Sites::of(&self.appliance.root);
        if sites.last()?.is_some_and(|last| last.manifest.as_ref() == Some(&summary.manifest)) {
            return Ok(Some(State::Applied));
        }
        if sites.record()?.as_ref() == Some(&summary.manifest) {
            return Ok(Some(State::Unfinished));
        }
        let had = sites.had()?;
        if summary.version > had { Ok(None) } else { Err(Refusal::OldVersion { stick: summary.version, had }) }
    }

    /// The receipt, or none if the stick wants the card.
    pub fn finish(&mut self, taken: Taken) -> Option<Receipt> {
        let (summary, ended) = match taken {
            Taken::Nothing => return None,
            Taken::Refused(summary, why) => (summary, Err(why)),
            Taken::Bundle(bundle) => (Some(bundle.summary.clone()), self.apply(&bundle)),
        };
        let cleaned = Sites::of(&self.appliance.root).clean();
        Some(self.receipt(summary, cleaned.and(ended)))
    }

    /// What became of it, and whether an update was installed.
    fn apply(&mut self, bundle: &Bundle) -> Result<(Outcome, bool), Refusal> {
        let manifest = &bundle.manifest;
        let (updated, has_site) = (manifest.update.is_some(), !manifest.files.is_empty());
        let mut last = Last { version: manifest.version, manifest: Some(bundle.summary.manifest.clone()), site: None };
        match &bundle.state {
            State::Applied => return Ok((Outcome::Unchanged, false)),
            State::New(_) if manifest.reset => {
                self.progress.show(Stage::Resetting);
                reset::begin(self.appliance, &last)?;
                return Ok((Outcome::Reset, false));
            }
            State::New(staging) => self.install(staging, manifest)?,
            State::Unfinished => {}
        }
        if has_site {
            self.restart()?;
        }
        let sites = Sites::of(&self.appliance.root);
        last.site = sites.current();
        sites.settle(&last)?;
        Ok((Outcome::Applied, updated))
    }

    fn install(&mut self, staging: &Staging, manifest: &Manifest) -> Result<(), Refusal> {
        let has_site = !manifest.files.is_empty();
        if has_site {
            self.progress.show(Stage::Checking);
            check(self.appliance, staging)?;
        }
        if manifest.update.is_some() {
            self.progress.show(Stage::Updating);
            command::run(&self.appliance.installer, Some(staging.update().as_os_str())).map_err(Refusal::Update)?;
        }
        if has_site {
            self.progress.show(Stage::Switching);
            let sites = Sites::of(&self.appliance.root);
            sites.add(&staging.site(), manifest.version)?;
            sites.switch(Some(manifest.version))?;
        }
        Ok(())
    }

    fn restart(&mut self) -> Result<(), Refusal> {
        self.progress.show(Stage::Restarting);
        let start = || reach::renew(self.appliance).and_then(|()| command::run(&self.appliance.restart, None));
        let Err(said) = start() else { return Ok(()) };
        let sites = Sites::of(&self.appliance.root);
        let before = sites.last()?.and_then(|last| last.site).filter(|version| sites.is_there(*version));
        sites.switch(before)?;
        let restarted = before.map_or(Ok(()), |_| start());
        Err(Refusal::Restart([said, restarted.err().unwrap_or_default()].concat()))
    }

    fn receipt(&self, bundle: Option<Summary>, ended: Result<(Outcome, bool), Refusal>) -> Receipt {
        let (outcome, updated) = *ended.as_ref().unwrap_or(&(Outcome::Refused, false));
        let why = ended.err();
        Receipt {
            format: FORMAT,
            name: self.identity.name(),
            at: Timestamp::now(),
            outcome,
            reason: why.as_ref().map(|why| why.code().to_owned()),
            bundle,
            site: Sites::of(&self.appliance.root).current(),
            updated,
            text: why.as_ref().map_or_else(|| outcome.sentence(), Refusal::sentence),
            details: why.map(|why| why.details().to_vec()).unwrap_or_default(),
        }
    }

    /// Writes the receipt, or the card, to the stick; the receipt to the box first. A stick that cannot be written is no fault.
    pub fn tell(&mut self, receipt: Option<&Receipt>, stick: Result<Stick, Refusal>) -> Result<(), Refusal> {
        let signed = receipt.map(|receipt| receipt.signed(&self.identity)).transpose()?;
        if let Some(signed) = &signed {
            signed.keep(&self.appliance.root)?;
        }
        self.progress.show(Stage::Writing);
        let written = stick.map_err(|why| why.to_string()).and_then(|stick| {
            let written = match signed {
                Some(signed) => signed.hand_over(&stick),
                None => self.write_card(&stick)?,
            };
            written.map_err(|error| error.to_string())
        });
        if let Err(error) = written {
            println!("notice  nothing could be written to the stick: {error}");
        }
        let refused = receipt.is_some_and(|receipt| receipt.outcome == Outcome::Refused);
        self.progress.show(if refused { Stage::Refused } else { Stage::Done });
        Ok(())
    }

    fn write_card(&self, stick: &Stick) -> Result<std::io::Result<()>, String> {
        let card = self.identity.card().map_err(|why| why.to_string())?;
        let text = serde_json::to_vec_pretty(&card).map_err(|error| error.to_string())?;
        Ok(stick.write(BOXES, &format!("{}.json", card.name), &text))
    }
}

const UNKNOWN_FIELD: &str = "unknown field `";
/// How values and keys of the settings are repeated, and what ends them.
const VALUES: [(&str, &str); 7] = [
    (UNKNOWN_FIELD, "`, expected"),
    ("invalid type: string \"", "\", expected"),
    ("invalid value: string \"", "\", expected"),
    ("integer `", "`, expected"),
    ("floating point `", "`, expected"),
    ("unknown variant `", "`, expected"),
    ("duplicate key `", "`"),
];

/// What the checkers say, without the passwords of the settings.
fn check(appliance: &Appliance, staging: &Staging) -> Result<(), Refusal> {
    let checkers = [
        ("portaveu.toml", &appliance.validator),
        ("metrics.toml", &appliance.metrics_validator),
        ("dahdi.conf", &appliance.spans_validator),
    ];
    for (name, validator) in checkers {
        let settings = staging.site().join(name);
        let Some(text) = disk::read(&settings)? else { continue };
        command::run(validator, Some(OsStr::new(&settings)))
            .map_err(|said| Refusal::Settings(without_passwords(said, &String::from_utf8_lossy(&text))))?;
    }
    Ok(())
}

/// A password may also stand where a number, a table or a key belongs: what lines of settings with a password hold is hidden, and so
/// is each value and each strange key that the reader of TOML repeats.
fn without_passwords(said: Vec<String>, settings: &str) -> Vec<String> {
    let after = settings.lines().filter_map(|line| line.split_once("password").map(|(_, after)| after));
    let secrets: Vec<&str> = after.flat_map(|after| after.split(['"', '\'']).skip(1).step_by(2)).collect();
    let hide =
        |line: String| secrets.iter().filter(|secret| secret.len() > 2).fold(line, |line, s| line.replace(s, "…"));
    said.into_iter().map(|line| without_values(&hide(line))).collect()
}

/// `invalid type: string "…", expected u16`, but "unknown field `pasword`" as it is.
fn without_values(line: &str) -> String {
    let is_usual_key = |key: &str| key.chars().all(|c| c.is_ascii_lowercase() || c == '_');
    for (before, end) in VALUES {
        let Some((start, rest)) = line.split_once(before) else { continue };
        let (value, rest) = rest.rsplit_once(end).map_or((rest, ""), |(value, rest)| (value, rest));
        if before != UNKNOWN_FIELD || !is_usual_key(value) {
            return format!("{start}{before}…{end}{rest}");
        }
    }
    line.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_password_is_in_what_the_checker_says() {
        let settings = "[[sip.trunk]]\nregister = { user = \"box\", password = \"h4sh hush\" }\npassword='other one'";
        let said = vec!["invalid: string \"h4sh hush\"".into(), "other one, and box".into()];
        assert_eq!(without_passwords(said, settings), ["invalid: string \"…\"", "…, and box"]);
    }

    #[test]
    fn no_password_is_where_something_else_belongs() {
        let hidden = [
            (
                "invalid type: string \"Xufa-\"2026!\", expected struct Register",
                "invalid type: string \"…\", expected struct Register",
            ),
            ("invalid type: integer `98765432`, expected a string", "invalid type: integer `…`, expected a string"),
            (
                "unknown field `Xufa-2026`, expected `user` or `password`",
                "unknown field `…`, expected `user` or `password`",
            ),
            (
                "unknown field `pasword`, expected `user` or `password`",
                "unknown field `pasword`, expected `user` or `password`",
            ),
        ];
        for (said, told) in hidden {
            assert_eq!(without_passwords(vec![said.into()], ""), [told]);
        }
    }
}
