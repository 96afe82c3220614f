//! Records that pass and records that fail, by rule: what differs from a good record.

mod general;
mod site;
mod subject;

type Changes = &'static [(&'static str, &'static str)];

/// The rule, the column that it tells, the good record that is changed, and the changes that pass and that
/// fail.
pub(super) type Case =
    (&'static str, &'static str, &'static str, &'static [Changes], &'static [Changes]);

pub(super) fn all() -> impl Iterator<Item = &'static Case> {
    [general::CASES, subject::CASES, site::CASES].into_iter().flatten()
}
