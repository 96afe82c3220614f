//! The general principles (总体原则): complete in form, filled in by the rules, and in order with each other.

use jiff::civil::Date;

use crate::audit::filings::Context;
use crate::audit::filings::Faults;
use crate::audit::filings::phone;
use crate::audit::filings::phone::Phone;
use crate::audit::filings::record::Cell;
use crate::audit::filings::record::Record;
use crate::audit::filings::record::is_counted;
use crate::audit::filings::record::is_repeated;
use crate::facts::filing_problem::FilingRule;
use crate::formats::dates;
use crate::formats::vocabulary::Approval;

/// What everybody must fill in. The home page may be left out (interface V3.0, section 8.1), the investor
/// too; the addresses are asked for where somebody gives access.
const REQUIRED: [&str; 9] = [
    "subject_name",
    "subject_kind",
    "certificate_kind",
    "certificate_number",
    "address",
    "province",
    "site_name",
    "responsible_name",
    "email",
];

pub(super) fn check(record: &Record<'_>, context: &Context<'_>, faults: &mut Faults) {
    missing(record, faults);
    unreadable(record, faults);
    dates_in_order(record, context.today, faults);
    mobile(record, faults);
    mail(record, faults);
    approvals(record, context, faults);
    if context.directory.providers().is_empty() {
        return;
    }
    for name in record.filing.providers.iter().flatten() {
        if context.directory.find(name).is_none() {
            let told = if name.is_tellable() { name.to_string() } else { String::new() };
            faults.push((FilingRule::ProviderUnknown, "providers", told));
            break;
        }
    }
}

fn missing(record: &Record<'_>, faults: &mut Faults) {
    // The rows of the public query have most columns, and leave them empty by intention.
    let Some(providers) = &record.filing.providers else { return };
    let is_empty = |column: &str| record.cell(column) == Some(&Cell::Empty);
    let mut add = |rule, column| faults.push((rule, column, String::new()));
    for column in REQUIRED.into_iter().filter(|column| is_empty(column)) {
        add(FilingRule::RequiredEmpty, column);
    }
    if !providers.is_empty() && is_empty("addresses") {
        add(FilingRule::RequiredEmpty, "addresses");
    }
    if is_empty("mobile_phone") && record.text("office_phone").is_none() {
        add(FilingRule::RequiredEmpty, "mobile_phone");
    }
    if record.is_organisation() {
        if is_empty("subject_responsible") {
            add(FilingRule::ResponsibleEmpty, "subject_responsible");
        }
        if is_empty("office_phone") {
            add(FilingRule::OfficePhoneEmpty, "office_phone");
        }
    }
}

fn unreadable(record: &Record<'_>, faults: &mut Faults) {
    const READ: [&str; 15] = [
        "subject_name",
        "subject_kind",
        "certificate_kind",
        "certificate_number",
        "investor",
        "address",
        "subject_responsible",
        "site_name",
        "home_url",
        "responsible_name",
        "office_phone",
        "mobile_phone",
        "email",
        "addresses",
        "approvals",
    ];
    for column in READ {
        let rule = match record.cell(column) {
            Some(Cell::Placeholder) => FilingRule::Placeholder,
            Some(Cell::Garbled) => FilingRule::Garbled,
            _ => continue,
        };
        faults.push((rule, column, String::new()));
    }
}

fn dates_in_order(record: &Record<'_>, today: Date, faults: &mut Faults) {
    let [filed, changed] = ["filed_on", "changed_on"].map(|column| {
        let text = record.text(column)?;
        let Some(day) = dates::day(text) else {
            faults.push((FilingRule::DateMalformed, column, String::new()));
            return None;
        };
        if day > today {
            faults.push((FilingRule::DateInFuture, column, day.to_string()));
        }
        Some(day)
    });
    if let (Some(filed), Some(changed)) = (filed, changed)
        && changed < filed
    {
        let note = format!("备案日期 {filed}，变更日期 {changed}");
        faults.push((FilingRule::DatesReversed, "changed_on", note));
    }
}

fn mobile(record: &Record<'_>, faults: &mut Faults) {
    let Some(text) = record.text("mobile_phone") else { return };
    let rule = phone::each(text).find_map(|one| match Phone::of(one) {
        Phone::Mobile(digits) => {
            // The digits after the operator's, of which 88888888 is sold dearly and 00000000 is not.
            let own = digits.get(3..).unwrap_or_default();
            let is_made_up = (is_repeated(own) && own.starts_with('0')) || is_counted(own);
            is_made_up.then_some(FilingRule::MobileUnreal)
        }
        Phone::Foreign => None,
        Phone::Digits(digits) if is_repeated(&digits) || is_counted(&digits) => {
            Some(FilingRule::MobileUnreal)
        }
        Phone::Fixed { area, local } if is_repeated(&format!("{area}{local}")) => {
            Some(FilingRule::MobileUnreal)
        }
        Phone::Fixed { .. } | Phone::Service | Phone::Digits(_) | Phone::Malformed => {
            Some(FilingRule::MobileMalformed)
        }
    });
    if let Some(rule) = rule {
        faults.push((rule, "mobile_phone", String::new()));
    }
}

fn mail(record: &Record<'_>, faults: &mut Faults) {
    let Some(text) = record.text("email") else { return };
    let addresses = text.split([';', ',', ' ']).filter(|one| !one.is_empty());
    if !addresses.into_iter().all(is_mail) {
        faults.push((FilingRule::MailMalformed, "email", String::new()));
    }
}

/// Whether `text` has the form of a mail address: something before the one `@`, a host with a dot after it.
fn is_mail(text: &str) -> bool {
    let Some((user, host)) = text.split_once('@') else { return false };
    let is_user = !user.is_empty() && user.chars().all(|c| !c.is_whitespace() && c != '@');
    let labels = host.split('.').collect::<Vec<_>>();
    let is_label =
        |label: &&str| !label.is_empty() && label.chars().all(|c| c.is_alphanumeric() || c == '-');
    is_user && labels.len() > 1 && labels.iter().all(is_label)
}

/// An approval is named, and no number goes with it (principle 4).
fn approvals(record: &Record<'_>, context: &Context<'_>, faults: &mut Faults) {
    let Some(text) = record.text("approvals") else { return };
    let words = &context.vocabulary.words;
    let parts = text.split([';', '；']).map(str::trim).filter(|part| !part.is_empty());
    for part in parts {
        let (kind, number) = part
            .split_once([':', '：'])
            .map_or((part, ""), |(kind, number)| (kind.trim(), number.trim()));
        if words.nothing.words.has(kind) || !(number.is_empty() || words.nothing.words.has(number))
        {
            continue;
        }
        let bare =
            kind.trim_end_matches("前置审批").trim_end_matches("专项审批").trim_end_matches("审批");
        let code = bare.parse::<u16>().ok().filter(|code| code.to_string() == bare);
        let is_kind = |approval: &&Approval| {
            approval.name == bare || code.is_some_and(|code| approval.codes.contains(&code))
        };
        if let Some(approval) = words.approval.iter().find(is_kind) {
            faults.push((FilingRule::ApprovalWithoutText, "approvals", approval.name.clone()));
            return;
        }
    }
}
