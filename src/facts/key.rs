//! An electronic key (电子密钥): who may ask the interface, from its request to its end. Pure.

use std::fmt;
use std::fmt::Write;
use std::str::FromStr;

use jiff::Timestamp;
use serde::Deserialize;
use serde::Serialize;
use sha2::Digest;
use sha2::Sha256;
use ulid::Ulid;

use crate::facts::bureau::Bureau;
use crate::facts::checksum;
use crate::facts::provider::ProviderId;

/// How every key begins, so that one that got out is found by whoever looks for such.
pub const PREFIX: &str = "chabei_";

/// Random bytes in a key: 160 bits cannot be guessed, so a plain hash keeps them.
pub const RANDOM: usize = 20;

/// For whom a key is.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Holder {
    /// One provider.
    Provider(ProviderId),
    /// One provincial bureau, or the ministry.
    Bureau(Bureau),
    /// A department that looks filings up (查询单位), by its name.
    Reader(String),
}

/// The SHA-256 of a key. The key itself is kept nowhere.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyHash(#[serde(with = "checksum")] [u8; 32]);

/// A key in clear, shown once.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

/// Who did a step, and when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// When.
    pub at: Timestamp,
    /// `operator` for the command line.
    pub by: String,
    /// What they gave as reason; `None` where none was asked for.
    pub note: Option<String>,
}

/// The end of a request: the key was handed out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Issue {
    /// By whom, and when.
    pub step: Step,
    /// What the key is known by.
    pub hash: KeyHash,
    /// From then on it is worth nothing.
    pub expires: Timestamp,
}

/// A key, from its request on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Key {
    /// Identity; sorts by the time of the request.
    pub id: Ulid,
    /// For whom it is.
    pub holder: Holder,
    /// When it was requested.
    pub requested: Step,
    /// When it was approved; `None` while it is not.
    pub approved: Option<Step>,
    /// When it was issued; `None` while it is not.
    pub issued: Option<Issue>,
    /// When it was revoked, or its request turned down; `None` while it is not.
    pub revoked: Option<Step>,
}

/// Where a key is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum KeyState {
    /// 待批准
    Requested,
    /// 待发放
    Approved,
    /// 有效
    Issued,
    /// 已过期
    Expired,
    /// 已吊销
    Revoked,
}

/// Why a step cannot be taken with a key. Nothing was changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unready {
    /// It is not where the step begins.
    #[error("the key is {}; {rule}", is.word())]
    State {
        /// What it is.
        is: KeyState,
        /// What it must be.
        rule: &'static str,
    },
    /// It would be worth nothing from the beginning.
    #[error("the key would expire before it is issued")]
    Expired,
}

impl Holder {
    /// The kind of holder: `provider`, `bureau`, `ministry` or `reader`.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Provider(_) => "provider",
            Self::Bureau(Bureau::MINISTRY) => "ministry",
            Self::Bureau(_) => "bureau",
            Self::Reader(_) => "reader",
        }
    }
}

impl fmt::Display for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Provider(id) => write!(f, "provider {id}"),
            Self::Bureau(Bureau::MINISTRY) => f.write_str("ministry"),
            Self::Bureau(bureau) => write!(f, "bureau {bureau}"),
            Self::Reader(name) => write!(f, "reader {name}"),
        }
    }
}

impl Secret {
    /// The key made of `random` bytes.
    pub fn new(random: [u8; RANDOM]) -> Self {
        let mut text = PREFIX.to_owned();
        for byte in random {
            let _ = write!(text, "{byte:02x}");
        }
        Self(text)
    }

    /// The key in clear, for the one time it is shown.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// What is kept of it.
    pub fn hash(&self) -> KeyHash {
        KeyHash(Sha256::digest(self.0.as_bytes()).into())
    }
}

impl FromStr for Secret {
    type Err = ();

    /// Takes what has the form of a key.
    fn from_str(text: &str) -> Result<Self, ()> {
        let random = text.strip_prefix(PREFIX).ok_or(())?;
        let is_hex = |c: u8| c.is_ascii_digit() || (b'a'..=b'f').contains(&c);
        let is_key = random.len() == 2 * RANDOM && random.bytes().all(is_hex);
        if is_key { Ok(Self(text.to_owned())) } else { Err(()) }
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

impl KeyHash {
    /// Its bytes.
    pub fn bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Whether both are the same, in a time that does not tell how far they agree.
    pub fn is(&self, other: &Self) -> bool {
        let difference = self.0.iter().zip(&other.0).fold(0, |all, (one, two)| all | (one ^ two));
        std::hint::black_box(difference) == 0
    }
}

impl fmt::Debug for KeyHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KeyHash(…)")
    }
}

