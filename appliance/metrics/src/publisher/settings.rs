//! The program's settings: one TOML file, unknown keys refused, every mistake named by file, line and key.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use portaveu_metrics::Name;
use serde::de::Error;
use serde::{Deserialize, Deserializer};

/// MQTT allows shorter ones; they would only be noise.
const SHORTEST_KEEP_ALIVE: u16 = 5;

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// The box's name among others.
    #[serde(rename = "box")]
    pub name: Name,
    /// Where `portaveu` hands over bundles.
    pub socket: PathBuf,
    pub broker: Broker,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Broker {
    pub host: String,
    pub port: u16,
    /// Its own among the broker's clients; "portaveu-" and the box's name when it is not given.
    client_id: Option<String>,
    /// What its topics begin with; "portaveu/" and the box's name when it is not given.
    prefix: Option<String>,
    /// Seconds of silence after which the broker is asked whether it is there.
    #[serde(default = "default_keep_alive")]
    pub keep_alive: u16,
    pub username: Option<String>,
    pub password_file: Option<PathBuf>,
    /// PEM files; none if it says `false` in as many words.
    #[serde(deserialize_with = "files_or_false")]
    pub tls: Option<TlsFiles>,
}

/// The broker is believed by `ca`, and believes the box by `certificate`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TlsFiles {
    pub ca: PathBuf,
    pub certificate: PathBuf,
    pub key: PathBuf,
}

fn default_keep_alive() -> u16 {
    30
}

fn files_or_false<'de, D: Deserializer<'de>>(value: D) -> Result<Option<TlsFiles>, D::Error> {
    match toml::Value::deserialize(value)? {
        toml::Value::Boolean(false) => Ok(None),
        table @ toml::Value::Table(_) => table.try_into().map(Some).map_err(D::Error::custom),
        _ => Err(D::Error::custom("tls is neither { ca, certificate, key } nor false")),
    }
}

impl Settings {
    /// Read `path`; files that it names are looked for beside it.
    pub fn load(path: &Path) -> Result<Self> {
        let text = std::fs::read_to_string(path).with_context(|| format!("{}: cannot be read", path.display()))?;
        let settings = Self::read(&text, path.parent().unwrap_or(Path::new(".")));
        settings.with_context(|| path.display().to_string())
    }

    fn read(text: &str, folder: &Path) -> Result<Self> {
        let mut settings: Self = toml::from_str(text)?;
        settings.socket = folder.join(&settings.socket);
        settings.broker.password_file = settings.broker.password_file.map(|file| folder.join(file));
        settings.broker.validate()?;
        if let Some(files) = &mut settings.broker.tls {
            for file in [&mut files.ca, &mut files.certificate, &mut files.key] {
                *file = folder.join(&*file);
            }
        }
        Ok(settings)
    }

    pub fn client_id(&self) -> String {
        self.broker.client_id.clone().unwrap_or_else(|| format!("portaveu-{}", self.name))
    }

    /// The topic of that name.
    pub fn topic(&self, name: &str) -> String {
        match &self.broker.prefix {
            Some(prefix) => format!("{prefix}/{name}"),
            None => format!("portaveu/{}/{name}", self.name),
        }
    }
}

impl Broker {
    fn validate(&self) -> Result<()> {
        ensure!(
            self.keep_alive >= SHORTEST_KEEP_ALIVE,
            "broker.keep_alive is {}; it must be at least {SHORTEST_KEEP_ALIVE} seconds",
            self.keep_alive
        );
        ensure!(
            self.username.is_some() == self.password_file.is_some(),
            "broker.username and broker.password_file belong together; give both or none"
        );
        let prefix = self.prefix.as_deref().unwrap_or("portaveu");
        let is_topic = !prefix.is_empty() && !prefix.starts_with('$') && !prefix.contains(['+', '#', '\0']);
        ensure!(is_topic, "broker.prefix {prefix:?} is no topic; leave out \"+\", \"#\" and a \"$\" at its begin");
        Ok(())
    }

    pub fn password(&self) -> Result<Option<(String, String)>> {
        let (Some(username), Some(file)) = (&self.username, &self.password_file) else { return Ok(None) };
        let text = std::fs::read_to_string(file).with_context(|| format!("{}: cannot be read", file.display()))?;
        Ok(Some((username.clone(), text.trim_end_matches(['\r', '\n']).to_owned())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EXAMPLE: &str = include_str!("../../metrics.example.toml");

    fn error(text: &str) -> String {
        format!("{:#}", Settings::read(text, Path::new("/")).unwrap_err())
    }

    #[test]
    fn the_example_is_in_order_and_uses_tls() {
        let settings = Settings::read(EXAMPLE, Path::new("/etc/portaveu")).unwrap();
        assert_eq!(settings.broker.tls.as_ref().unwrap().ca, Path::new("/etc/portaveu/metrics/ca.pem"));
        assert_eq!(settings.topic("counts"), "portaveu/casa-consistorial/counts");
        assert_eq!(settings.client_id(), "portaveu-casa-consistorial");
    }

    #[test]
    fn tls_must_be_there_or_refused_in_as_many_words() {
        let rest = EXAMPLE.lines().filter(|line| !line.starts_with("tls")).collect::<Vec<_>>().join("\n");
        assert!(error(&rest).contains("missing field `tls`"));
        assert!(error(&format!("{rest}\ntls = true")).contains("neither { ca, certificate, key } nor false"));
        assert!(error(&format!("{rest}\ntls = {{ ca = \"ca.pem\" }}")).contains("missing field `certificate`"));
        assert!(Settings::read(&format!("{rest}\ntls = false"), Path::new("/")).unwrap().broker.tls.is_none());
    }

    #[test]
    fn mistakes_are_named() {
        assert!(error(&EXAMPLE.replace("host", "hots")).contains("hots"));
        assert!(error(&EXAMPLE.replace("casa-consistorial", "Casa Consistorial")).contains("Casa Consistorial"));
        assert!(error(&format!("{EXAMPLE}\nkeep_alive = 1")).contains("at least 5 seconds"));
        assert!(error(&format!("{EXAMPLE}\nprefix = \"a/#\"")).contains("is no topic"));
        assert!(error(&format!("{EXAMPLE}\nusername = \"box\"")).contains("belong together"));
    }
}
