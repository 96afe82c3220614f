//! Standard 7, 主办单位通信地址: complete to the street and number, the village or the mailbox, and in the
//! province that the record names.

use crate::audit::filings::Context;
use crate::audit::filings::Faults;
use crate::audit::filings::record::Record;
use crate::audit::filings::record::is_han;
use crate::facts::bureau::Bureau;
use crate::facts::bureau::PROVINCES;
use crate::facts::filing_problem::FilingRule;

const COLUMN: &str = "address";

/// How the names of provinces go on. 海南藏族自治州 and 河南蒙古族自治县 are none.
const TAILS: [&str; 6] = ["省", "市", "自治区", "壮族自治区", "回族自治区", "维吾尔自治区"];

pub(super) fn check(record: &Record<'_>, context: &Context<'_>, faults: &mut Faults) {
    let Some(text) = record.text(COLUMN) else { return };
    let is_foreign = !text.chars().any(is_han);
    let has_number = text.chars().any(|c| c.is_ascii_digit());
    let has_place = context.vocabulary.words.address.words.within(text).is_some();
    // A number without a place is a telephone or a post code, as a name of letters is a mail address.
    let is_complete = if is_foreign {
        text.chars().any(|c| c.is_ascii_alphabetic()) && text.contains(' ')
    } else {
        has_place || has_number
    };
    if !is_complete {
        faults.push((FilingRule::AddressIncomplete, COLUMN, String::new()));
    }
    if let (Some(there), Some(own)) = (province(text), record.province)
        && there != own
    {
        let note = format!("通信地址在{there}，省份为{own}");
        faults.push((FilingRule::AddressProvince, COLUMN, note));
    }
}

/// The province that an address begins with, written with its tail: 吉林市 lies in 吉林, but 海南路 anywhere.
fn province(text: &str) -> Option<Bureau> {
    PROVINCES.iter().find_map(|name| {
        let rest = text.strip_prefix(name)?;
        let is_province = TAILS.iter().any(|tail| rest.starts_with(tail));
        is_province.then(|| name.parse().ok())?
    })
}
