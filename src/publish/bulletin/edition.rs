//! A bulletin with its standing: a draft (草稿), or released by an officer and from then on as it was.

use std::fmt::Write as _;
use std::io;
use std::io::Write;

use serde::Serialize;
use sha2::Digest;
use sha2::Sha256;

use crate::clock;
use crate::facts::release::Release;
use crate::publish::bulletin::Bulletin;
use crate::publish::bulletin::sheet::Sheet;
use crate::publish::bulletin::sheets;

/// A bulletin as it goes out.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Edition {
    /// `draft` or `released`.
    status: &'static str,
    /// 模拟数据: it is of a lab's world.
    simulated: bool,
    /// Who released it; `None` of a draft.
    release: Option<ReleaseView>,
    /// What it says.
    bulletin: Bulletin,
}

/// A release as JSON tells it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ReleaseView {
    /// When, RFC 3339.
    pub at: String,
    /// Who.
    pub actor: String,
    /// What the officer said about it.
    pub note: Option<String>,
    /// SHA-256 of the bulletin as compact JSON.
    pub sha256: String,
}

/// What was released cannot be read: it is of a later program.
#[derive(Debug, thiserror::Error)]
#[error("the released bulletin cannot be read: {0}")]
pub struct Unreadable(#[from] serde_json::Error);

impl Edition {
    /// A draft of `bulletin`.
    pub fn draft(bulletin: Bulletin, simulated: bool) -> Self {
        Self { status: "draft", simulated, release: None, bulletin }
    }

    /// What was released.
    pub fn released(release: &Release, simulated: bool) -> Result<Self, Unreadable> {
        let view = ReleaseView {
            at: clock::written(release.at),
            actor: release.actor.clone(),
            note: release.note.clone(),
            sha256: release.sha256.clone(),
        };
        let bulletin = serde_json::from_str(&release.json)?;
        Ok(Self { status: "released", simulated, release: Some(view), bulletin })
    }

    /// What it says.
    pub fn bulletin(&self) -> &Bulletin {
        &self.bulletin
    }

    /// Writes it as JSON.
    pub fn json(&self, out: &mut impl Write) -> io::Result<()> {
        serde_json::to_writer_pretty(&mut *out, self)?;
        out.write_all(b"\n")
    }

    /// The heading of everything: whose, which month, and how it stands.
    pub(super) fn title(&self) -> String {
        let whose = self.bulletin.bureau.map_or("全国".to_owned(), |bureau| bureau.to_string());
        let month = self.bulletin.month.chinese();
        format!("加强网站备案管理工作通报 {whose} {month}{}", self.mark())
    }

    /// How it stands: `（草稿）` until it is released.
    pub(super) fn mark(&self) -> String {
        let draft = if self.release.is_none() { "（草稿）" } else { "" };
        let simulated = if self.simulated { "（模拟数据）" } else { "" };
        format!("{draft}{simulated}")
    }

    /// When it was released and by whom, or that it is a draft.
    pub(super) fn standing(&self) -> String {
        match &self.release {
            None => format!("草稿，未经发布；数据截至 {}", self.bulletin.as_of),
            Some(release) => {
                let note = release.note.as_ref().map(|note| format!("；{note}"));
                format!(
                    "{} 由 {} 发布{}；数据截至 {}",
                    release.at,
                    release.actor,
                    note.unwrap_or_default(),
                    self.bulletin.as_of
                )
            }
        }
    }

    /// The sheets in their order.
    pub(super) fn sheets(&self) -> Vec<Sheet> {
        sheets::sheets(&self.bulletin)
    }
}

impl Bulletin {
    /// The bulletin as compact JSON, and its SHA-256: what is released.
    pub fn sealed(&self) -> Result<(String, String), serde_json::Error> {
        let json = serde_json::to_string(self)?;
        let digest = Sha256::digest(json.as_bytes());
        let hex = digest.iter().fold(String::new(), |mut hex, byte| {
            let _ = write!(hex, "{byte:02x}");
            hex
        });
        Ok((json, hex))
    }

    /// The cells in which `other` differs, such as `表（一） 第3行 尚未处理的未备案网站数量: 5 -> 4`.
    pub fn differences(&self, other: &Self) -> Vec<String> {
        let (ours, theirs) = (sheets::sheets(self), sheets::sheets(other));
        ours.iter().zip(&theirs).flat_map(|(ours, theirs)| ours.differences(theirs)).collect()
    }
}
