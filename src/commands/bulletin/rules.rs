//! By what a month is told: its campaigns, its targets, how far the filing register is trusted. Kept as
//! they come into force, so that a month made again later goes by what was in force at its end.

use std::time::Duration;

use anyhow::Context;
use anyhow::Result;
use jiff::Timestamp;
use serde::Deserialize;
use serde::Serialize;

use crate::audit::accuracy::targets;
use crate::audit::rates;
use crate::commands::data::Data;
use crate::commands::session::Session;
use crate::scan::ledger::deadlines::Campaign;

/// What of the configuration a bulletin goes by.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
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
        serde_json::from_str(&text).context("the rules of the month cannot be read")
    }
}
