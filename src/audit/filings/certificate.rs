//! Standard 3, 主办单位有效证件号码: a certificate that such an organiser has, and a number of its form whose
//! check character is right.

use jiff::civil::Date;

use crate::audit::filings::Context;
use crate::audit::filings::Faults;
use crate::audit::filings::record::Record;
use crate::audit::filings::record::is_han;
use crate::audit::filings::record::is_made_up;
use crate::facts::bureau::Bureau;
use crate::facts::certificate_number;
use crate::facts::certificate_number::Checked;
use crate::facts::filing_problem::FilingRule;
use crate::facts::subject::CertificateKind;

const COLUMN: &str = "certificate_number";

pub(super) fn check(record: &Record<'_>, context: &Context<'_>, faults: &mut Faults) {
    if let (Some(subject), Some(given)) = (record.kind, record.certificate)
        && !context.vocabulary.fits(subject, given)
    {
        let told = |column| record.text(column).unwrap_or_default();
        let note = format!("{}、{}", told("subject_kind"), told("certificate_kind"));
        faults.push((FilingRule::CertificateMisfitsKind, "certificate_kind", note));
    }
    let Some(text) = record.text(COLUMN) else { return };
    let number: String =
        text.chars().filter(|c| !c.is_whitespace()).collect::<String>().to_uppercase();
    let own = digits(&number);
    if own.len() > 5 && own.len() + 1 >= number.len() && is_made_up(&own) {
        faults.push((FilingRule::CertificateUnreal, COLUMN, String::new()));
        return;
    }
    let is_resident = number.len() == 18
        && certificate_number::resident(&number, context.today) == Checked::Fine
        && !is_credit_code(&number);
    if record.is_organisation() && is_resident {
        faults.push((FilingRule::ResidentOfOrganisation, COLUMN, String::new()));
        return;
    }
    let Some(kind) = record.certificate else { return };
    if let Some(rule) = form(kind, &number, context.today) {
        faults.push((rule, COLUMN, String::new()));
    } else if certificate_number::credit_code(&number) == Checked::Fine {
        let register =
            context.vocabulary.registers.iter().find(|one| number.starts_with(one.first));
        if let (Some(subject), Some(register)) = (record.kind, register)
            && register.not.contains(&subject)
        {
            let note = format!("“{}”开头的代码由{}登记", register.first, register.name);
            faults.push((FilingRule::CreditCodeMisfitsKind, COLUMN, note));
        }
    }
}

/// Whether 18 digits that are somebody's resident number are a unified social credit code as well, which
/// one in 31 is by its check character: the province must be in its place too.
fn is_credit_code(number: &str) -> bool {
    let province = number.get(2..4).and_then(|digits| digits.parse::<u32>().ok());
    let is_place = |province| province == 10 || Bureau::of_area_code(province * 10_000).is_some();
    certificate_number::credit_code(number) == Checked::Fine && province.is_some_and(is_place)
}

/// What is wrong with a number of this kind; `None` where nothing is.
fn form(kind: CertificateKind, number: &str, today: Date) -> Option<FilingRule> {
    let malformed = |is_fine: bool| (!is_fine).then_some(FilingRule::CertificateMalformed);
    let length = number.chars().count();
    let is_plain = number.bytes().all(|byte| byte.is_ascii_alphanumeric());
    // Numbers of paper certificates are written with words: 社证字第4001号.
    let is_worded = number.chars().any(is_han) && number.chars().any(|c| c.is_ascii_digit());
    match kind {
        CertificateKind::ResidentCard => resident(number, today),
        CertificateKind::BusinessLicence => {
            let is_number = number.bytes().all(|byte| byte.is_ascii_digit());
            match length {
                15 if is_number => {
                    checked(certificate_number::licence(number), FilingRule::LicenceCheck)
                }
                // The numbers of before 2007 have no check digit.
                13 if is_number => None,
                _ if is_worded => None,
                _ => organisation(number),
            }
        }
        CertificateKind::OrganisationCode => organisation(number),
        CertificateKind::CreditCode => {
            checked(certificate_number::credit_code(number), FilingRule::CreditCodeCheck)
        }
        CertificateKind::InstitutionCertificate
        | CertificateKind::SocietyCertificate
        | CertificateKind::PrivateNonEnterpriseCertificate
        | CertificateKind::FoundationCertificate => match length {
            18 => checked(certificate_number::credit_code(number), FilingRule::CreditCodeCheck),
            _ => malformed(is_worded || digits(number).len() >= 4),
        },
        CertificateKind::ArmyCode => malformed(is_worded || digits(number).len() == 5),
        CertificateKind::OfficerCard => {
            malformed(is_worded || (6..=18).contains(&digits(number).len()))
        }
        CertificateKind::Passport => {
            malformed((5..=17).contains(&length) && is_plain && !digits(number).is_empty())
        }
        CertificateKind::TaiwanPermit => malformed((8..=18).contains(&digits(number).len())),
        CertificateKind::HongKongMacauPermit => {
            malformed((8..=18).contains(&digits(number).len()) && is_plain)
        }
        CertificateKind::ForeignResidence => malformed((15..=18).contains(&length) && is_plain),
        CertificateKind::Other => None,
    }
}

fn resident(number: &str, today: Date) -> Option<FilingRule> {
    match certificate_number::resident(number, today) {
        Checked::Fine => None,
        Checked::OtherForm => Some(FilingRule::CertificateMalformed),
        Checked::WrongCheck => Some(FilingRule::ResidentCheck),
        Checked::WrongArea => Some(FilingRule::ResidentArea),
        Checked::WrongBirth => Some(FilingRule::ResidentBirth),
    }
}

/// A unified social credit code, or the organisation code that it took the place of.
fn organisation(number: &str) -> Option<FilingRule> {
    match number.len() {
        9 | 10 => checked(
            certificate_number::organisation_code(number),
            FilingRule::OrganisationCodeCheck,
        ),
        _ => checked(certificate_number::credit_code(number), FilingRule::CreditCodeCheck),
    }
}

fn checked(checked: Checked, rule: FilingRule) -> Option<FilingRule> {
    match checked {
        Checked::Fine => None,
        Checked::OtherForm => Some(FilingRule::CertificateMalformed),
        Checked::WrongCheck | Checked::WrongArea | Checked::WrongBirth => Some(rule),
    }
}

fn digits(text: &str) -> String {
    text.chars().filter(char::is_ascii_digit).collect()
}
