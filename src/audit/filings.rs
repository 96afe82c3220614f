//! What is wrong with filings by annex 3 of the 2009 plan: its ten standards, a file each, and those of
//! its general principles that a program can hold against a record.
//!
//! Precision comes before recall: a rule speaks only where the columns that it needs are there, and where
//! it cannot be sure it is silent. Cancelled records, and those that could not be read, are held to no rule.

mod record;
mod general;
mod numbers;
mod subject_name;
mod subject_kind;
mod certificate;
mod investor;
mod site_name;
mod person;
mod address;
mod home;
mod addresses;
mod phone;

use std::net::IpAddr;

use jiff::civil::Date;

use crate::audit::filings::record::Record;
use crate::facts::bureau::Bureau;
use crate::facts::directory::Directory;
use crate::facts::filing::Filing;
use crate::facts::filing::FilingState;
use crate::facts::filing_problem::FilingProblemKey;
use crate::facts::filing_problem::FilingRule;
use crate::facts::provider::ProviderId;
use crate::facts::target::Target;
use crate::formats::vocabulary::Vocabulary;
use crate::net::guard::Guard;

/// What the rules know beside the record.
#[expect(missing_debug_implementations, reason = "it holds a function")]
pub struct Context<'a> {
    /// The words that rules look for.
    pub vocabulary: &'a Vocabulary,
    /// The providers register.
    pub directory: &'a Directory,
    /// Which special-purpose addresses are allowed.
    pub guard: &'a Guard,
    /// The day in China.
    pub today: Date,
    /// What the address register says of an address.
    pub report: &'a (dyn Fn(IpAddr) -> AddressReport + Sync),
}

/// What the address register says of an address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AddressReport {
    /// Nothing that could be held against anybody.
    Unknown,
    /// It is not on the mainland: the register has what the registry gave to the mainland, and it is not
    /// among that.
    Abroad,
    /// On the mainland, and nobody reported it.
    Unreported,
    /// Several claim it, none from the other.
    Disputed,
    /// One provider holds it.
    Held {
        /// Who.
        holder: ProviderId,
        /// From whom, at the first level.
        carrier: Option<ProviderId>,
        /// Whether the holder is a CDN, behind which others serve.
        is_cdn: bool,
    },
}

/// A problem as one check sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found<'a> {
    /// The record.
    pub filing: &'a Filing,
    /// What makes it the same from one check to the next.
    pub key: FilingProblemKey,
    /// Who must mend it.
    pub providers: Vec<ProviderId>,
    /// Whose to follow.
    pub bureau: Bureau,
    /// What the rule adds; never personal.
    pub note: String,
}

/// Where the rules of one record put what they find: the rule, the column, and what to add.
type Faults = Vec<(FilingRule, &'static str, String)>;

/// Checks every one of `rows`. Each problem is handed to `found` as soon as it is known, so that a
/// register of any size needs no memory; whatever `found`, `siblings` or a row fails with ends the check.
/// `siblings` gives the records of a Domain.
pub fn check<E>(
    rows: impl Iterator<Item = Result<Filing, E>>,
    context: &Context<'_>,
    siblings: impl Fn(&Target) -> Result<Vec<Filing>, E>,
    mut found: impl FnMut(Found<'_>) -> Result<(), E>,
) -> Result<(), E> {
    let mut faults = Faults::new();
    for row in rows {
        let filing = row?;
        if filing.state != FilingState::Active || filing.is_unreadable() {
            continue;
        }
        let record = Record::of(&filing, context);
        if let Some(home) = check_record(&record, context, &mut faults)
            && !siblings(&home)?.iter().any(|other| home::is_same_site(&filing, other))
        {
            faults.push((FilingRule::HomeOutside, "home_url", String::new()));
        }
        for (rule, column, note) in faults.drain(..) {
            let key = FilingProblemKey {
                domain: filing.domain.clone(),
                number: filing.site_number.clone().or_else(|| filing.subject_number.clone()),
                record_id: filing.detail("record_id").map(str::to_owned),
                rule,
                column: column.to_owned(),
            };
            let providers = record.provider_ids();
            found(Found { filing: &filing, key, providers, bureau: record.bureau(), note })?;
        }
    }
    Ok(())
}

/// Holds the record against every rule. Gives the Domain of a home page that another record of the site
/// must have.
fn check_record(record: &Record<'_>, context: &Context<'_>, faults: &mut Faults) -> Option<Target> {
    general::check(record, context, faults);
    numbers::check(record, context, faults);
    subject_name::check(record, context, faults);
    subject_kind::check(record, context, faults);
    certificate::check(record, context, faults);
    investor::check(record, context, faults);
    site_name::check(record, context, faults);
    person::check(record, context, faults);
    address::check(record, context, faults);
    addresses::check(record, context, faults);
    phone::check(record, context, faults);
    home::check(record, context, faults)
}

#[cfg(test)]
mod tests;