impl Key {
    /// A key that `step` asks for.
    pub fn requested(id: Ulid, holder: Holder, step: Step) -> Self {
        Self { id, holder, requested: step, approved: None, issued: None, revoked: None }
    }

    /// Where it is in its life at `now`.
    pub fn state(&self, now: Timestamp) -> KeyState {
        match (&self.revoked, &self.issued, &self.approved) {
            (Some(_), ..) => KeyState::Revoked,
            (None, Some(issue), _) if issue.expires <= now => KeyState::Expired,
            (None, Some(_), _) => KeyState::Issued,
            (None, None, Some(_)) => KeyState::Approved,
            (None, None, None) => KeyState::Requested,
        }
    }

    /// The request is granted.
    pub fn approve(&self, step: Step) -> Result<Self, Unready> {
        match self.state(step.at) {
            KeyState::Requested => Ok(Self { approved: Some(step), ..self.clone() }),
            is => Err(Unready::State { is, rule: "only requested ones can be approved" }),
        }
    }

    /// The key is handed out.
    pub fn issue(&self, step: Step, hash: KeyHash, expires: Timestamp) -> Result<Self, Unready> {
        match self.state(step.at) {
            KeyState::Approved if expires <= step.at => Err(Unready::Expired),
            KeyState::Approved => {
                Ok(Self { issued: Some(Issue { step, hash, expires }), ..self.clone() })
            }
            is => Err(Unready::State { is, rule: "only approved ones can be issued, and once" }),
        }
    }

    /// The key is worth nothing any more, or its request is turned down.
    pub fn revoke(&self, step: Step) -> Result<Self, Unready> {
        match self.state(step.at) {
            is @ KeyState::Revoked => Err(Unready::State { is, rule: "once is enough" }),
            _ => Ok(Self { revoked: Some(step), ..self.clone() }),
        }
    }
}

impl KeyState {
    /// The word of files and the API.
    pub fn word(self) -> &'static str {
        match self {
            Self::Requested => "requested",
            Self::Approved => "approved",
            Self::Issued => "issued",
            Self::Expired => "expired",
            Self::Revoked => "revoked",
        }
    }

    /// The word of tables.
    pub fn chinese(self) -> &'static str {
        match self {
            Self::Requested => "待批准",
            Self::Approved => "待发放",
            Self::Issued => "有效",
            Self::Expired => "已过期",
            Self::Revoked => "已吊销",
        }
    }

    /// Whether somebody waits for it.
    pub fn is_pending(self) -> bool {
        matches!(self, Self::Requested | Self::Approved)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn step(day: u32) -> Step {
        let at = format!("2026-11-{day:02}T10:00:00+08:00").parse().unwrap();
        Step { at, by: "operator".to_owned(), note: None }
    }

    fn key() -> Key {
        Key::requested(Ulid::from(1_u128), Holder::Bureau(Bureau::MINISTRY), step(1))
    }

    #[test]
    fn a_key_is_requested_approved_issued_once_and_ends() {
        let secret = Secret::new([7; RANDOM]);
        let requested = key();
        assert!(requested.issue(step(2), secret.hash(), step(9).at).is_err());
        let approved = requested.approve(step(2)).unwrap();
        assert!(approved.approve(step(3)).is_err());
        assert_eq!(approved.issue(step(3), secret.hash(), step(3).at), Err(Unready::Expired));
        let issued = approved.issue(step(3), secret.hash(), step(9).at).unwrap();
        assert!(issued.issue(step(4), secret.hash(), step(9).at).is_err());
        assert_eq!(issued.state(step(8).at), KeyState::Issued);
        assert_eq!(issued.state(step(9).at), KeyState::Expired);
        for key in [requested, approved, issued] {
            let revoked = key.revoke(step(5)).unwrap();
            assert_eq!(revoked.state(step(5).at), KeyState::Revoked);
            assert!(revoked.revoke(step(6)).is_err() && revoked.approve(step(6)).is_err());
        }
    }

    #[test]
    fn a_key_in_clear_has_its_form_and_shows_nowhere_by_chance() {
        let secret = Secret::new([0xab; RANDOM]);
        assert_eq!(secret.reveal(), format!("chabei_{}", "ab".repeat(20)));
        assert_eq!(secret.reveal().parse(), Ok(secret.clone()));
        assert!(secret.hash().is(&secret.hash()));
        assert!(!secret.hash().is(&Secret::new([0xac; RANDOM]).hash()));
        let shown = format!("{secret:?} {:?}", secret.hash());
        assert!(!shown.contains("ab") && !shown.contains("171"), "{shown}");
        for text in ["", "chabei_", "chabei_AB", "Chabei_", &"chabei_ab".repeat(6)] {
            assert!(text.parse::<Secret>().is_err(), "{text}");
        }
        assert!(format!("chabei_{}", "AB".repeat(20)).parse::<Secret>().is_err());
    }
}
