//! Filing numbers against each other and against the subject's province.

use crate::audit::filings::Context;
use crate::audit::filings::Faults;
use crate::audit::filings::record::Record;
use crate::audit::filings::record::is_repeated;
use crate::facts::filing_problem::FilingRule;
use crate::facts::number::FilingNumber;

/// A number of ten digits begins with the year of its filing; filing began then.
const FIRST_YEAR: i16 = 2000;

pub(super) fn check(record: &Record<'_>, context: &Context<'_>, faults: &mut Faults) {
    let subject =
        |number: &'_ Option<FilingNumber>| number.as_ref().and_then(FilingNumber::subject).copied();
    let (site, owner) =
        (subject(&record.filing.site_number), subject(&record.filing.subject_number));
    if let (Some(site), Some(owner)) = (&site, &owner)
        && site != owner
    {
        faults.push((FilingRule::NumbersDisagree, "site_number", owner.to_string()));
    }
    let column = if site.is_some() { "site_number" } else { "subject_number" };
    let Some(number) = site.or(owner) else { return };
    if let (Some(given), Some(own)) = (number.bureau(), record.province)
        && given != own
    {
        faults.push((FilingRule::NumberProvince, column, format!("省份为{own}")));
    }
    if is_unreal(number.serial(), context.today.year()) {
        faults.push((FilingRule::NumberUnreal, column, String::new()));
    }
}

fn is_unreal(serial: &str, this_year: i16) -> bool {
    let year = serial.get(..4).and_then(|year| year.parse::<i16>().ok());
    let is_of_no_year =
        serial.len() == 10 && year.is_some_and(|year| !(FIRST_YEAR..=this_year).contains(&year));
    is_repeated(serial)
        || is_repeated(serial.get(..7).unwrap_or_default()) && serial.starts_with('0')
        || serial == "12345678"
        || is_of_no_year
}
