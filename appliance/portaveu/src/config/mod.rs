//! The box's settings: one TOML file, unknown keys refused, every mistake named by file, line and key.

mod certificates;
mod lines;

use std::net::{IpAddr, SocketAddr};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow, bail};
use portaveu_panel::{Files, Settings};
use portaveu_store::{Retention, Store, StoreError};
use serde::Deserialize;

pub use lines::{Sip, Span, Transfer};

const INSTALLED: &str = "/etc/portaveu/portaveu.toml";
const EXAMPLE: &str = "provisioning/example-council/portaveu.toml";
/// A hundred years.
const LONGEST_DAYS: u32 = 36_500;

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
    /// How long what is kept.
    #[serde(default)]
    pub retention: Retention,
    /// Without it there is no page.
    #[serde(default)]
    pub panel: Option<Panel>,
    /// Without it nothing is counted for a broker.
    #[serde(default)]
    pub metrics: Option<Metrics>,
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

/// The council's page.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Panel {
    pub listen: SocketAddr,
    /// Names that browsers call it by, for a certificate that the box makes itself.
    #[serde(default)]
    pub names: Vec<String>,
    /// The council's own certificate and its key (PEM); without them the box makes one.
    #[serde(default)]
    pub certificate: Option<PathBuf>,
    #[serde(default)]
    pub key: Option<PathBuf>,
    /// Who makes the other accounts, on a box that has no terminal.
    #[serde(default)]
    pub first: Option<First>,
    /// Addresses from which Prometheus may read /metrics.
    #[serde(default)]
    pub prometheus: Vec<IpAddr>,
    /// Folder of the typeface of printed reports: DejaVuSans.ttf and DejaVuSans-Bold.ttf.
    #[serde(default = "default_typeface")]
    pub typeface: PathBuf,
}

/// An account that is made when there is none: of IT, who chooses another password at the first sign-in.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct First {
    pub name: String,
    pub password: String,
}

/// Counts for the council's broker.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Metrics {
    /// What the box is called in them: small letters, figures, dots and hyphens.
    pub name: String,
    /// No count below this is told.
    #[serde(default = "default_k")]
    pub k: u32,
    /// Settings of `portaveu-metrics`; given, portaveu runs it itself, as on a workstation.
    #[serde(default)]
    pub settings: Option<PathBuf>,
}

fn default_k() -> u32 {
    5
}

fn default_typeface() -> PathBuf {
    "/usr/share/fonts/truetype/dejavu".into()
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

impl Config {
    /// Read `path`, or the installed file, or the source tree's example; says which on standard error.
    pub fn load(path: Option<&Path>) -> Result<Self> {
        let path = match path {
            Some(path) => path.to_owned(),
            None => find().ok_or_else(|| anyhow!("there is no {INSTALLED}; name a configuration with --config"))?,
        };
        eprintln!("configuration: {}", path.display());
        let text = std::fs::read_to_string(&path).with_context(|| format!("{}: cannot be read", path.display()))?;
        let mut config: Self =
            toml::from_str(&text).map_err(|error| anyhow!("{}: {error}{}", path.display(), hint(&error)))?;
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
        for path in config.panel.iter_mut().flat_map(|panel| [&mut panel.certificate, &mut panel.key]).flatten() {
            *path = base.join(&path);
        }
        if let Some(settings) = config.metrics.as_mut().and_then(|metrics| metrics.settings.as_mut()) {
            *settings = base.join(&settings);
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
        self.sip.validate()?;
        self.spans.iter().try_for_each(Span::validate)?;
        if self.panel.as_ref().is_some_and(|panel| panel.certificate.is_some() != panel.key.is_some()) {
            bail!("panel.certificate and panel.key belong together: name both, or neither");
        }
        if let Some((certificate, key)) = self.panel.as_ref().and_then(|p| p.certificate.as_ref().zip(p.key.as_ref())) {
            certificates::check_pair(certificate, key)?;
        }
        if let Some(First { name, password }) = self.panel.as_ref().and_then(|panel| panel.first.as_ref()) {
            portaveu_panel::check_first(name, password).context("panel.first")?;
        }
        let Retention { words_days, calls_days, messages_days, audit_days } = self.retention;
        if [words_days, calls_days, messages_days, audit_days].iter().any(|days| !(1..=LONGEST_DAYS).contains(days)) {
            bail!("retention is told in days, from 1 to {LONGEST_DAYS}");
        }
        if self.speech.threads == 0 {
            bail!("speech.threads is 0; give it at least 1");
        }
        Ok(())
    }

    pub fn media_address(&self) -> IpAddr {
        IpAddr::V4(*self.sip.listen.ip())
    }

    pub fn panel_settings(&self) -> Option<Settings> {
        let panel = self.panel.as_ref()?;
        let own = Files::own(&self.data);
        let given = panel.certificate.clone().zip(panel.key.clone());
        Some(Settings {
            listen: panel.listen,
            names: panel.names.clone(),
            prometheus: panel.prometheus.clone(),
            reports: self.data.join("reports"),
            own_certificate: given.is_none(),
            certificate: given.map_or(own, |(certificate, key)| Files { certificate, key }),
            typeface: (panel.typeface.join("DejaVuSans.ttf"), panel.typeface.join("DejaVuSans-Bold.ttf")),
        })
    }

    /// The data folder is there after this; only the box's user sees into it.
    pub fn make_data(&self) -> Result<()> {
        let made = std::fs::DirBuilder::new().recursive(true).mode(0o700).create(&self.data);
        made.with_context(|| format!("{}: cannot be made", self.data.display()))
    }

    pub fn store(&self) -> PathBuf {
        self.data.join("portaveu.redb")
    }

    /// The store's key as the box makes it itself, beside the store.
    pub fn own_key(&self) -> PathBuf {
        self.store().with_extension("key")
    }

    /// The store's key: the box's own, else the one that systemd opens for this service (`LoadCredentialEncrypted=`).
    pub fn store_key(&self) -> PathBuf {
        let sealed = std::env::var_os("CREDENTIALS_DIRECTORY").map(|folder| Path::new(&folder).join("store.key"));
        sealed.filter(|sealed| sealed.exists() && !self.own_key().exists()).unwrap_or_else(|| self.own_key())
    }

    pub fn open_store(&self) -> Result<Store, StoreError> {
        Store::open_with(&self.store(), &self.store_key())
    }

    /// Where a running box is asked for messages.
    pub fn control_socket(&self) -> PathBuf {
        self.data.join("control.sock")
    }

    /// What safe mode says, and whom it rings.
    pub fn safe(&self) -> PathBuf {
        self.data.join("safe")
    }

    pub fn phrases(&self) -> PathBuf {
        self.data.join("phrases")
    }
}

/// What serde does not say in words.
fn hint(error: &toml::de::Error) -> &'static str {
    if error.message().contains("expected a sequence") && error.message().contains("map") {
        "there may be several of these: write the name in double brackets, as in [[sip.trunk]] and [[pri]]"
    } else {
        ""
    }
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
    use std::net::Ipv4Addr;

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
        let single = trunk("sip:192.0.2.1").replace("[[sip.trunk]]", "[sip.trunk]");
        assert!(error(&single).contains("double brackets"), "{}", error(&single));
        assert!(error(&trunk("sip:198.51.100.1")).contains("not among sip.peers"));
        assert!(error(&format!("{GOOD}[media]\nports = [16384, 16390]\n")).contains("enough for 3 calls"));
    }
}
