//! What is wrong with the connection, in a sentence for who has to mend it.

use std::error::Error;
use std::io;

use rumqttc::mqttbytes::Error as MqttError;
use rumqttc::{ConnectionError, StateError, TlsError};
use rustls::AlertDescription;

use super::settings::{Broker, TlsFiles};

pub fn explain(error: &ConnectionError, broker: &Broker) -> String {
    let at = format!("the broker {}:{}", broker.host, broker.port);
    if let (Some(error), Some(files)) = (tls_error(error), &broker.tls) {
        return explain_tls(error, files, broker, &at);
    }
    match error {
        ConnectionError::ConnectionRefused(reason) => {
            format!("{at} refuses this box ({reason:?}); look at broker.client_id, username and password_file")
        }
        ConnectionError::Timeout(_) => format!("{at} does not answer"),
        ConnectionError::MqttState(StateError::AwaitPingResp) => format!("{at} has stopped answering"),
        other => match io_error(other) {
            Some(error) => format!("{at} cannot be reached: {error}"),
            None => format!("the connection with {at} is lost: {other}"),
        },
    }
}

fn explain_tls(error: &rustls::Error, files: &TlsFiles, broker: &Broker, at: &str) -> String {
    match error {
        rustls::Error::AlertReceived(alert) if is_about_certificate(*alert) => format!(
            "{at} does not accept the certificate {} ({alert:?}); have it signed by the broker's authority",
            files.certificate.display()
        ),
        rustls::Error::InvalidCertificate(reason) => format!(
            "the certificate of {at} is not believed ({reason:?}); {} must hold its authority, and it must be for {}",
            files.ca.display(),
            broker.host
        ),
        other => format!("TLS with {at} fails: {other}"),
    }
}

fn is_about_certificate(alert: AlertDescription) -> bool {
    matches!(
        alert,
        AlertDescription::AccessDenied
            | AlertDescription::BadCertificate
            | AlertDescription::CertificateExpired
            | AlertDescription::CertificateRequired
            | AlertDescription::CertificateRevoked
            | AlertDescription::CertificateUnknown
            | AlertDescription::DecryptError
            | AlertDescription::UnknownCA
            | AlertDescription::UnsupportedCertificate
    )
}

/// rustls' own error, wherever it is wrapped.
fn tls_error(error: &ConnectionError) -> Option<&rustls::Error> {
    if let ConnectionError::Tls(TlsError::TLS(error)) = error {
        return Some(error);
    }
    let inner: &(dyn Error + 'static) = io_error(error)?.get_ref()?;
    inner.downcast_ref()
}

fn io_error(error: &ConnectionError) -> Option<&io::Error> {
    match error {
        ConnectionError::Tls(TlsError::Io(error))
        | ConnectionError::Io(error)
        | ConnectionError::MqttState(StateError::Io(error) | StateError::Deserialization(MqttError::Io(error))) => {
            Some(error)
        }
        _ => None,
    }
}
