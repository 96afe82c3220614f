//! The accuracy sample (抽查): which filed sites were drawn from whose, and what came back about each.
//!
//! Nothing personal is kept here: a site is named by its Domain and number, and its record is read
//! again from the register when a sheet is written.

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::civil::DateTime;
use serde::Deserialize;
use serde::Serialize;

use crate::facts::bureau::Bureau;
use crate::facts::finding::words;
use crate::facts::number::FilingNumber;
use crate::facts::provider::ProviderId;
use crate::facts::target::Target;

words! {
    /// How long a site's record has been in the register (plan, section 2): each has a target of its
    /// own.
    Age {
        /// Filed in the month of the sample.
        New = "new" "本月新入库",
        /// Filed before it.
        Older = "older" "之前已入库",
        /// The record does not say when it was filed.
        Unknown = "unknown" "入库时间不详",
    }
}

words! {
    /// What is verified about a site (annex 2).
    Item {
        /// The organiser's name.
        SubjectName = "subject_name" "主办者名称",
        /// The name of the person in charge.
        ResponsibleName = "responsible_name" "负责人名称",
        /// A telephone number under which the organiser is reached.
        Phone = "phone" "联系电话",
        /// The address for letters.
        Address = "address" "通信地址",
        /// The access provider's name.
        Provider = "provider" "接入服务商名称",
    }
}

words! {
    /// Whether something in a record is right. Unknown is neither.
    Rightness {
        /// It is right.
        Right = "right" "准确",
        /// It is wrong.
        Wrong = "wrong" "不准确",
        /// Nobody has verified it.
        Unknown = "unknown" "未核实",
    }
}

words! {
    /// What came of a call or a message.
    Contact {
        /// Somebody answered; what is right is told for each item.
        Answered = "answered" "已接通",
        /// Nobody answered, or the telephone was off.
        Unreachable = "unreachable" "无法接通",
        /// There is no such number, or it is somebody else's.
        WrongNumber = "wrong_number" "号码错误",
        /// Somebody answered and would not say.
        Refused = "refused" "拒绝核实",
        /// Everything that was read out is right.
        Confirmed = "confirmed" "全部属实",
        /// Who answered is the organiser of record, and denies that the site is theirs.
        Denied = "denied" "否认主办",
    }
}

words! {
    /// How a site was verified.
    Via {
        /// 电话
        Phone = "phone" "电话",
        /// 短信
        Message = "message" "短信",
        /// Registers of others, letters, a visit.
        Other = "other" "其他",
    }
}

/// Identifies a drawn site on every sheet: the round, and 50 bits that no other round has, so that a
/// sheet of another round or another data folder fits nothing here. `S3-7KQ2M9TA4B`: a spreadsheet
/// takes it for neither a date nor a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct RowId {
    round: u32,
    code: u64,
}

/// The text is no id of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("no id of a row, such as S3-7KQ2M9TA4B")]
pub struct NotARowId;

/// One draw over some or all providers (一轮抽查).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Round {
    /// From 1.
    pub number: u32,
    /// When it was drawn.
    pub drawn_at: Timestamp,
    /// The first day of the month whose records are new.
    pub month: Date,
    /// What the choice was made from; the same seed, register, month and size give the same sites.
    pub seed: u64,
    /// When the register was imported that it was drawn from.
    pub register_of: Timestamp,
    /// What could not be drawn.
    pub left_out: LeftOut,
}

/// Active records that belong to no provider's population, and why.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeftOut {
    /// They say that they have no access provider.
    pub without_provider: u64,
    /// Their source does not tell access providers.
    pub provider_not_told: u64,
    /// Access records under a name that no provider bears.
    pub provider_not_known: u64,
    /// Filed after the month of the sample.
    pub later: u64,
}

/// What was drawn from one provider in one round.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sample {
    /// The round.
    pub round: u32,
    /// Whose sites.
    pub provider: ProviderId,
    /// Who supervised the provider then; the ministry where the register does not say.
    pub bureau: Bureau,
    /// How many sites it has, and how many of them were drawn, by age in the order of [`Age::ALL`].
    pub strata: [Stratum; 3],
}

/// The sites of one provider and age.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stratum {
    /// Sites that could be drawn.
    pub population: u64,
    /// Sites that were drawn.
    pub drawn: u64,
}

/// One drawn site.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DrawnSite {
    /// Its id on every sheet.
    pub id: RowId,
    /// Whose site it is.
    pub provider: ProviderId,
    /// How long it has been in the register.
    pub age: Age,
    /// Its Domain; of several the first by sort key.
    pub target: Target,
    /// 网站备案号, or the subject's; `None` where the record has neither.
    pub number: Option<FilingNumber>,
    /// What the record has that can be verified, in the order of [`Item::ALL`].
    pub items: Vec<Item>,
    /// How many telephone numbers it has.
    pub phones: u8,
    /// What the record was when it was drawn: the first 16 bytes of a SHA-256.
    pub digest: [u8; 16],
}

