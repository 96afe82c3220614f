//! The messages of `POST /api/v1/domains/lookup`, by which one register asks another whether Domains
//! are filed.
//!
//! Both sides are JSON in UTF-8. The request has up to 10,000 names, the reply as many answers in the
//! same order:
//!
//! ```json
//! {"domains": ["www.example.cn", "example.com.cn", "1.2.3.4"], "hops": 0}
//! ```
//!
//! ```json
//! {"answers": [
//!   {"domain": "example.cn", "status": "filed", "gap": null,
//!    "numbers": ["京ICP备05014806号-1"], "former_numbers": [], "subjects": ["京ICP备05014806号"],
//!    "subjects_known": true, "providers": [{"id": "P004", "name": "示例接入商"}],
//!    "providers_known": true, "filed_on": "2010-06-20", "changed_on": null,
//!    "as_of": "2026-11-24T02:00:00+08:00", "source": "register"},
//!   {"domain": "example.com.cn", "status": "unfiled", "gap": null, "numbers": [],
//!    "former_numbers": ["京ICP备05014806号-2"], "subjects": ["京ICP备05014806号"], …},
//!   {"domain": "1.2.3.4", "status": "unknown", "gap": "incomplete", …}
//! ]}
//! ```
//!
//! What a server must keep to:
//!
//! * A name is a Domain, a host under one, or an address. `domain` is its Domain in normal form (A-label,
//!   lower case), or the address. A text that is none of these is no error of the whole call: its answer
//!   repeats the text, with `unknown` and the gap `not_a_domain`.
//! * `status` is `filed` where an active record exists, `unfiled` only where the register holds every
//!   filing, is fresh, and has no active record, and `unknown` otherwise. `gap` then says why:
//!   `not_imported`, `incomplete`, `stale`, `unreadable`, `not_a_domain`.
//! * `unfiled` with `former_numbers` or `subjects` means that there are records, all of them cancelled.
//! * `providers` are those with an access record, by the id of the server's directory and by name; the
//!   asker believes names before ids. `providers_known` is `true` only where each of them is there.
//! * `as_of` is when the register was imported that says so, RFC 3339. It is there for `filed` and
//!   `unfiled`: an answer that rests on an old register is not believed.
//! * `hops` counts the registers that have passed the question on. A server that has an upstream of its
//!   own asks it with one more, and no further from [`MOST_HOPS`] on, so that two that name each other
//!   do not ask without end.
//! * Names of people and their numbers are never in it.
//! * Statuses: 200; 400 for what is no request; 401 without a key that may look up; 413 for more names
//!   than are allowed; 429 and 503, with `Retry-After` in seconds, where the asker comes too often.
//!
//! A reader passes over fields that it does not know, and takes `gap`, dates and lists that are missing
//! for null and empty. It holds a reply with fewer answers, other names or another order for nonsense.

use jiff::Timestamp;
use jiff::civil::Date;
use serde::Deserialize;
use serde::Deserializer;
use serde::Serialize;
use serde::Serializer;
use serde::de::Error;
use utoipa::ToSchema;

use crate::clock;

/// The path below the address of the other register.
pub const PATH: &str = "api/v1/domains/lookup";

/// The most names of one request.
pub const MOST_DOMAINS: usize = 10_000;

/// The gap of a text that is no Domain and no address.
pub const NOT_A_DOMAIN: &str = "not_a_domain";

/// So many registers may have passed a question on.
pub const MOST_HOPS: u8 = 3;

/// What is asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LookupRequest {
    /// Domains, hosts or addresses.
    #[schema(max_items = 10000)]
    pub domains: Vec<String>,
    /// How many registers have passed the question on.
    #[serde(default, deserialize_with = "whole")]
    #[schema(maximum = 255)]
    pub hops: u8,
}

/// The answers, in the order of the request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LookupReply {
    /// One for each name.
    pub answers: Vec<FilingAnswer>,
}

/// Whether one Domain is filed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FilingAnswer {
    /// The Domain in normal form, or the address.
    pub domain: String,
    /// Whether it is filed.
    pub status: FiledStatus,
    /// Why that is unknown; `None` where it is known.
    #[serde(default)]
    pub gap: Option<String>,
    /// The numbers of active records, in normal form.
    #[serde(default)]
    pub numbers: Vec<String>,
    /// The numbers of cancelled records.
    #[serde(default)]
    pub former_numbers: Vec<String>,
    /// Every subject that filed it, active or cancelled.
    #[serde(default)]
    pub subjects: Vec<String>,
    /// Whether those are all.
    #[serde(default)]
    pub subjects_known: bool,
    /// Who has an access record of it.
    #[serde(default)]
    pub providers: Vec<NamedProvider>,
    /// Whether those are all.
    #[serde(default)]
    pub providers_known: bool,
    /// 备案日期, the first of its active records.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = Date)]
    pub filed_on: Option<Date>,
    /// 变更日期, the last of them.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = Date)]
    pub changed_on: Option<Date>,
    /// When the register was imported that says so; `None` where it says nothing.
    #[serde(default, serialize_with = "in_china")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub as_of: Option<Timestamp>,
    /// Whose register says so.
    #[serde(default)]
    pub source: Source,
}

