//! What strangers write, read into facts: lists and tables that operators hand over, and the pages
//! of web sites. Everything here is a pure function of its input, never fails on a bad one in any
//! way but saying so, and takes time that the input's size bounds.

pub mod compressed;
pub mod text;
pub(crate) mod dates;
pub mod tables;
pub mod v3;
pub mod providers;
pub mod allocations;
pub mod delegated;
pub mod rpsl;
pub mod sources;
pub mod filings;
pub mod domains_lookup;
pub mod results;
pub mod declared;
pub mod handled;
pub mod answer_codes;
pub mod tasks;
pub mod answers;
pub mod candidates;
pub mod charset;
pub mod html;
pub mod numbers;
pub mod signatures;
pub mod warc;
pub mod vocabulary;
