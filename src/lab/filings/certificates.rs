//! Certificate numbers that nobody has, with the check characters of their standards.

use crate::facts::certificate_number;
use crate::facts::subject::SubjectKind;

/// The kind of certificate that a subject shows, as registers write it, and its number. `code` is the
/// administrative code of its district.
pub(super) fn certificate(kind: SubjectKind, code: &str, salt: u64) -> (&'static str, String) {
    let turn = salt % 20;
    match kind {
        SubjectKind::Person => ("身份证", resident(code, salt)),
        SubjectKind::Enterprise => match turn {
            0 | 1 => ("营业执照", licence(code, salt)),
            2 => ("组织机构代码证", organisation_code(salt)),
            _ => ("营业执照", credit_code("91", code, salt)),
        },
        SubjectKind::Institution if turn < 6 => {
            ("事业法人证", format!("事证第1{:011}号", salt % 100_000_000_000))
        }
        SubjectKind::Institution => ("统一社会信用代码", credit_code("12", code, salt)),
        SubjectKind::Government if turn < 6 => ("组织机构代码证", organisation_code(salt)),
        SubjectKind::Government => ("统一社会信用代码", credit_code("11", code, salt)),
        SubjectKind::Society => ("社团法人证书", credit_code("51", code, salt)),
        SubjectKind::PrivateNonEnterprise => {
            ("民办非企业单位登记证书", credit_code("52", code, salt))
        }
        SubjectKind::Foundation => ("基金会法人登记证书", credit_code("53", code, salt)),
        SubjectKind::Army | SubjectKind::Other => {
            ("军队代号", format!("{}", 61_000 + salt % 30_000))
        }
    }
}

fn with(front: String, check: Option<char>) -> String {
    front + check.map(String::from).unwrap_or_default().as_str()
}

/// A resident number of somebody born between 1950 and 2003.
pub(super) fn resident(code: &str, salt: u64) -> String {
    let (year, month, day) = (1950 + salt % 54, 1 + (salt >> 8) % 12, 1 + (salt >> 16) % 28);
    let front = format!("{code}{year}{month:02}{day:02}{:03}", (salt >> 24) % 1_000);
    let check = certificate_number::resident_check(&front);
    with(front, check)
}

/// A unified social credit code; the first two characters say who registered whom.
pub(super) fn credit_code(register: &str, code: &str, salt: u64) -> String {
    let own = organisation_code(salt).replace('-', "");
    let front = format!("{register}{code}{own}");
    let check = certificate_number::credit_code_check(&front);
    with(front, check)
}

/// An organisation code with its hyphen.
pub(super) fn organisation_code(salt: u64) -> String {
    let front = format!("{:08}", 10_000_000 + (salt >> 5) % 80_000_000);
    let check = certificate_number::organisation_code_check(&front);
    with(format!("{front}-"), check)
}

/// The number of an old business licence.
pub(super) fn licence(code: &str, salt: u64) -> String {
    let front = format!("{code}{:08}", (salt >> 5) % 100_000_000);
    let check = certificate_number::licence_check(&front);
    with(front, check)
}
