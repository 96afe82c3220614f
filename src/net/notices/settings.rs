//! `[notices]`: who is told after each night, and how.

use std::path::Path;
use std::path::PathBuf;
use std::time::Duration;

use reqwest::Url;
use serde::Deserialize;

use crate::facts::bureau::Bureau;
use crate::facts::notice::Way;
use crate::facts::provider::ProviderName;

/// `[notices]`
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// What a notice points to; `None`: nothing.
    pub link: Option<String>,
    /// How long a scan tries again before it leaves the rest to the next one.
    #[serde(with = "humantime_serde")]
    pub patience: Duration,
    /// After so long a notice is worth nothing any more.
    #[serde(with = "humantime_serde")]
    pub keep_trying: Duration,
    /// Who is told.
    pub to: Vec<Subscriber>,
    /// The mail server.
    pub smtp: Smtp,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            link: None,
            patience: Duration::from_mins(1),
            keep_trying: Duration::from_hours(72),
            to: Vec::new(),
            smtp: Smtp::default(),
        }
    }
}

/// Somebody who is told: one of `provider` and `bureau`, by one of `webhook` and `mail`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Subscriber {
    /// A provider, by id, name or alias.
    pub provider: Option<ProviderName>,
    /// A bureau.
    pub bureau: Option<Bureau>,
    /// A URL that notices are posted to.
    pub webhook: Option<String>,
    /// A file with the secret that signs them.
    pub secret_file: Option<PathBuf>,
    /// An address that they are mailed to.
    pub mail: Option<String>,
}

/// `[notices.smtp]`
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Smtp {
    /// Its name, which its certificate must bear.
    pub server: String,
    /// Its port.
    pub port: u16,
    /// How the connection is kept secret.
    pub security: Security,
    /// Who writes.
    pub from: String,
    /// Whom it knows the program as; `None`: it does not ask.
    pub user: Option<String>,
    /// A file with the password.
    pub password_file: Option<PathBuf>,
}

impl Default for Smtp {
    fn default() -> Self {
        Self {
            server: "localhost".to_owned(),
            port: 587,
            security: Security::Starttls,
            from: "chabei@localhost".to_owned(),
            user: None,
            password_file: None,
        }
    }
}

/// How the connection to a mail server is kept secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Security {
    /// TLS from the beginning (usually port 465).
    Tls,
    /// TLS after a greeting (usually port 587); nothing is sent without.
    Starttls,
    /// Not at all: only for a server on this machine.
    None,
}

impl Subscriber {
    /// How it is told.
    pub fn way(&self) -> Option<Way> {
        let webhook = self.webhook.clone().map(Way::Webhook);
        webhook.or_else(|| self.mail.clone().map(Way::Mail))
    }
}

impl Settings {
    /// Whether they can be kept to; the error says why not.
    pub fn validate(&self) -> Result<(), String> {
        for (number, subscriber) in (1..).zip(&self.to) {
            subscriber.validate().map_err(|what| format!("to, number {number}: {what}"))?;
        }
        if self.smtp.user.is_some() != self.smtp.password_file.is_some() {
            return Err("user and password_file of smtp go together".to_owned());
        }
        Ok(())
    }

    /// Makes the paths relative to `folder`.
    pub fn within(&mut self, folder: &Path) {
        let secrets = self.to.iter_mut().map(|subscriber| &mut subscriber.secret_file);
        for file in secrets.chain([&mut self.smtp.password_file]).flatten() {
            *file = folder.join(&*file);
        }
    }
}

impl Subscriber {
    fn validate(&self) -> Result<(), String> {
        if self.provider.is_some() == self.bureau.is_some() {
            return Err("it takes one of provider and bureau".to_owned());
        }
        if self.webhook.is_some() == self.mail.is_some() {
            return Err("it takes one of webhook and mail".to_owned());
        }
        if let Some(url) = &self.webhook {
            let is_url = Url::parse(url).is_ok_and(|url| matches!(url.scheme(), "https" | "http"));
            if !is_url {
                return Err("the webhook is no URL".to_owned());
            }
            if self.secret_file.is_none() {
                return Err("a webhook takes a secret_file, whose secret signs it".to_owned());
            }
        }
        Ok(())
    }
}
