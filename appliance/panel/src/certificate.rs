//! The certificate of the panel: the council's own, or one that the box makes for itself on its first start.

use std::io::Write;
use std::net::IpAddr;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use axum_server::tls_rustls::RustlsConfig;
use jiff::{Timestamp, ToSpan, tz::TimeZone};
use rcgen::{CertificateParams, DistinguishedName, DnType, KeyPair, SanType};

const YEARS: i32 = 5;

/// Why the panel has no certificate.
#[derive(Debug, thiserror::Error)]
pub enum CertificateError {
    #[error("{0}: the panel's certificate cannot be kept there: {1}")]
    Keep(PathBuf, std::io::Error),
    #[error("a certificate for the panel cannot be made: {0}")]
    Make(#[from] rcgen::Error),
    #[error("{0} and {1} are no certificate and its key (PEM): {2}")]
    Read(PathBuf, PathBuf, std::io::Error),
}

/// Where a certificate and its key are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Files {
    pub certificate: PathBuf,
    pub key: PathBuf,
}

impl Files {
    /// Those that the box makes for itself in this folder.
    pub fn own(folder: &Path) -> Self {
        Self { certificate: folder.join("panel.crt"), key: folder.join("panel.key") }
    }

    /// Make them, if they are not there, for these names and addresses.
    pub fn make(&self, names: &[String], address: IpAddr) -> Result<(), CertificateError> {
        if self.certificate.exists() && self.key.exists() {
            return Ok(());
        }
        let key = KeyPair::generate()?;
        let certificate = parameters(names, address)?.self_signed(&key)?;
        keep(&self.key, &key.serialize_pem())?;
        keep(&self.certificate, &certificate.pem())
    }

    pub async fn load(&self) -> Result<RustlsConfig, CertificateError> {
        let loaded = RustlsConfig::from_pem_file(&self.certificate, &self.key).await;
        loaded.map_err(|error| CertificateError::Read(self.certificate.clone(), self.key.clone(), error))
    }
}

fn parameters(names: &[String], address: IpAddr) -> Result<CertificateParams, rcgen::Error> {
    let mut all = names.to_vec();
    all.push("localhost".into());
    let mut parameters = CertificateParams::new(all)?;
    if !address.is_unspecified() {
        parameters.subject_alt_names.push(SanType::IpAddress(address));
    }
    parameters.distinguished_name = DistinguishedName::new();
    parameters.distinguished_name.push(DnType::CommonName, "Portaveu");
    let today = Timestamp::now().to_zoned(TimeZone::UTC).date();
    let day = |date: jiff::civil::Date| rcgen::date_time_ymd(date.year().into(), date.month() as u8, date.day() as u8);
    parameters.not_before = day(today.saturating_sub(1.day()));
    parameters.not_after = day(today.saturating_add(YEARS.years()));
    Ok(parameters)
}

/// Whole or not at all, and for the box's own user only.
fn keep(path: &Path, text: &str) -> Result<(), CertificateError> {
    let failed = |error| CertificateError::Keep(path.to_owned(), error);
    let part = path.with_extension("part");
    let mut options = std::fs::OpenOptions::new();
    let mut file = options.write(true).create(true).truncate(true).mode(0o600).open(&part).map_err(failed)?;
    file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).map_err(failed)?;
    std::fs::rename(&part, path).map_err(failed)
}
