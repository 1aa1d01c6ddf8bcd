//! Where a file of a bundle belongs in a site, and who may read it there. It must not let a path out of the site's folder:
//! a path has few kinds of characters, a known first folder, and no part that is special to any file system.

use std::fmt;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

const LONGEST: usize = 200;
const DEEPEST: usize = 8;

/// A path within a site, that cannot lead anywhere else.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Place(String);

/// Which program reads a file, besides root.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reader {
    Everybody,
    Portaveu,
    Metrics,
}

impl Place {
    pub fn new(path: &str) -> Result<Self, String> {
        let parts: Vec<&str> = path.split('/').collect();
        let known = matches!(
            parts.as_slice(),
            ["portaveu.toml" | "metrics.toml" | "lan.network" | "dahdi.conf"]
                | ["secrets" | "metrics" | "council" | "models", _, ..]
        );
        let safe = path.len() <= LONGEST && parts.len() <= DEEPEST && parts.iter().all(|part| is_plain(part));
        if known && safe { Ok(Self(path.to_owned())) } else { Err(shortened(path)) }
    }

    pub fn below(&self, folder: &Path) -> PathBuf {
        folder.join(&self.0)
    }

    pub fn reader(&self) -> Reader {
        match self.0.as_str() {
            path if path == "metrics.toml" || path.starts_with("metrics/") => Reader::Metrics,
            path if path == "portaveu.toml" || path.starts_with("secrets/") => Reader::Portaveu,
            _ => Reader::Everybody,
        }
    }

    /// Whether it is encrypted on the stick. Settings are: passwords of trunks are in them.
    pub fn is_sealed(&self) -> bool {
        self.reader() != Reader::Everybody
    }

    pub fn is_model(&self) -> bool {
        self.0.starts_with("models/")
    }
}

fn is_plain(part: &str) -> bool {
    let usual = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_');
    !part.is_empty() && part.bytes().all(usual) && !part.starts_with(['.', '-'])
}

/// Of what is hostile, enough to know it by.
fn shortened(path: &str) -> String {
    path.chars().take(60).flat_map(char::escape_debug).collect()
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<Place> for String {
    fn from(place: Place) -> Self {
        place.0
    }
}

impl TryFrom<String> for Place {
    type Error = String;

    fn try_from(path: String) -> Result<Self, String> {
        Self::new(&path).map_err(|path| format!("the path \"{path}\" is not allowed in a bundle"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_leads_elsewhere_is_no_place() {
        for path in [
            "",
            "/",
            "/etc/passwd",
            "../x",
            "council/../x",
            "council/..",
            "council//x",
            "council/./x",
            "council/.x",
            "council/",
            "council",
            "secrets",
            "bin/x",
            "portaveu.toml/x",
            "Portaveu.toml",
            "council\\x",
            "council/a b",
            "council/\0",
            "council/ñ",
            "council/-rf",
            "council/a\n",
            "C:/council/x",
            "portaveu.toml\0",
        ] {
            assert!(Place::new(path).is_err(), "{path:?}");
        }
        assert!(Place::new(&format!("council/{}", "a".repeat(200))).is_err());
        assert!(Place::new(&format!("council{}", "/a".repeat(8))).is_err());
    }

    #[test]
    fn secrets_and_settings_are_sealed_for_their_reader() {
        let reader = |path| Place::new(path).unwrap().reader();
        assert_eq!(reader("portaveu.toml"), Reader::Portaveu);
        assert_eq!(reader("secrets/tls/agent.pem"), Reader::Portaveu);
        assert_eq!(reader("metrics/box.key"), Reader::Metrics);
        assert_eq!(reader("metrics.toml"), Reader::Metrics);
        assert_eq!(reader("council/topics/waste.bulky.md"), Reader::Everybody);
        assert_eq!(reader("dahdi.conf"), Reader::Everybody);
    }
}
