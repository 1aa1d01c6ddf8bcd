//! The languages a council may choose for its callers.

use serde::{Deserialize, Serialize};

/// A caller's language. `Ca` is Catalan as spoken in the Valencian Country.
#[derive(Clone, Copy, Debug, Hash, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Language {
    Es,
    Ca,
    En,
    Fr,
    Ro,
    Ar,
    Uk,
}

/// A language code that Portaveu does not speak.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("\"{0}\" is no language that Portaveu knows; it knows es, ca, en, fr, ro, ar and uk")]
pub struct UnknownLanguage(String);

impl Language {
    pub const ALL: [Self; 7] = [Self::Es, Self::Ca, Self::En, Self::Fr, Self::Ro, Self::Ar, Self::Uk];

    /// The ISO 639-1 code.
    pub fn code(self) -> &'static str {
        match self {
            Self::Es => "es",
            Self::Ca => "ca",
            Self::En => "en",
            Self::Fr => "fr",
            Self::Ro => "ro",
            Self::Ar => "ar",
            Self::Uk => "uk",
        }
    }
}

impl std::fmt::Display for Language {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.code())
    }
}

impl std::str::FromStr for Language {
    type Err = UnknownLanguage;

    fn from_str(code: &str) -> Result<Self, UnknownLanguage> {
        Self::ALL.into_iter().find(|l| l.code() == code).ok_or_else(|| UnknownLanguage(code.to_owned()))
    }
}
