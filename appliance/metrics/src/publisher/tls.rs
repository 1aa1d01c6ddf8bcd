//! TLS with the council's files: rustls with ring, its certificates read by rustls itself.
//!
//! It must not believe anybody but the authority in `ca`: the system's certificates are not looked at.

use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result, anyhow, ensure};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ClientConfig, RootCertStore};

use super::settings::TlsFiles;

pub fn config(files: &TlsFiles) -> Result<ClientConfig> {
    let mut believed = RootCertStore::empty();
    for certificate in certificates(&files.ca)? {
        believed.add(certificate).with_context(|| format!("{}: cannot be believed", files.ca.display()))?;
    }
    let key = PrivateKeyDer::from_pem_file(&files.key)
        .map_err(|error| anyhow!("{}: no key can be read from it: {error}", files.key.display()))?;
    let config = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_root_certificates(believed)
        .with_client_auth_cert(certificates(&files.certificate)?, key)
        .with_context(|| format!("{} and {} do not match", files.certificate.display(), files.key.display()))?;
    Ok(config)
}

fn certificates(file: &Path) -> Result<Vec<CertificateDer<'static>>> {
    let read = CertificateDer::pem_file_iter(file).and_then(Iterator::collect::<Result<Vec<_>, _>>);
    let certificates = read.map_err(|error| anyhow!("{}: cannot be read: {error}", file.display()))?;
    ensure!(!certificates.is_empty(), "{}: there is no certificate in it", file.display());
    Ok(certificates)
}
