//! The trunks: PBXs and carriers by which the box is called and calls people, the best first. Each is signed in to where it
//! asks for that, and asked with OPTIONS whether it is there.
//!
//! It must not lose a trunk for good: what is down is tried again, and what is down is still better than nothing.

use std::time::{Duration, Instant};

use portaveu_call::{LineEvent, LineState};
use sofia_sip::{Agent, Handle, Response};

const RETRY_REGISTRATION: Duration = Duration::from_secs(30);
/// How often a trunk that is there is asked, and one that is not.
const ASK: Duration = Duration::from_secs(20);
const ASK_AGAIN: Duration = Duration::from_secs(5);
/// A trunk that has not answered for so long is not there.
const SILENCE: Duration = Duration::from_secs(4);

/// A PBX or a carrier.
#[derive(Clone, Debug)]
pub struct TrunkConfig {
    /// Where outgoing calls go: "sip:192.0.2.1", or a name that DNS resolves.
    pub proxy: String,
    /// Calls by this trunk are offered encrypted sound, and no other.
    pub srtp: bool,
    pub account: Option<Account>,
}

/// An extension of a PBX that the box signs in as.
#[derive(Clone)]
pub struct Account {
    pub registrar: String,
    pub user: String,
    pub password: String,
    pub expires: Duration,
}

impl std::fmt::Debug for Account {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} at {}", self.user, self.registrar) // never the password
    }
}

/// "sip:100@192.0.2.1;transport=tls" of "sip:192.0.2.1;transport=tls".
pub fn address(extension: &str, proxy: &str) -> String {
    let (scheme, host) = proxy.split_once(':').unwrap_or(("sip", proxy));
    format!("{scheme}:{extension}@{host}")
}

pub struct Trunks {
    trunks: Vec<Trunk>,
    address: String,
    /// What was last told of the line.
    told: Option<bool>,
}

struct Trunk {
    config: TrunkConfig,
    registration: Option<Registration>,
    question: Option<(Handle, Instant)>,
    next_question: Instant,
    /// Whether it answers; unknown until it was asked.
    answers: Option<bool>,
    /// Why it does not let the box in.
    refused: Option<String>,
}

impl Trunks {
    /// `address` is the box's own, as it stands in From.
    pub fn new(configs: &[TrunkConfig], address: String) -> Self {
        let trunk = |config: &TrunkConfig| Trunk {
            registration: config.account.clone().map(Registration::new),
            config: config.clone(),
            question: None,
            next_question: Instant::now(),
            answers: None,
            refused: None,
        };
        Self { trunks: configs.iter().map(trunk).collect(), address, told: None }
    }

    /// Sign in and ask where it is time to; what changed of the line.
    pub fn look(&mut self, agent: &Agent) -> Option<LineEvent> {
        for trunk in &mut self.trunks {
            if let Some(registration) = &mut trunk.registration {
                registration.refresh(agent);
            }
            trunk.ask(agent, &self.address);
        }
        self.change()
    }

    pub fn registered(&mut self, handle: &Handle, answer: &Response) -> Option<LineEvent> {
        let owns = |trunk: &&mut Trunk| trunk.registration.as_ref().is_some_and(|r| r.handle.as_ref() == Some(handle));
        let trunk = self.trunks.iter_mut().find(owns)?;
        let registration = trunk.registration.as_mut()?;
        trunk.refused = registration.answered(handle, answer);
        self.change()
    }

    /// An answer to OPTIONS, whatever it says: who refuses is there.
    pub fn answered(&mut self, handle: Handle, status: u16) -> Option<LineEvent> {
        let asked = |trunk: &&mut Trunk| trunk.question.as_ref().is_some_and(|(question, _)| *question == handle);
        if let Some(trunk) = self.trunks.iter_mut().find(asked).filter(|_| status >= 200) {
            trunk.question = None;
            // 408 and 503 without an answer are sofia's own.
            trunk.set_answers(!matches!(status, 408 | 503));
            handle.destroy();
        }
        self.change()
    }

    /// The trunk to dial by: the first that is up after `failed`, else, at first, any at all.
    pub fn best(&self, failed: Option<usize>) -> Option<usize> {
        let next = failed.map_or(0, |failed| failed + 1);
        let up = (next..self.trunks.len()).find(|n| self.trunks[*n].is_up());
        up.or_else(|| failed.is_none().then_some(0).filter(|_| !self.trunks.is_empty()))
    }

    /// An extension's address, and the trunk that leads there.
    pub fn reach(&self, extension: &str) -> Option<(String, &str)> {
        let proxy = self.proxy(self.best(None)?)?;
        Some((address(extension, proxy), proxy))
    }

