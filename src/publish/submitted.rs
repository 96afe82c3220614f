//! What providers submitted of a Domain and the authority's register has not, and what became of it, as those
//! see it who may.

use std::io;
use std::io::Write;

use jiff::Timestamp;
use jiff::civil::Date;
use serde::Serialize;
use utoipa::ToSchema;

use crate::clock;
use crate::facts::joined::AccessDeed;
use crate::facts::joined::AccessDeedKind;
use crate::facts::joined::Lapse;
use crate::facts::number::FilingNumber;
use crate::facts::submission::Standing;
use crate::facts::submission::SubmittedNote;
use crate::publish::text::printable;
use crate::publish::view::ProviderNames;
use crate::publish::view::ProviderView;
use crate::publish::view::in_china;
use crate::store::submitted::join::Joined;

/// What a provider submitted of its access to a filing.
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
    /// Whether the register has the access, by the provider's word alone; until then it changes no verdict.
    pub joined: bool,
    /// The last day on which it holds, or waits.
    #[schema(value_type = String, format = Date)]
    pub until: Date,
}

/// What became of something that was submitted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AccessDeedView {
    /// When.
    #[serde(serialize_with = "in_china")]
    pub at: Timestamp,
    /// What.
    pub deed: &'static str,
    /// Whose access.
    pub provider: ProviderView,
    /// 网站备案号
    pub site_number: Option<String>,
    /// 主体备案号
    pub subject_number: Option<String>,
    /// Who caused it.
    pub by: String,
    /// When it was submitted, of what was joined.
    pub submitted_at: Option<String>,
    /// Why, where somebody decided so or it lapsed.
    pub reason: Option<String>,
}

impl SubmittedView {
    /// What was submitted, as the outside sees it.
    pub fn of(note: &SubmittedNote, names: &ProviderNames) -> Self {
        Self {
            provider: names.view(&note.provider),
            site_number: note.site_number.as_ref().map(ToString::to_string),
            subject_number: note.subject_number.as_ref().map(ToString::to_string),
            submitted_at: note.at,
            standing: note.standing,
            joined: note.joined_at.is_some(),
            until: note.until,
        }
    }
}

impl AccessDeedView {
    /// What became of it, as the outside sees it.
    pub fn of(deed: &AccessDeed, names: &ProviderNames) -> Self {
        let (word, _) = words(&deed.kind);
        Self {
            at: deed.at,
            deed: word,
            provider: names.view(&deed.provider),
            site_number: deed.site_number.as_ref().map(ToString::to_string),
            subject_number: deed.subject_number.as_ref().map(ToString::to_string),
            by: deed.by.clone(),
            submitted_at: match deed.kind {
                AccessDeedKind::Joined { submitted_at } => Some(clock::written(submitted_at)),
                _ => None,
            },
            reason: match &deed.kind {
                AccessDeedKind::Refused { reason } | AccessDeedKind::Allowed { reason } => {
                    Some(reason.clone())
                }
                AccessDeedKind::Lapsed(why) => Some(why_lapsed(*why).0.to_owned()),
                _ => None,
            },
        }
    }
}

fn words(kind: &AccessDeedKind) -> (&'static str, &'static str) {
    match kind {
        AccessDeedKind::Joined { .. } => ("joined", "凭报送登记接入"),
        AccessDeedKind::Confirmed => ("confirmed", "备案库自载其接入"),
        AccessDeedKind::Withdrawn => ("withdrawn", "自行撤回"),
        AccessDeedKind::Refused { .. } => ("refused", "驳回报送"),
        AccessDeedKind::Allowed { .. } => ("allowed", "恢复采信"),
        AccessDeedKind::Lapsed(_) => ("lapsed", "失效"),
    }
}

fn why_lapsed(why: Lapse) -> (&'static str, &'static str) {
    match why {
        Lapse::NoRecord => ("no_record", "期限内备案库未有此备案"),
        Lapse::RecordCancelled => ("record_cancelled", "该备案已注销"),
        Lapse::NotRegistered => ("not_registered", "期限内备案库未载其接入"),
    }
}

fn numbered(site: Option<&FilingNumber>, subject: Option<&FilingNumber>) -> String {
    printable(&site.or(subject).map(ToString::to_string).unwrap_or_default())
}

/// Writes `notes` for people, a line each.
pub(crate) fn text(
    notes: &[SubmittedNote],
    names: &ProviderNames,
    out: &mut impl Write,
) -> io::Result<()> {
    for note in notes {
        let means = match note.standing {
            Standing::Pending => "备案库中尚无此备案，不作为已备案",
            Standing::ProvidersUnknown => "备案库中有此备案，未载接入服务商，不予登记",
            Standing::Connected if note.joined_at.is_some() => "凭报送登记，备案库自身未载其接入",
            Standing::Connected => "备案库中有此备案，即将登记其接入",
            Standing::Withdrawn => "即将从备案库中去除",
        };
        let (chinese, word) = (note.standing.chinese(), note.standing.word());
        writeln!(
            out,
            "  接入服务商报送：{}，{}（{}），{}，{chinese} {word}：{means}，有效至 {}",
            names.told(&note.provider),
            clock::written(note.at),
            printable(&note.by),
            numbered(note.site_number.as_ref(), note.subject_number.as_ref()),
            note.until,
        )?;
    }
    Ok(())
}

/// Writes what was joined with the register for people; nothing where nothing was submitted.
pub fn joined(joined: Joined, out: &mut impl Write) -> io::Result<()> {
    let Joined { connected, pending, held, lapsed, .. } = joined;
    if connected + pending + held + lapsed == 0 {
        return Ok(());
    }
    writeln!(
        out,
        "submitted by providers: {connected} connected, {pending} pending; {held} held by their word \
         alone, {lapsed} lapsed"
    )
}

/// Writes what became of submissions for people, a line each.
pub(crate) fn history(
    deeds: &[AccessDeed],
    names: &ProviderNames,
    out: &mut impl Write,
) -> io::Result<()> {
    for deed in deeds {
        let (word, chinese) = words(&deed.kind);
        let more = match &deed.kind {
            AccessDeedKind::Joined { submitted_at } => {
                format!("，报送于 {}", clock::written(*submitted_at))
            }
            AccessDeedKind::Refused { reason } | AccessDeedKind::Allowed { reason } => {
                format!("，{}", printable(reason))
            }
            AccessDeedKind::Lapsed(why) => format!("，{}", why_lapsed(*why).1),
            AccessDeedKind::Confirmed | AccessDeedKind::Withdrawn => String::new(),
        };
        writeln!(
            out,
            "  经过 {} {chinese} {word}：{} {}，{}{more}",
            clock::written(deed.at),
            names.told(&deed.provider),
            numbered(deed.site_number.as_ref(), deed.subject_number.as_ref()),
            printable(&deed.by),
        )?;
    }
    Ok(())
}
