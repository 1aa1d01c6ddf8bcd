//! Why nothing was changed: a sentence in three languages for who reads the receipt, and a code for programs.
//! It must not repeat what is secret.

use std::io;
use std::path::Path;

use serde::{Deserialize, Serialize};

/// A sentence in the languages of those who read receipts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sentence {
    pub es: String,
    pub ca: String,
    pub en: String,
}

#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    #[error("the bundle is not signed; sign it with portaveu-provision sign")]
    Unsigned,
    #[error("the bundle was changed, or not signed by a key that this box trusts")]
    WrongKey,
    #[error("the list of the bundle's files cannot be used: {0}")]
    Manifest(String),
    #[error("the bundle has format {0}, which this box does not know; update the box first")]
    Format(u32),
    #[error("the bundle is for another box, not for {0}")]
    WrongBox(String),
    #[error("the bundle has version {stick}, and this box had {had} already; make a new one, or build it with --version {} if the one that the box had is later than today (look at the laptop's clock)", .had + 1)]
    OldVersion { stick: u64, had: u64 },
    #[error("the bundle holds more than {0} files")]
    TooMany(usize),
    #[error("{what} is larger than {} MiB", .largest >> 20)]
    TooBig { what: String, largest: u64 },
    #[error("{0} is not on the stick; make the stick again")]
    Missing(String),
    #[error("{0} is no ordinary file on the stick, but a link, a device or the like")]
    NotAFile(String),
    #[error("{0} on the stick is not what was signed; make the stick again")]
    Changed(String),
    #[error("{what} cannot be read; was the stick pulled out, or is it damaged? ({why})")]
    Unreadable { what: String, why: String },
    #[error("{0} cannot be opened with this box's key; make the stick with the box's own card")]
    Sealed(String),
    #[error("the box has room for {free} MiB, and the bundle needs {needed} MiB")]
    Full { needed: u64, free: u64 },
    #[error("the settings were refused; the details say why")]
    Settings(Vec<String>),
    #[error("the update was refused; the details say why")]
    Update(Vec<String>),
    #[error("the box did not start with the new settings and went back to what it had; the details say why")]
    Restart(Vec<String>),
    #[error("the stick's file system is {0}; format it as FAT, exFAT or ext4")]
    FileSystem(String),
    #[error("the box itself has a fault: {0}")]
    Own(String),
}

impl Refusal {
    pub fn own(path: &Path) -> impl FnOnce(io::Error) -> Self {
        move |error| Self::Own(format!("{}: {error}", path.display()))
    }