    pub fn proxy(&self, trunk: usize) -> Option<&str> {
        self.trunks.get(trunk).map(|trunk| trunk.config.proxy.as_str())
    }

    pub fn encrypts(&self, trunk: usize) -> bool {
        self.trunks.get(trunk).is_some_and(|trunk| trunk.config.srtp)
    }

    pub fn account(&self, trunk: usize) -> Option<&Account> {
        self.trunks.get(trunk)?.config.account.as_ref()
    }

    /// A call by this trunk got no answer.
    pub fn failed(&mut self, trunk: usize) {
        if let Some(trunk) = self.trunks.get_mut(trunk) {
            trunk.set_answers(false);
        }
    }

    /// Calls come in while the box is signed in somewhere, and wherever it need not be.
    fn change(&mut self) -> Option<LineEvent> {
        let mut registrations = self.trunks.iter().filter_map(|trunk| trunk.registration.as_ref()).peekable();
        let up = registrations.peek().is_none() || registrations.any(|registration| registration.is_in);
        let refused = self.trunks.iter().find_map(|trunk| trunk.refused.clone());
        let state = if up { LineState::Up } else { LineState::Down(refused?) };
        (self.told.replace(up) != Some(up)).then_some(LineEvent::State(state))
    }
}

impl Trunk {
    fn is_up(&self) -> bool {
        self.answers != Some(false) && self.registration.as_ref().is_none_or(|registration| registration.is_in)
    }

    fn set_answers(&mut self, answers: bool) {
        match (answers, self.answers) {
            (true, Some(false)) => tracing::info!("the trunk {} answers again", self.config.proxy),
            (false, None | Some(true)) => tracing::error!(
                "the trunk {} does not answer, so that nobody is called by it; look at its [[sip.trunk]] in the settings, \
                 the network and the PBX",
                self.config.proxy
            ),
            _ => {}
        }
        self.answers = Some(answers);
    }

    fn ask(&mut self, agent: &Agent, from: &str) {
        let silent = self.question.as_ref().is_some_and(|(_, asked)| asked.elapsed() > SILENCE);
        if let Some((question, _)) = self.question.take_if(|_| silent) {
            question.destroy();
            // A PBX that lets the box in and has never answered OPTIONS does not answer them.
            if self.answers.is_some() || self.registration.as_ref().is_none_or(|registration| !registration.is_in) {
                self.set_answers(false);
            }
        }
        if self.question.is_some() || Instant::now() < self.next_question {
            return;
        }
        self.next_question = Instant::now() + if self.answers == Some(false) { ASK_AGAIN } else { ASK };
        match agent.options(from, &self.config.proxy) {
            Ok(question) => self.question = question.map(|question| (question, Instant::now())),
            Err(error) => tracing::error!("the trunk {} cannot be asked: {error}", self.config.proxy),
        }
    }
}

/// Keeps the box signed in at a PBX. sofia refreshes what it has; this starts over after a failure.
struct Registration {
    account: Account,
    handle: Option<Handle>,
    tried_password: bool,
    next_try: Option<Instant>,
    is_in: bool,
}

impl Registration {
    fn new(account: Account) -> Self {
        Self { account, handle: None, tried_password: false, next_try: Some(Instant::now()), is_in: false }
    }

    fn refresh(&mut self, agent: &Agent) {
        if self.next_try.is_none_or(|due| Instant::now() < due) {
            return;
        }
        self.next_try = None;
        self.tried_password = false;
        let Account { registrar, user, expires, .. } = &self.account;
        let record = format!("sip:{user}@{}", registrar.split_once(':').map_or(registrar.as_str(), |(_, host)| host));
        match agent.register(self.handle.take(), &record, registrar, *expires) {
            Ok(handle) => self.handle = handle,
            Err(error) => tracing::error!("registration is not possible: {error}"),
        }
    }

    /// Why the box is not let in, if it is not.
    fn answered(&mut self, handle: &Handle, answer: &Response) -> Option<String> {
        match (answer.status, &answer.realm) {
            (..200, _) => None,
            (200..300, _) => {
                self.tried_password = false;
                self.is_in = true;
                None
            }
            (401 | 407, Some(realm)) if !self.tried_password => {
                self.tried_password = true;
                handle.authenticate(realm, &self.account.user, &self.account.password);
                None
            }
            _ => {
                self.is_in = false;
                self.next_try = Some(Instant::now() + RETRY_REGISTRATION);
                let Account { registrar, user, .. } = &self.account;
                let why = format!(
                    "the PBX {registrar} does not accept the box as {user}: {} {}; check user and password in its settings",
                    answer.status, answer.phrase
                );
                tracing::error!("{why}");
                Some(why)
            }
        }
    }
}
