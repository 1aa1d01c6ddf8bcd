//! The council's web page of the box: what callers ask, what they were answered, who waits for a call, and how the box is.
//! [`serve`] is where to begin: a table of all pages, by who may see them.
//!
//! It must not be reachable without signing in (but for the lights), nor show a number that no message needs.

mod certificate;
mod crowd;
mod desk;
mod live;
mod pages;
mod people;
pub mod reports;
mod rights;
mod security;
mod server;
mod sheet;
mod shell;
mod sign_in;
mod texts;
mod visit;

use std::sync::Arc;

use jiff::Timestamp;
use portaveu_store::{Audit, Store, StoreError};

use live::LivePages;
use sign_in::lock::Tries;
use texts::AllTexts;

pub use certificate::{CertificateError, Files};
pub use desk::{
    Advice, Desk, Fault, LanguageText, LiveCall, LiveState, Reading, TopicFacts, TopicFault, TopicText, Tried, Value,
};
pub use people::{PeopleError, add, add_first, check_first, remove, reset};
pub use server::{PanelError, Settings, serve};

/// What every page uses.
pub struct Panel {
    desk: Arc<dyn Desk>,
    store: Arc<Store>,
    texts: AllTexts,
    live: LivePages,
    tries: Tries,
    settings: Settings,
}

impl Panel {
    /// What the store says; its failures are for the log, and the page says that something went wrong.
    fn read<T>(&self, result: Result<T, StoreError>) -> Option<T> {
        result.inspect_err(|error| tracing::error!("the panel's page cannot be shown: {error}")).ok()
    }

    /// Write down who saw or changed what.
    fn audit(&self, who: &str, what: &str, subject: &str) {
        let (who, what, subject) = (who.to_owned(), what.to_owned(), subject.to_owned());
        self.read(self.store.audit(&Audit { at: Timestamp::now(), who, what, subject }));
    }
}
