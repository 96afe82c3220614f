//! What follows from an examination: the rulings of the judge, applied to the findings that are known.

use std::mem::take;
use std::ops::Deref;

use jiff::civil::Date;

use crate::clock::day;
use crate::facts::examination::Examination;
use crate::facts::finding::ClosedReason;
use crate::facts::finding::Finding;
use crate::facts::finding::FindingKey;
use crate::facts::finding::FindingState;
use crate::facts::finding::Kind;
use crate::facts::target::Target;
use crate::scan::examine::Stages;
use crate::scan::ledger;
use crate::scan::ledger::Tonight;
use crate::stages::judge::Rules;
use crate::stages::judge::Ruling;
use crate::stages::judge::judge;
use crate::store::StoreError;
use crate::store::findings::Update;
use crate::store::journal::Judged;
use crate::store::journal::Outcome;

/// What is known of the findings of one target.
#[derive(Debug)]
pub(super) struct Known {
    /// How often others had changed any finding when these were read.
    turns: u64,
    findings: Vec<Finding>,
}

impl Deref for Known {
    type Target = [Finding];

    fn deref(&self) -> &[Finding] {
        &self.findings
    }
}

impl Stages {
    /// The newest findings of `target`, one of each key, as they are now.
    pub(super) fn known(&self, target: &Target) -> Result<Known, StoreError> {
        let turns = self.findings.turns();
        Ok(Known { turns, findings: ledger::newest(self.findings.of_target(target)?) })
    }

    /// Judges an outcome again, whose findings or exemption others may have changed since.
    pub fn settle_again(&self, outcome: &mut Outcome) -> Result<(), StoreError> {
        let known = self.known(&outcome.examination.target)?;
        let exchanges = take(&mut outcome.exchanges);
        *outcome = self.settle(outcome.examination.clone(), &known)?;
        outcome.exchanges = exchanges;
        Ok(())
    }

    /// What changes, and whether anything is left for another run of the night.
    pub(super) fn settle(
        &self,
        examination: Examination,
        known: &Known,
    ) -> Result<Outcome, StoreError> {
        let today = day(examination.at);
        let rules = Rules {
            settings: &self.judge,
            parked: self.parked,
            directory: &self.directory,
            fresh_since: self.filings.fresh_since(),
            has_holders: self.addresses.has_holders(),
        };
        let exemption = self.findings.exemption(&examination.target)?;
        let tonight = Tonight {
            night: examination.night,
            now: examination.at,
            misses_to_close: self.misses_to_close,
            has_counted_today: false,
            deadlines: &self.deadlines,
            is_exempt: exemption.is_some_and(|exemption| exemption.holds_on(today)),
            channel: &examination.channel,
        };
        let mut update = Update::default();
        let mut is_whole = true;
        for (key, ruling) in self.judged(&examination, known, rules) {
            let current = known.iter().find(|finding| finding.key == key);
            let counts = matches!(ruling, Ruling::Misses(_) | Ruling::Accrues(..));
            let has_counted_today = match current.filter(|_| counts) {
                Some(finding) => self.has_counted_on(today, finding)?,
                None => false,
            };
            let tonight = Tonight { has_counted_today, ..tonight };
            let Some(transition) = ledger::transition(&key, current, ruling, tonight) else {
                continue;
            };
            if self.may_change(&transition.finding) {
                update.findings.push(transition.finding);
                update.changes.extend(transition.change);
            } else {
                is_whole = false;
            }
        }
        let scope = || self.scan.scope.clone();
        let judged = if is_whole { Judged::Whole } else { Judged::Within(scope()) };
        Ok(Outcome { examination, update, judged, exchanges: Vec::new(), turns: known.turns })
    }

    /// The rulings of tonight. The examination before is read only where something follows from it.
    fn judged(
        &self,
        examination: &Examination,
        known: &Known,
        rules: Rules<'_>,
    ) -> Vec<(FindingKey, Ruling)> {
        let mut rulings = judge(examination, known, None, rules);
        if self.witness.doubt().is_some() {
            for (_, ruling) in &mut rulings {
                disbelieve(ruling);
            }
            return rulings;
        }
        if rulings.iter().any(|(_, ruling)| matches!(ruling, Ruling::Accrues(..)))
            && let Some(last) = self.last.of(&examination.target)
        {
            return judge(examination, known, Some(&last), rules);
        }
        rulings
    }

    /// Whether the last night that counted in the row of `finding` examined it on `today`. Where that is
    /// not known, it is the day on which that night stopped.
    fn has_counted_on(&self, today: Date, finding: &Finding) -> Result<bool, StoreError> {
        if finding.nights_in_row == 0 {
            return Ok(false);
        }
        if finding.state == FindingState::Accruing {
            return Ok(day(finding.last_seen) == today);
        }
        let night = finding.last_night;
        let last = self.last.of(&finding.key.target).filter(|last| last.night == night);
        let counted = match last {
            Some(last) => Some(last.at),
            None => self.findings.scan(night)?.map(|scan| scan.stopped.unwrap_or(scan.started)),
        };
        Ok(counted.is_some_and(|at| day(at) == today))
    }

    /// A night that is limited to a provider or bureau leaves the findings of others alone.
    fn may_change(&self, finding: &Finding) -> bool {
        let scope = &self.scan.scope;
        scope.provider.as_ref().is_none_or(|id| finding.key.provider.as_ref() == Some(id))
            && scope.bureau.is_none_or(|wanted| finding.bureau == wanted)
    }
}

/// Makes unknown whatever rests on something that is not there tonight.
fn disbelieve(ruling: &mut Ruling) {
    let reasons = match ruling {
        Ruling::Misses(reasons) | Ruling::Ends(ClosedReason::Moved, reasons) => take(reasons),
        Ruling::Accrues(_, seen) => take(&mut seen.reasons),
        Ruling::Stands(..) | Ruling::Doubted(..) | Ruling::Ends(..) | Ruling::Unknown(_) => return,
    };
    *ruling = Ruling::Unknown(reasons);
}

/// Whether something of `outcome` may rest on what was not there, so that it is to wait until it is known
/// whether the night is to be believed. What was seen, was seen in any case.
pub fn may_rest_on_absence(outcome: &Outcome) -> bool {
    outcome.update.findings.iter().any(|finding| {
        finding.last_seen != outcome.examination.at || finding.key.kind == Kind::OverReported
    })
}
