//! The settings of the lines: SIP, with its trunks, and E1 spans.

use std::fmt::Display;
use std::net::{Ipv4Addr, SocketAddrV4};
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Result, bail};
use portaveu_call::Codec;
use portaveu_line::{Account, SipConfig, TrunkConfig};
use serde::{Deserialize, Deserializer, de::Error};

use super::certificates;

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
    /// Where no NTP keeps the box's clock, the trunks' `Date` sets it when it is clearly wrong.
    #[serde(default)]
    pub clock: bool,
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

/// Wide sound first, which the recogniser hears best: G.722, which desk telephones have, so that the PBX need not translate,
/// and which costs a tenth of Opus; then Opus, which softphones and gateways have, and which stands loss. All have G.711.
fn default_codecs() -> Vec<Codec> {
    vec![Codec::G722, Codec::Opus, Codec::Pcma, Codec::Pcmu]
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

impl Sip {
    pub fn validate(&self) -> Result<()> {
        if self.listen.ip().is_unspecified() {
            bail!("sip.listen is 0.0.0.0; give the address that the PBX reaches this machine at");
        }
        if let Some(wrong) = self.trunks.iter().map(|trunk| &trunk.proxy).find(|proxy| !is_sip_address(proxy)) {
            bail!(
                "proxy \"{wrong}\" of a [[sip.trunk]] is no SIP address; write one such as \"sip:192.0.2.1\" or \"sip:pbx.example:5061;transport=tls\""
            );
        }
        if let Some(wrong) = self.trunks.iter().map(|trunk| &trunk.proxy).find(|proxy| !self.is_peer(proxy)) {
            bail!(
                "proxy \"{wrong}\" of a [[sip.trunk]] is not among sip.peers, so that its answers would be dropped; add it there"
            );
        }
        if let Some(tls) = &self.tls {
            self.check_certificates(&tls.certificates)?;
        }
        if self.codecs.is_empty() {
            bail!("sip.codecs is empty; name at least \"pcma\"");
        }
        Ok(())
    }

    fn check_certificates(&self, folder: &Path) -> Result<()> {
        let (agent, authorities) = (folder.join("agent.pem"), folder.join("cafile.pem"));
        if !agent.is_file() {
            bail!("there is no agent.pem in {}; put the box's certificate and key there", folder.display());
        }
        certificates::check_pair(&agent, &agent)?;
        let verifies = self.trunks.iter().any(|trunk| trunk.proxy.contains("transport=tls"));
        if authorities.is_file() || verifies {
            certificates::check_authorities(&authorities)?;
        }
        Ok(())
    }

    /// A name may stand for any address.
    fn is_peer(&self, proxy: &str) -> bool {
        let host = proxy.split([':', ';']).nth(1).and_then(|host| host.parse::<Ipv4Addr>().ok());
        let within = |host: Ipv4Addr, (network, prefix): &(Ipv4Addr, u8)| {
            (host.to_bits() ^ network.to_bits()).leading_zeros() >= u32::from(*prefix)
        };
        host.is_none_or(|host| self.peers.iter().any(|peer| within(host, peer)))
    }

    pub fn line(&self) -> SipConfig {
        SipConfig {
            listen: self.listen,
            public: self.public,
            tls: self.tls.as_ref().map(|tls| (tls.port, tls.certificates.display().to_string())),
            peers: self.peers.clone(),
            codecs: self.codecs.clone(),
            user: self.user.clone(),
            trunks: self.trunks.iter().map(trunk).collect(),
        }
    }
}

impl Span {
    pub fn validate(&self) -> Result<()> {
        if self.span == 0 || self.first == Some(0) {
            bail!("span or first of a [[pri]] is 0; DAHDI counts from 1");
        }
        if cfg!(not(feature = "pri")) {
            bail!("[[pri]] names an E1 line, and this portaveu was built without; build it with --features pri");
        }
        Ok(())
    }

    /// DAHDI's number of the first channel.
    #[cfg(feature = "pri")]
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