/// Whether a Domain is filed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum FiledStatus {
    /// An active record exists.
    Filed,
    /// None does, in a register that would have it.
    Unfiled,
    /// The register cannot say.
    Unknown,
}

/// Whose register an answer rests on.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// The one that was asked.
    #[default]
    Register,
    /// Another one that it asked in turn.
    Upstream,
}

/// A provider, as two directories may both know it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct NamedProvider {
    /// The id of the directory of whoever answers.
    #[serde(default)]
    pub id: Option<String>,
    /// The name.
    #[serde(default)]
    pub name: Option<String>,
}

/// A small number; `2.0` is one too, as JSON has it.
fn whole<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u8, D::Error> {
    let number = f64::deserialize(deserializer)?;
    let is_whole = number.fract() == 0.0 && (0.0..=f64::from(u8::MAX)).contains(&number);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it was looked at")]
    let whole = is_whole.then_some(number as u8);
    whole.ok_or_else(|| D::Error::custom("no whole number from 0 to 255"))
}

#[expect(clippy::ref_option, reason = "serde hands it over so")]
fn in_china<S: Serializer>(moment: &Option<Timestamp>, serializer: S) -> Result<S::Ok, S::Error> {
    moment.map(clock::written).serialize(serializer)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_comes_back_as_it_was_and_its_words_are_those_of_the_document() {
        let answer = FilingAnswer {
            domain: "example.cn".to_owned(),
            status: FiledStatus::Filed,
            gap: None,
            numbers: vec!["京ICP备05014806号-1".to_owned()],
            former_numbers: vec![],
            subjects: vec!["京ICP备05014806号".to_owned()],
            subjects_known: true,
            providers: vec![NamedProvider {
                id: Some("P004".to_owned()),
                name: Some("示例接入商".to_owned()),
            }],
            providers_known: true,
            filed_on: Some(Date::constant(2010, 6, 20)),
            changed_on: None,
            as_of: Some("2026-11-23T18:00:00Z".parse().unwrap()),
            source: Source::Register,
        };
        let expected = r#"{"domain":"example.cn","status":"filed","gap":null,"numbers":["京ICP备05014806号-1"],"former_numbers":[],"subjects":["京ICP备05014806号"],"subjects_known":true,"providers":[{"id":"P004","name":"示例接入商"}],"providers_known":true,"filed_on":"2010-06-20","changed_on":null,"as_of":"2026-11-24T02:00:00+08:00","source":"register"}"#;
        assert_eq!(serde_json::to_string(&answer).unwrap(), expected);
        assert_eq!(serde_json::from_str::<FilingAnswer>(expected).unwrap(), answer);
    }

    #[test]
    fn what_is_missing_is_unknown_and_what_is_new_is_passed_over() {
        let text = r#"{"answers":[{"domain":"a.cn","status":"unknown","later":[1]}]}"#;
        let reply: LookupReply = serde_json::from_str(text).unwrap();
        let answer = &reply.answers[0];
        assert!(!answer.providers_known && !answer.subjects_known);
        assert_eq!((answer.as_of, answer.source), (None, Source::Register));
        for broken in [r#"{"answers":[{"domain":"a.cn"}]}"#, r#"{"answers":[{"status":"filed"}]}"#]
        {
            assert!(serde_json::from_str::<LookupReply>(broken).is_err(), "{broken}");
        }
        let request: LookupRequest = serde_json::from_str(r#"{"domains":["a.cn"]}"#).unwrap();
        assert_eq!(request.hops, 0);
        let hops = |text: &str| {
            let text = format!(r#"{{"domains":[],"hops":{text}}}"#);
            serde_json::from_str::<LookupRequest>(&text).ok().map(|request| request.hops)
        };
        assert_eq!(["3", "3.0", "255"].map(hops), [Some(3), Some(3), Some(255)]);
        assert_eq!(["-1", "0.5", "256", "null", "\"1\""].map(hops), [None; 5]);
    }
}
