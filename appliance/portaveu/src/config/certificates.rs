//! Whether certificates are what they should be, before anything is begun with them: sofia-sip says nothing of a wrong one, and
//! whoever calls by TLS then finds nobody.

use std::path::Path;

use anyhow::{Context as _, Result, anyhow, bail};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::CertifiedKey;

/// A certificate with its chain, and the key that belongs to it. They may be one file.
pub fn check_pair(certificate: &Path, key: &Path) -> Result<()> {
    let chain = all(certificate)?;
    let secret = PrivateKeyDer::from_pem_file(key).map_err(|error| {
        anyhow!("{}: there is no private key in it, as PEM without a passphrase ({error})", key.display())
    })?;
    CertifiedKey::from_der(chain, secret, &rustls::crypto::ring::default_provider()).map_err(|error| match error {
        rustls::Error::InconsistentKeys(_) => {
            anyhow!("the key in {} is not that of the certificate in {}", key.display(), certificate.display())
        }
        other => anyhow!("{}: the certificate or its key cannot be used ({other})", certificate.display()),
    })?;
    Ok(())
}

/// At least one certificate, of those who may sign others.
pub fn check_authorities(file: &Path) -> Result<()> {
    let mut believed = rustls::RootCertStore::empty();
    for certificate in all(file)? {
        believed
            .add(certificate)
            .with_context(|| format!("{}: not every certificate in it can be used", file.display()))?;
    }
    Ok(())
}

fn all(file: &Path) -> Result<Vec<CertificateDer<'static>>> {
    let read = CertificateDer::pem_file_iter(file).and_then(Iterator::collect::<Result<Vec<_>, _>>);
    let found = read.map_err(|error| anyhow!("{}: no certificates can be read from it ({error})", file.display()))?;
    if found.is_empty() {
        bail!("{}: there is no certificate in it, as PEM", file.display());
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_certificate_needs_its_own_key() {
        let folder = tempfile::tempdir().unwrap();
        let made = || rcgen::generate_simple_self_signed(["box.example".to_owned()]).unwrap();
        let (own, other) = (made(), made());
        let file = |name: &str, text: String| {
            let path = folder.path().join(name);
            std::fs::write(&path, text).unwrap();
            path
        };
        let good = file("agent.pem", own.cert.pem() + &own.signing_key.serialize_pem());
        check_pair(&good, &good).unwrap();
        check_authorities(&good).unwrap();
        let foreign = file("foreign.pem", own.cert.pem() + &other.signing_key.serialize_pem());
        assert!(check_pair(&foreign, &foreign).unwrap_err().to_string().contains("is not that of"));
        let alone = file("alone.pem", own.cert.pem());
        assert!(check_pair(&alone, &alone).unwrap_err().to_string().contains("no private key"));
        let junk = file("junk.pem", "junk".into());
        assert!(check_authorities(&junk).unwrap_err().to_string().contains("no certificate"));
        assert!(check_authorities(&folder.path().join("none.pem")).is_err());
    }
}
