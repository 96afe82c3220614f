//! What does a certificate say, and what is wrong with it?

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::LazyLock;
use std::sync::Mutex;
use std::time::Duration;

use jiff::Timestamp;
use sha2::Digest;
use sha2::Sha256;
use tokio_rustls::rustls::CertificateError;
use tokio_rustls::rustls::Error as TlsError;
use tokio_rustls::rustls::RootCertStore;
use tokio_rustls::rustls::client::WebPkiServerVerifier;
use tokio_rustls::rustls::client::danger::ServerCertVerifier;
use tokio_rustls::rustls::pki_types::CertificateDer;
use tokio_rustls::rustls::pki_types::ServerName;
use tokio_rustls::rustls::pki_types::UnixTime;
use x509_parser::certificate::X509Certificate;
use x509_parser::extensions::GeneralName;
use x509_parser::prelude::FromDer;
use x509_parser::time::ASN1Time;
use x509_parser::x509::X509Name;

use crate::facts::certificate::Certificate;
use crate::facts::certificate::CertificateFault;
use crate::facts::certificate::LONGEST_TEXT;
use crate::facts::certificate::NAMES_KEPT;
use crate::facts::checksum::hex;
use crate::net::http::tls;

/// So many issuers are remembered; then all are forgotten.
const MOST_ISSUERS: usize = 4096;

/// The authorities of this machine; `None` where it knows none, so that nothing can be said of issuers.
static AUTHORITIES: LazyLock<Option<Arc<WebPkiServerVerifier>>> = LazyLock::new(authorities);

/// Reads certificates, and knows which authorities this machine trusts.
#[derive(Debug, Default)]
pub(crate) struct Notary {
    /// Whether somebody known stands behind a certificate, by its digest.
    vouched: Mutex<HashMap<[u8; 32], bool>>,
}

impl Notary {
    /// One that has read the authorities of this machine: it takes a while, which no site is to be kept
    /// waiting for.
    pub(crate) fn ready() -> Self {
        LazyLock::force(&AUTHORITIES);
        Self::default()
    }

