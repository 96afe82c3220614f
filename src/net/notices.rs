//! Gets notices to those who asked for them: by a signed webhook, or by mail.
//!
//! Webhooks carry `Idempotency-Key`, the same however often a notice is tried, and `Chabei-Signature:
//! t=SECONDS,v1=HEX`, the HMAC-SHA256 of `SECONDS.BODY` with the secret that the recipient shares, so
//! that nobody else can speak and nothing old can be played again. A mail's Message-ID is the same key.

mod settings;

use std::path::Path;
use std::time::Duration;

use hmac::Hmac;
use hmac::Mac;
use jiff::Timestamp;
use lettre::Message;
use lettre::SmtpTransport;
use lettre::Transport;
use lettre::message::header::ContentType;
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::Tls;
use lettre::transport::smtp::client::TlsParameters;
use reqwest::redirect::Policy;
use sha2::Sha256;

use crate::facts::checksum::hex;
pub use crate::net::notices::settings::Security;
pub use crate::net::notices::settings::Settings;
pub use crate::net::notices::settings::Smtp;
pub use crate::net::notices::settings::Subscriber;

/// How long one attempt may take.
const PATIENCE: Duration = Duration::from_secs(15);

/// Why a notice could not be handed over; it is tried again.
#[derive(Debug, thiserror::Error)]
pub enum NoticeError {
    /// A file with a secret cannot be read.
    #[error("cannot read {0}: {1}")]
    Secret(String, std::io::Error),
    /// It cannot be reached, or breaks off.
    #[error("{0}")]
    Unreached(String),
    /// It answered with this status.
    #[error("it answers {0}")]
    Status(u16),
    /// The address or the server's name is none.
    #[error("{0}")]
    Wrong(String),
}

/// Posts `body` to `url`, signed with the secret in the file `secret`.
pub async fn post(
    url: &str,
    secret: Option<&Path>,
    key: &str,
    body: Vec<u8>,
    now: Timestamp,
) -> Result<(), NoticeError> {
    let unreached = |error: reqwest::Error| {
        // The URL may hold a token.
        NoticeError::Unreached(error.without_url().to_string())
    };
    let client = reqwest::Client::builder().timeout(PATIENCE).redirect(Policy::none()).build();
    let mut request = client
        .map_err(unreached)?
        .post(url)
        .header("Content-Type", "application/json")
        .header("User-Agent", concat!("chabei/", env!("CARGO_PKG_VERSION")))
        .header("Idempotency-Key", key);
    if let Some(file) = secret {
        let signature = signature(&read(file)?, now.as_second(), &body);
        request = request.header("Chabei-Signature", signature);
    }
    let status = request.body(body).send().await.map_err(unreached)?.status();
    if status.is_success() { Ok(()) } else { Err(NoticeError::Status(status.as_u16())) }
}

/// The signature of `body` at `seconds` since 1970.
fn signature(secret: &[u8], seconds: i64, body: &[u8]) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret).expect("HMAC takes keys of any length");
    mac.update(format!("{seconds}.").as_bytes());
    mac.update(body);
    format!("t={seconds},v1={}", hex(&mac.finalize().into_bytes()))
}

/// Mails `text` to `address`. Waits; not for a runtime's own threads.
pub fn mail(
    smtp: &Smtp,
    address: &str,
    key: &str,
    (subject, text): (&str, &str),
) -> Result<(), NoticeError> {
    let wrong = |what: &str, error: &dyn std::fmt::Display| {
        NoticeError::Wrong(format!("[notices] {what}: {error}"))
    };
    let from: lettre::message::Mailbox =
        smtp.from.parse().map_err(|error| wrong("from", &error))?;
    let domain = from.email.domain().to_owned();
    let message = Message::builder()
        .from(from)
        .to(address.parse().map_err(|error| wrong("mail", &error))?)
        .subject(subject)
        .message_id(Some(format!("<{key}@{domain}>")))
        .header(ContentType::TEXT_PLAIN)
        .body(text.to_owned())
        .map_err(|error| wrong("mail", &error))?;
    let tls = || TlsParameters::new(smtp.server.clone()).map_err(|error| wrong("server", &error));
    let mut transport = SmtpTransport::builder_dangerous(&smtp.server)
        .port(smtp.port)
        .timeout(Some(PATIENCE))
        .tls(match smtp.security {
            Security::Tls => Tls::Wrapper(tls()?),
            Security::Starttls => Tls::Required(tls()?),
            Security::None => Tls::None,
        });
    if let (Some(user), Some(file)) = (&smtp.user, &smtp.password_file) {
        let password = String::from_utf8_lossy(&read(file)?).into_owned();
        transport = transport.credentials(Credentials::new(user.clone(), password));
    }
    let sent = transport.build().send(&message);
    sent.map(|_| ()).map_err(|error| NoticeError::Unreached(error.to_string()))
}

/// A secret, without the end of its line.
fn read(file: &Path) -> Result<Vec<u8>, NoticeError> {
    let secret = std::fs::read(file)
        .map_err(|error| NoticeError::Secret(file.display().to_string(), error))?;
    Ok(secret.trim_ascii_end().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_is_the_hmac_of_time_and_body() {
        // As `printf '1700000000.{}' | openssl dgst -sha256 -hmac key` has it.
        assert_eq!(
            signature(b"key", 1_700_000_000, b"{}"),
            "t=1700000000,v1=9d713ed406bb7076d4123f0dc2c39d2df5c654ed4b0cd56b52c8b4c940bd63ae"
        );
    }
}
