//! By what a month is told: its campaigns, its targets, how far the filing register is trusted. Kept as
//! they come into force, so that a month made again later goes by what was in force at its end. Terms and the
//! calendar of working days are not among them: the day by which a finding is due is kept with each change.

use std::time::Duration;

use anyhow::Context;
use anyhow::Result;
use jiff::Timestamp;
use jiff::civil::Date;
use serde::Deserialize;
use serde::Serialize;

use crate::audit::accuracy::interval::Confidence;
use crate::audit::accuracy::targets;
use crate::audit::accuracy::targets::Target;
use crate::audit::rates;
use crate::audit::rates::Goal;
use crate::audit::rates::Share;
use crate::commands::data::Data;
use crate::commands::session::Session;
use crate::facts::sample::Age;
use crate::scan::ledger::deadlines::Campaign;
use crate::stages::check;

/// What of the configuration a bulletin goes by.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(in crate::commands) struct Rules {
    /// `[deadlines] campaigns`
    pub(super) campaigns: Vec<Campaign>,
    /// `[rates]`
    pub(super) rates: rates::Settings,
    /// `[accuracy]`
    pub(super) accuracy: targets::Settings,
    /// `[filings] complete`
    pub(super) is_complete: bool,
    /// `[filings] max_age`
    #[serde(with = "humantime_serde")]
    pub(super) max_age: Duration,
}

impl Rules {
    /// Keeps what is in force from now on, unless it is already.
    pub(in crate::commands) fn keep(session: &Session, data: &Data) -> Result<()> {
        let settings = &session.settings;
        let rules = Self {
            campaigns: settings.deadlines.campaigns.clone(),
            rates: settings.rates.clone(),
            accuracy: settings.accuracy.clone(),
            is_complete: settings.filings.complete,
            max_age: settings.filings.max_age,
        };
        let text = serde_json::to_string(&rules)?;
        Ok(data.findings.bulletins()?.put_rules(session.clock.now(), &text)?)
    }

    /// What was in force at `moment`; the oldest that is known where that was not kept yet.
    pub(super) fn at(data: &Data, moment: Timestamp) -> Result<Self> {
        let text = data.findings.bulletins()?.rules(moment)?.unwrap_or_default();
        let kept: Kept =
            serde_json::from_str(&text).context("the rules of the month cannot be read")?;
        Ok(kept.into())
    }
}

/// Rules as some program kept them. A configuration with a word that nobody knows is a mistake; a month that was
/// kept by a newer program, or an older one, is told by what is known of it.
#[derive(Debug, Deserialize)]
#[serde(default)]
struct Kept {
    campaigns: Vec<KeptCampaign>,
    rates: KeptRates,
    accuracy: KeptAccuracy,
    is_complete: bool,
    #[serde(with = "humantime_serde")]
    max_age: Duration,
}

#[derive(Debug, Deserialize)]
struct KeptCampaign {
    name: String,
    /// By its word; a kind that nobody knows has no findings.
    kind: String,
    due: Date,
}

#[derive(Debug, Default, Deserialize)]
struct KeptRates {
    /// `None` where nothing was kept of them.
    targets: Option<Vec<KeptGoal>>,
}

#[derive(Debug, Deserialize)]
struct KeptGoal {
    rate: Share,
    due: Date,
}

#[derive(Debug, Default, Deserialize)]
struct KeptAccuracy {
    confidence: Option<Confidence>,
    targets: Option<Vec<KeptTarget>>,
}

#[derive(Debug, Deserialize)]
struct KeptTarget {
    records: Age,
    rate: f64,
    due: Date,
}

impl Default for Kept {
    fn default() -> Self {
        let filings = check::Settings::default();
        Self {
            campaigns: Vec::new(),
            rates: KeptRates::default(),
            accuracy: KeptAccuracy::default(),
            is_complete: filings.complete,
            max_age: filings.max_age,
        }
    }
}

impl From<Kept> for Rules {
    fn from(kept: Kept) -> Self {
        let campaign = |KeptCampaign { name, kind, due }| {
            kind.parse().ok().map(|kind| Campaign { name, kind, due })
        };
        let goals = |goals: Vec<KeptGoal>| {
            goals.into_iter().map(|KeptGoal { rate, due }| Goal { rate, due }).collect()
        };
        let target = |KeptTarget { records, rate, due }| Target { records, rate, due };
        let targets = |targets: Vec<KeptTarget>| targets.into_iter().map(target).collect();
        let (rates, accuracy) = (rates::Settings::default(), targets::Settings::default());
        Self {
            campaigns: kept.campaigns.into_iter().filter_map(campaign).collect(),
            rates: rates::Settings { targets: kept.rates.targets.map_or(rates.targets, goals) },
            accuracy: targets::Settings {
                confidence: kept.accuracy.confidence.unwrap_or(accuracy.confidence),
                targets: kept.accuracy.targets.map_or(accuracy.targets, targets),
            },
            is_complete: kept.is_complete,
            max_age: kept.max_age,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::finding::Kind;
    use jiff::civil::date;

    fn read(text: &str) -> Rules {
        serde_json::from_str::<Kept>(text).unwrap().into()
    }

    #[test]
    fn what_is_kept_is_read_as_it_was() {
        let rules = Rules {
            campaigns: vec![Campaign {
                name: "集中清理".to_owned(),
                kind: Kind::Unfiled,
                due: date(2009, 6, 30),
            }],
            rates: rates::Settings {
                targets: vec![Goal { rate: Share::try_from(0.5).unwrap(), due: date(2009, 9, 30) }],
            },
            accuracy: targets::Settings {
                confidence: Confidence::try_from(80.0).unwrap(),
                targets: vec![Target { records: Age::New, rate: 0.1, due: date(2009, 12, 31) }],
            },
            is_complete: false,
            max_age: Duration::from_hours(1),
        };
        assert_eq!(read(&serde_json::to_string(&rules).unwrap()), rules);
    }

    #[test]
    fn what_another_program_kept_is_read_as_far_as_it_is_known() {
        let rules = read(
            r#"{"campaigns": [{"name": "甲", "kind": "unfiled", "due": "2009-06-30", "by": "部"},
                {"name": "乙", "kind": "of_tomorrow", "due": "2009-06-30"}],
                "rates": {"targets": [{"rate": 0.5, "due": "2009-09-30", "of": "sites"}], "more": 1},
                "accuracy": {"seed": 7, "targets": []}, "holidays": ["2009-05-01"]}"#,
        );
        assert_eq!(rules.campaigns.len(), 1);
        assert_eq!(rules.rates.targets.len(), 1);
        assert_eq!(rules.accuracy.targets, []);
        // What it did not keep was not set apart then.
        assert_eq!(rules.accuracy.confidence, Confidence::USUAL);
        assert!(rules.is_complete);
        assert_eq!(rules.max_age, Duration::from_hours(7 * 24));
        assert_eq!(read("{}").rates, rates::Settings::default());
    }
}
