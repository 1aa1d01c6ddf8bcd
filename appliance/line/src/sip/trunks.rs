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
    /// Stands in addresses in place of the proxy's, where a carrier or PBX wants its own domain there.
    pub domain: Option<String>,
    /// Calls by this trunk are offered encrypted sound, and no other.
    pub srtp: bool,
    pub account: Option<Account>,
}

/// An extension of a PBX that the box signs in as.
#[derive(Clone)]
pub struct Account {
    /// Where to sign in, if not at the trunk's proxy.
    pub registrar: Option<String>,
    pub user: String,
    /// For the password, where it is not the user.
    pub authentication: String,
    pub password: String,
    pub expires: Duration,
}

impl std::fmt::Debug for Account {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.user) // never the password
    }
}

impl TrunkConfig {
    /// "sip:192.0.2.1;transport=tls" → "sip:100@192.0.2.1;transport=tls", or "sip:100@DOMAIN".
    fn address_of(&self, extension: &str) -> String {
        let (scheme, host) = self.proxy.split_once(':').unwrap_or(("sip", &self.proxy));
        format!("{scheme}:{extension}@{}", self.domain.as_deref().unwrap_or(host))
    }

    /// Who the box is there, if not who it is by its own address.
    fn own_address(&self, own: &str) -> String {
        let Some(domain) = &self.domain else { return own.to_owned() };
        let user = own.trim_start_matches("sip:").split('@').next().unwrap_or_default();
        format!("sip:{}@{domain}", self.account.as_ref().map_or(user, |account| &account.user))
    }
}

pub struct Trunks {
    trunks: Vec<Trunk>,
    address: String,
    /// What was last told of the line: whether calls come in, and go out.
    told: Option<(bool, bool)>,
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
            registration: config.account.clone().map(|account| Registration::new(config, account)),
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
            trunk.ask(agent, &trunk.config.own_address(&self.address));
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
        self.reach_by(self.best(None)?, extension)
    }

    pub fn reach_by(&self, trunk: usize, extension: &str) -> Option<(String, &str)> {
        let config = &self.trunks.get(trunk)?.config;
        Some((config.address_of(extension), &config.proxy))
    }

    /// Who the box is to this trunk.
    pub fn own_address(&self, trunk: usize) -> Option<String> {
        Some(self.trunks.get(trunk)?.config.own_address(&self.address))
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
        let reaches = self.trunks.iter().any(|trunk| trunk.answers != Some(false)) || self.trunks.is_empty();
        let state = match (up, reaches) {
            (true, true) => LineState::Up,
            (true, false) => LineState::InOnly,
            (false, _) => LineState::Down(refused?),
        };
        (self.told.replace((up, reaches)) != Some((up, reaches))).then_some(LineEvent::State(state))
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
    /// Whom REGISTER is for: the domain, or the host of the proxy or registrar.
    registrar: String,
    /// By which proxy it goes there, if not directly.
    proxy: Option<String>,
    handle: Option<Handle>,
    tried_password: bool,
    next_try: Option<Instant>,
    is_in: bool,
}

impl Registration {
    fn new(config: &TrunkConfig, account: Account) -> Self {
        let (registrar, proxy) = match (&account.registrar, &config.domain) {
            (Some(registrar), _) => (registrar.clone(), None),
            (None, Some(domain)) => (format!("sip:{domain}"), Some(config.proxy.clone())),
            (None, None) => (config.proxy.clone(), None),
        };
        Self {
            account,
            registrar,
            proxy,
            handle: None,
            tried_password: false,
            next_try: Some(Instant::now()),
            is_in: false,
        }
    }

    fn refresh(&mut self, agent: &Agent) {
        if self.next_try.is_none_or(|due| Instant::now() < due) {
            return;
        }
        self.next_try = None;
        self.tried_password = false;
        let Account { user, expires, .. } = &self.account;
        let host = self.registrar.split_once(':').map_or(self.registrar.as_str(), |(_, host)| host);
        let record = format!("sip:{user}@{host}");
        match agent.register(self.handle.take(), &record, &self.registrar, self.proxy.as_deref(), *expires) {
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
                handle.authenticate(realm, &self.account.authentication, &self.account.password);
                None
            }
            _ => {
                self.is_in = false;
                self.next_try = Some(Instant::now() + RETRY_REGISTRATION);
                let (registrar, user) = (&self.registrar, &self.account.user);
                let why = match answer.status {
                    // sofia's own, when nothing answers.
                    408 | 503 => {
                        format!("the PBX {registrar} does not answer, so that the box is not signed in as {user}")
                    }
                    status => format!(
                        "the PBX {registrar} does not accept the box as {user}: {status} {}; check user and password in its settings",
                        answer.phrase
                    ),
                };
                tracing::error!("{why}");
                Some(why)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_whose_trunks_are_silent_takes_calls_and_makes_none() {
        let trunk = |proxy: &str| TrunkConfig { proxy: proxy.into(), domain: None, srtp: false, account: None };
        let mut trunks = Trunks::new(&[trunk("sip:192.0.2.1"), trunk("sip:192.0.2.2")], "sip:box@192.0.2.20".into());
        let told = |trunks: &mut Trunks| trunks.change().map(|event| format!("{event:?}"));
        assert_eq!(told(&mut trunks).as_deref(), Some("State(Up)"), "what was not asked yet may be there");
        trunks.failed(0);
        assert_eq!(told(&mut trunks), None, "there is another");
        trunks.failed(1);
        assert_eq!(told(&mut trunks).as_deref(), Some("State(InOnly)"));
        assert_eq!(told(&mut trunks), None, "it is told once");
        trunks.trunks[0].set_answers(true);
        assert_eq!(told(&mut trunks).as_deref(), Some("State(Up)"));
    }
}
