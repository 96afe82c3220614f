//! What providers submitted of a Domain and the filing register has not, as those see it who may.

use std::io;
use std::io::Write;

use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use crate::clock;
use crate::facts::submission::Standing;
use crate::facts::submission::SubmittedNote;
use crate::publish::text::printable;
use crate::publish::view::ProviderNames;
use crate::publish::view::ProviderView;
use crate::publish::view::in_china;

/// A row that a provider submitted, and that changes no verdict by itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct SubmittedView {
    /// Who submitted it, for itself.
    pub provider: ProviderView,
    /// 网站备案号
    pub site_number: Option<String>,
    /// 主体备案号
    pub subject_number: Option<String>,
    /// When.
    #[serde(serialize_with = "in_china")]
    #[schema(value_type = String, format = DateTime)]
    pub submitted_at: Timestamp,
    /// How it stands to the register.
    pub standing: Standing,
}

impl SubmittedView {
    /// The row as the outside sees it.
    pub fn of(note: &SubmittedNote, names: &ProviderNames) -> Self {
        Self {
            provider: names.view(&note.provider),
            site_number: note.site_number.as_ref().map(ToString::to_string),
            subject_number: note.subject_number.as_ref().map(ToString::to_string),
            submitted_at: note.at,
            standing: note.standing,
        }
    }
}

/// Writes `notes` for people, a line each.
pub(crate) fn text(
    notes: &[SubmittedNote],
    names: &ProviderNames,
    out: &mut impl Write,
) -> io::Result<()> {
    for note in notes {
        let number = note.site_number.as_ref().or(note.subject_number.as_ref());
        let number = number.map(ToString::to_string).unwrap_or_default();
        let means = match note.standing {
            Standing::Pending => "备案库中尚无此备案，不作为已备案",
            Standing::Connected => "备案库中有此备案，即将登记其接入",
        };
        let (chinese, word) = (note.standing.chinese(), note.standing.word());
        writeln!(
            out,
            "  接入服务商报送：{}，{}，{}，{chinese} {word}：{means}",
            names.told(&note.provider),
            clock::written(note.at),
            printable(&number),
        )?;
    }
    Ok(())
}