/// What one row of a sheet told. A cell that was left empty says nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reading {
    /// When it was read here.
    pub at: Timestamp,
    /// Which items were said to be right, wrong, or, taking an earlier word back, unknown.
    pub items: Vec<(Item, Rightness)>,
    /// What came of the call.
    pub contact: Option<Contact>,
    /// How it was verified.
    pub via: Option<Via>,
    /// 错误类型: a word of the vocabulary.
    pub kind: Option<String>,
    /// 错误原因: a word of the vocabulary.
    pub cause: Option<String>,
    /// 备注: may hold anything, people's names too.
    pub note: Option<String>,
    /// 核实人
    pub caller: Option<String>,
    /// 核实时间
    pub verified_at: Option<DateTime>,
}

/// Something that was done with a sample, for its log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deed {
    /// When.
    pub at: Timestamp,
    /// Who, as they named themselves, or the account the program ran under.
    pub by: String,
    /// What.
    pub kind: DeedKind,
}

/// What was done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum DeedKind {
    /// A round was drawn.
    Drawn {
        /// The round.
        round: u32,
        /// Sites.
        sites: u64,
    },
    /// Personal data went out unmasked.
    Revealed {
        /// The round.
        round: u32,
        /// What was written: `sheet`, `calls`, `messages`, `report`.
        what: String,
        /// Sites.
        sites: u64,
    },
    /// Results came back.
    Read {
        /// Rows that told something new.
        taken: u64,
        /// Of these, rows that changed what was told before.
        corrected: u64,
        /// Rows that were refused.
        refused: u64,
    },
}

/// Crockford's alphabet: no I, L, O, U.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// The characters of a code, five bits each.
const CHARACTERS: u32 = 10;

impl RowId {
    /// The id of `round` with the lowest 50 bits of `code`.
    pub fn new(round: u32, code: u64) -> Self {
        Self { round, code: code & ((1 << (5 * CHARACTERS)) - 1) }
    }

    /// The round.
    pub fn round(self) -> u32 {
        self.round
    }

    /// Its 50 bits.
    pub fn code(self) -> u64 {
        self.code
    }
}

impl fmt::Display for RowId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digit = |place: u32| {
            let index = usize::try_from((self.code >> (5 * place)) & 31).unwrap_or_default();
            char::from(*ALPHABET.get(index).unwrap_or(&b'0'))
        };
        let code: String = (0..CHARACTERS).rev().map(digit).collect();
        f.pad(&format!("S{}-{code}", self.round))
    }
}

impl FromStr for RowId {
    type Err = NotARowId;

    /// Takes it in either case, and O, I and L for the digits that they look like.
    fn from_str(text: &str) -> Result<Self, NotARowId> {
        let text = text.trim().to_ascii_uppercase();
        let (round, letters) =
            text.strip_prefix('S').and_then(|text| text.split_once('-')).ok_or(NotARowId)?;
        let is_number = !round.is_empty() && round.bytes().all(|byte| byte.is_ascii_digit());
        let round = round.parse().ok().filter(|_| is_number).ok_or(NotARowId)?;
        if letters.len() != CHARACTERS as usize {
            return Err(NotARowId);
        }
        let mut code = 0;
        for letter in letters.bytes() {
            let letter = match letter {
                b'O' => b'0',
                b'I' | b'L' => b'1',
                other => other,
            };
            let digit = (0..).zip(ALPHABET).find(|(_, known)| **known == letter);
            let (digit, _) = digit.ok_or(NotARowId)?;
            code = code << 5 | digit;
        }
        Ok(Self { round, code })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn an_id_is_read_as_people_write_it() {
        let id = RowId::new(3, 0x0123_4567_89AB);
        let written = id.to_string();
        for text in [written.clone(), written.to_lowercase(), format!(" {written} ")] {
            assert_eq!(text.parse(), Ok(id), "{text}");
        }
        assert_eq!("S3-OOOOOOOOIL".parse(), Ok(RowId::new(3, 33)));
        for text in ["", "S3", "S3-", "3-0000000001", "S-0000000001", "S+3-0000000001", "S3-U"] {
            assert_eq!(text.parse::<RowId>(), Err(NotARowId), "{text}");
        }
    }

    proptest! {
        #[test]
        fn every_id_is_read_again(round: u32, code: u64) {
            let id = RowId::new(round, code);
            prop_assert_eq!(id.to_string().parse(), Ok(id));
        }

        #[test]
        fn no_text_makes_it_panic(text in "\\PC{0,20}") {
            let _ = text.parse::<RowId>();
        }
    }
}