    /// What `chain`, the site's own certificate first, says to whoever asked for `name` at `now`.
    /// `None` where it is empty.
    pub(crate) fn read(
        &self,
        chain: &[CertificateDer<'_>],
        name: &str,
        now: Timestamp,
    ) -> Option<Certificate> {
        let own = chain.first()?;
        let digest: [u8; 32] = Sha256::digest(own).into();
        let mut certificate = Certificate {
            issuer: String::new(),
            subject: String::new(),
            names: Vec::new(),
            name_count: 0,
            not_before: None,
            not_after: None,
            sha256: hex(&digest),
            fault: Some(CertificateFault::Unreadable),
        };
        let Ok((_, parsed)) = X509Certificate::from_der(own) else { return Some(certificate) };
        certificate.issuer = text(parsed.issuer());
        certificate.subject = text(parsed.subject());
        certificate.not_before = moment(parsed.validity().not_before);
        certificate.not_after = moment(parsed.validity().not_after);
        let mut is_for_name = false;
        each_name(&parsed, |own_name| {
            let is_first = matches(own_name, name) && !is_for_name;
            is_for_name |= is_first;
            certificate.name_count = certificate.name_count.saturating_add(1);
            if certificate.names.len() < NAMES_KEPT {
                certificate.names.push(cut(own_name));
            } else if is_first && let Some(last) = certificate.names.last_mut() {
                *last = cut(own_name);
            }
        });
        certificate.fault = if certificate.not_after.is_some_and(|end| end < now) {
            Some(CertificateFault::Expired)
        } else if certificate.not_before.is_some_and(|begin| begin > now) {
            Some(CertificateFault::NotYetValid)
        } else if parsed.issuer().as_raw() == parsed.subject().as_raw() {
            Some(CertificateFault::SelfSigned)
        } else if !is_for_name {
            Some(CertificateFault::WrongName)
        } else if self.is_vouched_for(digest, chain, name, now) {
            None
        } else {
            Some(CertificateFault::UnknownIssuer)
        };
        Some(certificate)
    }

    /// Whether an authority that this machine knows stands behind the certificate; true where it
    /// knows none.
    fn is_vouched_for(
        &self,
        digest: [u8; 32],
        chain: &[CertificateDer<'_>],
        name: &str,
        now: Timestamp,
    ) -> bool {
        let Some(verifier) = &*AUTHORITIES else { return true };
        if let Some(known) = self.remembered().get(&digest) {
            return *known;
        }
        let (Ok(name), Some((own, others))) = (ServerName::try_from(name), chain.split_first())
        else {
            return true;
        };
        let since = u64::try_from(now.as_second()).unwrap_or_default();
        let moment = UnixTime::since_unix_epoch(Duration::from_secs(since));
        let verdict = verifier.verify_server_cert(own, others, &name, &[], moment);
        let is_vouched_for = match verdict {
            Ok(_) => true,
            // What is wrong with the certificate itself was looked for before.
            Err(TlsError::InvalidCertificate(
                CertificateError::UnknownIssuer | CertificateError::BadSignature,
            )) => false,
            Err(_) => return false,
        };
        self.remember(digest, is_vouched_for);
        is_vouched_for
    }

    fn remember(&self, digest: [u8; 32], is_vouched_for: bool) {
        let mut remembered = self.remembered();
        if remembered.len() >= MOST_ISSUERS {
            remembered.clear();
        }
        remembered.insert(digest, is_vouched_for);
    }

    fn remembered(&self) -> std::sync::MutexGuard<'_, HashMap<[u8; 32], bool>> {
        // Half an insertion cannot be seen, so a panic elsewhere spoils nothing.
        self.vouched.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

/// Who checks against the authorities of this machine; `None` where it has none.
fn authorities() -> Option<Arc<WebPkiServerVerifier>> {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    if roots.is_empty() {
        tracing::warn!(
            "this machine knows no certificate authorities (ca-certificates), so nothing is said \
             of who signed the certificates of sites"
        );
        return None;
    }
    let provider = Arc::new(tls::provider());
    WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider).build().ok()
}

/// Every name and address that the certificate is for; its subject's common names only where no
/// others are given (RFC 6125, section 6.4.4).
fn each_name(certificate: &X509Certificate<'_>, mut tell: impl FnMut(&str)) {
    if let Ok(Some(alternatives)) = certificate.subject_alternative_name() {
        for name in &alternatives.value.general_names {
            match name {
                GeneralName::DNSName(name) => tell(name),
                GeneralName::IPAddress(bytes) => {
                    let v4 = <[u8; 4]>::try_from(*bytes).map(IpAddr::from);
                    let v6 = <[u8; 16]>::try_from(*bytes).map(IpAddr::from);
                    if let Ok(address) = v4.or(v6) {
                        tell(&address.to_string());
                    }
                }
                _ => {}
            }
        }
        return;
    }
    for name in certificate.subject().iter_common_name() {
        if let Ok(name) = name.as_str() {
            tell(name);
        }
    }
}

/// Whether a certificate for `own` is one for `name`: a `*` stands for one label, the first.
fn matches(own: &str, name: &str) -> bool {
    let own = own.trim_end_matches('.');
    own.eq_ignore_ascii_case(name)
        || own.strip_prefix("*.").is_some_and(|suffix| {
            name.split_once('.').is_some_and(|(_, rest)| rest.eq_ignore_ascii_case(suffix))
        })
}

fn moment(time: ASN1Time) -> Option<Timestamp> {
    Timestamp::from_second(time.timestamp()).ok()
}

fn text(name: &X509Name<'_>) -> String {
    cut(&name.to_string())
}

fn cut(text: &str) -> String {
    text.chars().take(LONGEST_TEXT).collect()
}

#[cfg(test)]
mod tests;