    pub fn code(&self) -> &'static str {
        match self {
            Self::Unsigned => "unsigned",
            Self::WrongKey => "wrong-key",
            Self::Manifest(_) => "bad-manifest",
            Self::Format(_) => "unknown-format",
            Self::WrongBox(_) => "wrong-box",
            Self::OldVersion { .. } => "old-version",
            Self::TooMany(_) => "too-many-files",
            Self::TooBig { .. } => "too-big",
            Self::Missing(_) => "missing",
            Self::NotAFile(_) => "not-a-file",
            Self::Changed(_) => "changed",
            Self::Unreadable { .. } => "unreadable",
            Self::Sealed(_) => "not-for-this-key",
            Self::Full { .. } => "no-room",
            Self::Settings(_) => "settings-refused",
            Self::Update(_) => "update-refused",
            Self::Restart(_) => "did-not-start",
            Self::FileSystem(_) => "file-system",
            Self::Own(_) => "box-fault",
        }
    }

    /// What a program said that was asked.
    pub fn details(&self) -> &[String] {
        match self {
            Self::Settings(lines) | Self::Update(lines) | Self::Restart(lines) => lines,
            _ => &[],
        }
    }

    pub fn sentence(&self) -> Sentence {
        Sentence { es: self.spanish(), ca: self.valencian(), en: self.to_string() }
    }

    fn spanish(&self) -> String {
        match self {
            Self::Unsigned => "el paquete no está firmado; fírmelo con portaveu-provision sign".into(),
            Self::WrongKey => "el paquete se ha modificado o no lo firma una clave en la que este equipo confíe".into(),
            Self::Manifest(why) => format!("la lista de ficheros del paquete no sirve: {why}"),
            Self::Format(format) => {
                format!("el paquete tiene el formato {format}, que este equipo no conoce; actualice antes el equipo")
            }
            Self::WrongBox(name) => format!("el paquete es para otro equipo, no para {name}"),
            Self::OldVersion { stick, had } => {
                format!("el paquete tiene la versión {stick} y este equipo ya ha tenido la {had}; haga uno nuevo, o con --version {} si la que ha tenido es posterior a hoy (mire el reloj del portátil)", had + 1)
            }
            Self::TooMany(most) => format!("el paquete tiene más de {most} ficheros"),
            Self::TooBig { what, largest } => format!("{what} ocupa más de {} MiB", largest >> 20),
            Self::Missing(what) => format!("{what} no está en la memoria USB; prepárela de nuevo"),
            Self::NotAFile(what) => {
                format!("{what} no es un fichero normal de la memoria USB, sino un enlace, un dispositivo o algo así")
            }
            Self::Changed(what) => format!("{what} no es lo que se firmó; prepare de nuevo la memoria USB"),
            Self::Unreadable { what, why } => {
                format!("no se puede leer {what}; ¿se ha sacado la memoria USB, o está dañada? ({why})")
            }
            Self::Sealed(what) => {
                format!("{what} no se abre con la clave de este equipo; prepare la memoria USB con la ficha del equipo")
            }
            Self::Full { needed, free } => {
                format!("en el equipo quedan {free} MiB y el paquete necesita {needed} MiB")
            }
            Self::Settings(_) => "la configuración no se acepta; los detalles dicen por qué".into(),
            Self::Update(_) => "la actualización no se acepta; los detalles dicen por qué".into(),
            Self::Restart(_) => {
                "el equipo no arrancaba con la nueva configuración y ha vuelto a la anterior; los detalles dicen por qué"
                    .into()
            }
            Self::FileSystem(kind) => {
                format!("el sistema de ficheros de la memoria USB es {kind}; formatéela con FAT, exFAT o ext4")
            }
            Self::Own(what) => format!("falla el propio equipo: {what}"),
        }
    }

    fn valencian(&self) -> String {
        match self {
            Self::Unsigned => "el paquet no està signat; signeu-lo amb portaveu-provision sign".into(),
            Self::WrongKey => "el paquet s'ha modificat o no el signa una clau en què este equip confie".into(),
            Self::Manifest(why) => format!("la llista de fitxers del paquet no servix: {why}"),
            Self::Format(format) => {
                format!("el paquet té el format {format}, que este equip no coneix; actualitzeu abans l'equip")
            }
            Self::WrongBox(name) => format!("el paquet és per a un altre equip, no per a {name}"),
            Self::OldVersion { stick, had } => {
                format!(
                    "el paquet té la versió {stick} i este equip ja ha tingut la {had}; feu-ne un de nou, o amb --version {} si la que ha tingut és posterior a hui (mireu el rellotge del portàtil)",
                    had + 1
                )
            }
            Self::TooMany(most) => format!("el paquet té més de {most} fitxers"),
            Self::TooBig { what, largest } => format!("{what} ocupa més de {} MiB", largest >> 20),
            Self::Missing(what) => format!("{what} no és en la memòria USB; prepareu-la de nou"),
            Self::NotAFile(what) => {
                format!(
                    "{what} no és un fitxer normal de la memòria USB, sinó un enllaç, un dispositiu o una cosa així"
                )
            }
            Self::Changed(what) => format!("{what} no és el que es va signar; prepareu de nou la memòria USB"),
            Self::Unreadable { what, why } => {
                format!("no es pot llegir {what}; s'ha tret la memòria USB, o està danyada? ({why})")
            }
            Self::Sealed(what) => {
                format!("{what} no s'obri amb la clau d'este equip; prepareu la memòria USB amb la fitxa de l'equip")
            }
            Self::Full { needed, free } => {
                format!("en l'equip queden {free} MiB i el paquet necessita {needed} MiB")
            }
            Self::Settings(_) => "la configuració no s'accepta; els detalls diuen per què".into(),
            Self::Update(_) => "l'actualització no s'accepta; els detalls diuen per què".into(),
            Self::Restart(_) => {
                "l'equip no arrancava amb la nova configuració i ha tornat a l'anterior; els detalls diuen per què"
                    .into()
            }
            Self::FileSystem(kind) => {
                format!("el sistema de fitxers de la memòria USB és {kind}; formateu-la amb FAT, exFAT o ext4")
            }
            Self::Own(what) => format!("falla el mateix equip: {what}"),
        }
    }
}
