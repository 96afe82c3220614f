//! The nouns of the field: what a name, an address, a filing, a page and a finding are.
//!
//! Facts are made only by parsing or by a stage that observed them, so nothing malformed travels
//! through the house. They know no network, no disk and no clock.

pub mod few;
pub mod domain;
pub mod target;
pub mod special;
pub mod range;
pub mod bureau;
pub mod month;
pub mod provider;
pub mod directory;
pub mod allocation;
pub mod placement;
pub mod problem;
pub mod sample;
pub mod number;
pub mod filing;
pub mod cancellation;
pub mod subject;
pub mod joined;
pub mod submission;
pub mod certificate_number;
pub mod filing_problem;
pub mod candidate;
pub mod resolution;
pub mod certificate;
pub mod language;
pub mod visit;
pub mod exchange;
pub mod examination;
pub mod reason;
pub mod finding;
pub mod overseers;
pub mod change;
pub mod lifecycle;
pub mod calendar;
pub mod notice;
pub mod dossier;
pub mod checksum;
pub mod exemption;
pub mod key;
pub mod scope;
pub mod census;
pub mod task;
pub mod declared;
pub mod address_census;
pub mod release;
pub mod issue;
