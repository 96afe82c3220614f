//! The codes that the ministry's interface has for handling results (`Cljg`, table `Wbacl_xx`). Their
//! values are not published; each provider has them with its account, so that they are configured.

use serde::Deserialize;

use crate::facts::finding::AnswerResult;

/// `[interface]`
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// The code of each result.
    pub answer_codes: AnswerCodes,
}

/// A code for each result, each its own.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "Codes")]
pub struct AnswerCodes([u16; AnswerResult::ALL.len()]);

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Codes {
    filed: u16,
    connected: u16,
    stopped: u16,
    moved: u16,
    not_ours: u16,
    disputed: u16,
    in_progress: u16,
}

impl Default for AnswerCodes {
    /// The order of the contract; an assumption.
    fn default() -> Self {
        Self([1, 2, 3, 4, 5, 6, 7])
    }
}

impl TryFrom<Codes> for AnswerCodes {
    type Error = String;

    fn try_from(codes: Codes) -> Result<Self, String> {
        let Codes { filed, connected, stopped, moved, not_ours, disputed, in_progress } = codes;
        let codes = [filed, connected, stopped, moved, not_ours, disputed, in_progress];
        for (place, code) in codes.iter().enumerate() {
            if !(1..=999).contains(code) {
                return Err(format!("{code} is no code; codes are numbers from 1 to 999"));
            }
            if codes.iter().take(place).any(|other| other == code) {
                return Err(format!("{code} is the code of two results; each needs its own"));
            }
        }
        Ok(Self(codes))
    }
}

impl AnswerCodes {
    /// The code of `result`.
    pub fn code(&self, result: AnswerResult) -> u16 {
        let known = AnswerResult::ALL.iter().zip(self.0);
        known.into_iter().find(|(known, _)| **known == result).map_or(0, |(_, code)| code)
    }

    /// The result that `code` means; `None` where it means none.
    pub fn result(&self, code: u16) -> Option<AnswerResult> {
        let mut known = AnswerResult::ALL.iter().zip(self.0);
        known.find(|(_, known)| *known == code).map(|(result, _)| *result)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_leads_to_its_result_and_back() {
        let codes = AnswerCodes::default();
        for result in AnswerResult::ALL {
            assert_eq!(codes.result(codes.code(*result)), Some(*result));
        }
        assert_eq!((codes.result(0), codes.result(8)), (None, None));
    }

    #[test]
    fn codes_are_configured_each_its_own() {
        let read = |in_progress: u16| {
            let text = format!(
                "answer_codes = {{ filed = 10, connected = 11, stopped = 12, moved = 13, not_ours = 14, \
                 disputed = 15, in_progress = {in_progress} }}"
            );
            toml::from_str::<Settings>(&text)
        };
        assert_eq!(read(99).unwrap().answer_codes.result(99), Some(AnswerResult::InProgress));
        for wrong in [0, 10, 1000] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
        assert!(toml::from_str::<Settings>("answer_codes = { filed = 1 }").is_err());
    }
}
