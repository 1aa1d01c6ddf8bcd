//! The box's settings: one TOML file, unknown keys refused, every mistake named by file, line and key.

use std::fmt::Display;
use std::net::{IpAddr, Ipv4Addr, SocketAddrV4};
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, anyhow, bail};
use portaveu_call::Codec;
use portaveu_line::{Account, SipConfig, TrunkConfig};
use serde::{Deserialize, Deserializer, de::Error};

const INSTALLED: &str = "/etc/portaveu/portaveu.toml";
const EXAMPLE: &str = "provisioning/example-council/portaveu.toml";

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Folder of the council's pack.
    pub council: PathBuf,
    /// Folder of the models; the user's cache when it is not given.
    #[serde(default = "default_models")]
    pub models: PathBuf,
    /// Where calls, rendered phrases and what was learned are kept.
    #[serde(default = "default_data")]
    pub data: PathBuf,
    /// Calls at the same time; more hear the busy tone.
    #[serde(default = "default_channels")]
    pub channels: usize,
    pub sip: Sip,
    /// E1 lines.
    #[serde(default, rename = "pri")]
    pub spans: Vec<Span>,
    #[serde(default)]
    pub media: Media,
    #[serde(default)]
    pub speech: Speech,
    #[serde(default)]
    pub messages: Messages,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sip {
    /// Address and port for UDP and TCP.
    pub listen: SocketAddrV4,
    /// The address that peers reach instead, where a router translates it to `listen`; it must forward `media.ports`, too.
    pub public: Option<Ipv4Addr>,
    /// For peers that speak TLS as well.
    pub tls: Option<Tls>,
    /// Who may call: addresses or networks. Everybody else gets no answer.
    #[serde(deserialize_with = "networks")]
    pub peers: Vec<(Ipv4Addr, u8)>,
    /// Best first.
    #[serde(default = "default_codecs")]
    pub codecs: Vec<Codec>,
    #[serde(default = "default_user")]
    pub user: String,
    /// How long it rings before the box answers.
    #[serde(default = "default_ring_ms")]
    pub ring_ms: u64,
    /// How long a person's telephone rings before the next one is tried.
    #[serde(default = "default_person_ring_s")]
    pub person_ring_s: u64,
    /// People hear what a call is about, and take it with a key or a word, before the caller is joined.
    #[serde(default = "default_attended")]
    pub attended: bool,
    /// How a call gets to a person.
    #[serde(default)]
    pub transfer: Transfer,
    /// Legs to people at the same time.
    #[serde(default = "default_outgoing")]
    pub outgoing: usize,
    /// PBXs and carriers, the best first: when one does not answer, people are called by the next.
    #[serde(default, rename = "trunk")]
    pub trunks: Vec<Trunk>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tls {
    pub port: u16,
    /// Folder of `agent.pem` (the box's certificate and key) and `cafile.pem` (whom trunks' certificates must be of).
    pub certificates: PathBuf,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Trunk {
    /// "sip:192.0.2.1".
    pub proxy: String,
    /// In addresses in place of the proxy's, where a carrier wants its own there: "carrier.example".
    pub domain: Option<String>,
    /// Only encrypted sound (SRTP); the proxy should then be one of TLS, which carries the keys.
    #[serde(default)]
    pub srtp: bool,
    pub register: Option<Register>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(not(feature = "pri"), expect(dead_code, reason = "it is refused in words"))]
pub struct Span {
    /// The card's span, as DAHDI counts them, from 1.
    #[serde(default = "default_span")]
    pub span: u32,
    /// DAHDI's number of the span's first channel, where the spans before it are not all E1 lines of 31 channels.
    first: Option<u32>,
    /// The box's own number, which people see when it calls them; the exchange's choice when it is not given.
    #[serde(default)]
    pub number: String,
    /// The exchange sends the called number digit by digit (overlap receiving).
    #[serde(default)]
    pub overlap: bool,
    /// For a rehearsal without a card: the folder of an exchange's sockets.
    pub sockets: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Transfer {
    /// The box calls the person and joins both: the person can be told first what the call is about.
    #[default]
    Bridge,
    /// The PBX is asked to do it (REFER), and the box is out of it; where that is refused, it bridges.
    Refer,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Register {
    /// The trunk's proxy, when it is not given.
    pub registrar: Option<String>,
    pub user: String,
    /// The name that the password is for, where it is not the user.
    pub authentication: Option<String>,
    pub password: String,
    #[serde(default = "default_expires_s")]
    pub expires_s: u64,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Media {
    /// First and last UDP port for RTP and RTCP; two for each leg.
    pub ports: (u16, u16),
}

impl Default for Media {
    fn default() -> Self {
        Self { ports: (16_384, 16_583) }
    }
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Messages {
    /// A message that is done is removed after so many days, and one that is not after three times as many.
    pub keep_days: u32,
}

impl Default for Messages {
    fn default() -> Self {
        Self { keep_days: 30 }
    }
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Speech {
    /// Socket of a worker that somebody else runs (systemd); without it, portaveu runs its own.
    pub socket: Option<PathBuf>,
    pub threads: usize,
}

impl Default for Speech {
    fn default() -> Self {
        Self { socket: None, threads: 2 }
    }
}

fn default_channels() -> usize {
    30
}
fn default_codecs() -> Vec<Codec> {
    vec![Codec::G722, Codec::Pcma, Codec::Pcmu]
}
fn default_user() -> String {
    "portaveu".into()
}
fn default_ring_ms() -> u64 {
    600
}
fn default_person_ring_s() -> u64 {
    20
}
fn default_attended() -> bool {
    true
}
fn default_outgoing() -> usize {
    10
}
fn default_span() -> u32 {
    1
}
fn default_expires_s() -> u64 {
    300
}

fn home_folder(variable: &str, below_home: &str) -> PathBuf {
    let base = std::env::var_os(variable).filter(|v| !v.is_empty()).map(PathBuf::from);
    base.unwrap_or_else(|| PathBuf::from(std::env::var_os("HOME").unwrap_or_default()).join(below_home))
}

fn default_models() -> PathBuf {
    home_folder("XDG_CACHE_HOME", ".cache").join("portaveu/models")
}

fn default_data() -> PathBuf {
    home_folder("XDG_STATE_HOME", ".local/state").join("portaveu")
}

/// "192.0.2.1" or "192.0.2.0/24".
fn networks<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<(Ipv4Addr, u8)>, D::Error> {
    let wrong = |text: &str, why: &dyn Display| D::Error::custom(format!("\"{text}\" is no address or network: {why}"));
    let listed = Vec::<String>::deserialize(deserializer)?;
    if listed.is_empty() || listed.len() > 64 {
        return Err(D::Error::custom("name between 1 and 64 peers, such as [\"192.0.2.10\"]"));
    }
    let read = |text: String| {
        let (address, prefix) = text.split_once('/').unwrap_or((&text, "32"));
        let address = address.parse().map_err(|error| wrong(&text, &error))?;
        let prefix: u8 = prefix.parse().map_err(|error| wrong(&text, &error))?;
        if prefix > 32 { Err(wrong(&text, &"a prefix is at most 32")) } else { Ok((address, prefix)) }
    };
    listed.into_iter().map(read).collect()
}

impl Config {
    /// Read `path`, or the installed file, or the source tree's example; says which on standard error.
    pub fn load(path: Option<&Path>) -> Result<Self> {
        let path = match path {
            Some(path) => path.to_owned(),
            None => find().ok_or_else(|| anyhow!("there is no {INSTALLED}; name a configuration with --config"))?,
        };
        eprintln!("configuration: {}", path.display());
        let text = std::fs::read_to_string(&path).with_context(|| format!("{}: cannot be read", path.display()))?;
        let mut config: Self = toml::from_str(&text).map_err(|error| anyhow!("{}: {error}", path.display()))?;
        let base = path.parent().unwrap_or(Path::new("."));
        config.council = base.join(&config.council);
        config.models = base.join(&config.models);
        config.data = base.join(&config.data);
        if let Some(tls) = &mut config.sip.tls {
            tls.certificates = base.join(&tls.certificates);
        }
        for sockets in config.spans.iter_mut().filter_map(|span| span.sockets.as_mut()) {
            *sockets = base.join(&sockets);
        }
        config.validate().with_context(|| path.display().to_string())?;
        Ok(config)
    }

    fn validate(&self) -> Result<()> {
        let (first, last) = self.media.ports;
        let room = usize::from(last.saturating_sub(first)).div_ceil(2);
        if room < self.channels {
            bail!(
                "media.ports {first} to {last} are enough for {room} calls, and channels is {}; widen the range",
                self.channels
            );
        }
        if self.sip.listen.ip().is_unspecified() {
            bail!("sip.listen is 0.0.0.0; give the address that the PBX reaches this machine at");
        }
        if let Some(wrong) = self.sip.trunks.iter().map(|trunk| &trunk.proxy).find(|proxy| !is_sip_address(proxy)) {
            bail!(
                "proxy \"{wrong}\" of a [[sip.trunk]] is no SIP address; write one such as \"sip:192.0.2.1\" or \"sip:pbx.example:5061;transport=tls\""
            );
        }
        if let Some(wrong) = self.sip.trunks.iter().map(|trunk| &trunk.proxy).find(|proxy| !self.is_peer(proxy)) {
            bail!(
                "proxy \"{wrong}\" of a [[sip.trunk]] is not among sip.peers, so that its answers would be dropped; add it there"
            );
        }
        if self.spans.iter().any(|span| span.span == 0 || span.first == Some(0)) {
            bail!("span or first of a [[pri]] is 0; DAHDI counts from 1");
        }
        if self.sip.codecs.is_empty() {
            bail!("sip.codecs is empty; name at least \"pcma\"");
        }
        if self.speech.threads == 0 {
            bail!("speech.threads is 0; give it at least 1");
        }
        Ok(())
    }

    /// A name may stand for any address.
    fn is_peer(&self, proxy: &str) -> bool {
        let host = proxy.split([':', ';']).nth(1).and_then(|host| host.parse::<Ipv4Addr>().ok());
        let within = |host: Ipv4Addr, (network, prefix): &(Ipv4Addr, u8)| {
            (host.to_bits() ^ network.to_bits()).leading_zeros() >= u32::from(*prefix)
        };
        host.is_none_or(|host| self.sip.peers.iter().any(|peer| within(host, peer)))
    }

    pub fn line(&self) -> SipConfig {
        let sip = &self.sip;
        SipConfig {
            listen: sip.listen,
            public: sip.public,
            tls: sip.tls.as_ref().map(|tls| (tls.port, tls.certificates.display().to_string())),
            peers: sip.peers.clone(),
            codecs: sip.codecs.clone(),
            user: sip.user.clone(),
            trunks: sip.trunks.iter().map(trunk).collect(),
        }
    }

    pub fn media_address(&self) -> IpAddr {
        IpAddr::V4(*self.sip.listen.ip())
    }

    pub fn store(&self) -> PathBuf {
        self.data.join("portaveu.redb")
    }

    /// Where a running box is asked for messages.
    pub fn control_socket(&self) -> PathBuf {
        self.data.join("control.sock")
    }

    pub fn phrases(&self) -> PathBuf {
        self.data.join("phrases")
    }
}

#[cfg(feature = "pri")]
impl Span {
    /// DAHDI's number of the first channel.
    pub fn first_channel(&self) -> u32 {
        self.first.unwrap_or((self.span - 1) * 31 + 1)
    }
}

fn trunk(trunk: &Trunk) -> TrunkConfig {
    let account = |register: &Register| Account {
        registrar: register.registrar.clone(),
        user: register.user.clone(),
        authentication: register.authentication.as_ref().unwrap_or(&register.user).clone(),
        password: register.password.clone(),
        expires: Duration::from_secs(register.expires_s),
    };
    TrunkConfig {
        proxy: trunk.proxy.clone(),
        domain: trunk.domain.clone(),
        srtp: trunk.srtp,
        account: trunk.register.as_ref().map(account),
    }
}

/// "sip:HOST", perhaps with a port and parameters.
fn is_sip_address(text: &str) -> bool {
    let Some(rest) = text.strip_prefix("sip:").or_else(|| text.strip_prefix("sips:")) else { return false };
    let host_and_port = rest.split(';').next().unwrap_or_default();
    let (host, port) = host_and_port.split_once(':').unwrap_or((host_and_port, "5060"));
    let is_name = !host.is_empty() && host.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-'));
    is_name && port.parse::<u16>().is_ok_and(|port| port > 0)
}

fn find() -> Option<PathBuf> {
    let installed = PathBuf::from(INSTALLED);
    if installed.is_file() {
        return Some(installed);
    }
    let places = [std::env::current_exe().ok(), std::env::current_dir().ok()];
    places
        .iter()
        .flatten()
        .flat_map(|place| place.ancestors())
        .map(|folder| folder.join(EXAMPLE))
        .find(|path| path.is_file())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(text: &str) -> Result<Config> {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), text).unwrap();
        Config::load(Some(file.path()))
    }

    const GOOD: &str =
        "council = \"pack\"\n[sip]\nlisten = \"127.0.0.1:5060\"\npeers = [\"192.0.2.0/24\", \"127.0.0.1\"]\n";

    #[test]
    fn a_short_file_is_enough() {
        let config = load(GOOD).unwrap();
        assert_eq!(config.sip.peers, [(Ipv4Addr::new(192, 0, 2, 0), 24), (Ipv4Addr::LOCALHOST, 32)]);
        assert!(config.council.ends_with("pack") && config.council.is_absolute());
    }

    #[test]
    fn mistakes_are_named_by_line_and_key() {
        let error = |text: &str| format!("{:#}", load(text).unwrap_err());
        let unknown = error(&format!("{GOOD}codec = [\"pcma\"]\n"));
        assert!(unknown.contains("line 5") && unknown.contains("codec") && unknown.contains("codecs"), "{unknown}");
        assert!(error(&GOOD.replace("127.0.0.1:5060", "here")).contains("line 3"));
        assert!(error(&GOOD.replace("192.0.2.0/24", "192.0.2.0/99")).contains("at most 32"));
        let trunk = |proxy: &str| format!("{GOOD}[[sip.trunk]]\nproxy = \"{proxy}\"\n");
        assert!(load(&trunk("sip:pbx.example:5061;transport=tls")).is_ok());
        for wrong in ["", "sip:", "192.0.2.1", "http://192.0.2.1", "sip:pbx .local", "sip:127.0.0.1:99999"] {
            assert!(error(&trunk(wrong)).contains("no SIP address"), "{wrong}");
        }
        assert!(error(&trunk("sip:198.51.100.1")).contains("not among sip.peers"));
        assert!(error(&format!("{GOOD}[media]\nports = [16384, 16390]\n")).contains("enough for 3 calls"));
    }
}
