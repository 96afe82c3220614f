//! What one row lacks or breaks: the required fields of its kind (interface V3.0, section 4.2), and
//! values that the interface refuses (codes 2001 to 2052).

use std::net::IpAddr;

use crate::audit::allocations::Found;
use crate::facts::allocation::AddressUse;
use crate::facts::allocation::Allocation;
use crate::facts::allocation::AllocationKind;
use crate::facts::bureau::Bureau;
use crate::facts::directory::Directory;
use crate::facts::problem::Fault;
use crate::facts::problem::Level;
use crate::facts::problem::ProblemKey;
use crate::facts::provider::Provider;
use crate::facts::provider::ProviderKind;
use crate::facts::provider::ProviderName;
use crate::net::guard::Guard;

/// The shortest telephone number that the interface takes, in characters.
const SHORTEST_PHONE: usize = 11;

/// Hands every problem that `row` has by itself to `found`.
pub(super) fn check<E>(
    row: &Allocation,
    directory: &Directory,
    guard: &Guard,
    found: &mut impl FnMut(Found) -> Result<(), E>,
) -> Result<(), E> {
    if row.kind == AllocationKind::Registry {
        return Ok(());
    }
    let reporter = row.provider.as_ref().and_then(|name| directory.find(name));
    let bureau = bureau(row, reporter);
    for (fault, detail) in faults(row, reporter, directory, guard) {
        let key = ProblemKey {
            provider: reporter.map(|provider| provider.id.clone()),
            fault,
            level: level(row.kind),
            range: row.range,
            part: row.range,
            other: None,
        };
        found(Found { key, bureau, detail })?;
    }
    Ok(())
}

/// Whether a row says from whom its range is, or what became of it.
pub(super) fn level(kind: AllocationKind) -> Level {
    match kind {
        AllocationKind::Source | AllocationKind::Brought | AllocationKind::Registry => {
            Level::Source
        }
        AllocationKind::Assigned
        | AllocationKind::Reassigned
        | AllocationKind::OwnUse
        | AllocationKind::Reserved => Level::Assignment,
    }
}

/// Whose a row's problems are to follow.
pub(super) fn bureau(row: &Allocation, reporter: Option<&Provider>) -> Bureau {
    let province = row.province.or_else(|| reporter.and_then(|provider| provider.bureau));
    province.unwrap_or(Bureau::MINISTRY)
}

fn faults(
    row: &Allocation,
    reporter: Option<&Provider>,
    directory: &Directory,
    guard: &Guard,
) -> Vec<(Fault, String)> {
    let mut faults: Vec<(Fault, String)> =
        missing(row, reporter).into_iter().map(|fault| (fault, String::new())).collect();
    let mut add = |fault, detail: &str| faults.push((fault, detail.to_owned()));
    let unknown = |name: &Option<ProviderName>| {
        name.as_ref().filter(|name| directory.find(name).is_none()).map(ToString::to_string)
    };
    if let Some(name) = unknown(&row.provider) {
        add(Fault::ReporterUnknown, &name);
    }
    // A customer's brought range may be from a unit that reports nothing (`Ly_dwlx` 0).
    if row.kind != AllocationKind::Brought
        && let Some(name) = unknown(&row.from)
    {
        add(Fault::SourceUnknown, &name);
    }
    if let Some(name) = unknown(&row.to) {
        add(Fault::TargetUnknown, &name);
    }
    let is_reporter = |name: &Option<ProviderName>| {
        let other = name.as_ref().and_then(|name| directory.find(name));
        other.zip(reporter).is_some_and(|(other, reporter)| other.id == reporter.id)
    };
    if is_reporter(&row.from) {
        add(Fault::SameSource, "");
    }
    if row.kind == AllocationKind::Reassigned && is_reporter(&row.to) {
        add(Fault::SameTarget, "");
    }
    if let Some(special) = guard.special_within(&row.range) {
        add(Fault::SpecialPurpose, &special.to_string());
    }
    if let Some(gateway) = row.detail("gateway") {
        match gateway.parse::<IpAddr>() {
            Ok(at) if row.range.contains(at) => {}
            Ok(at) => add(Fault::GatewayWrong, &at.to_string()),
            // Whatever slipped into the column may be somebody's data.
            Err(_) => add(Fault::GatewayWrong, ""),
        }
    }
    // Personal data: what is wrong is told, the value is not.
    if row.detail("contact_phone").is_some_and(|phone| !is_phone(phone)) {
        add(Fault::PhoneWrong, "");
    }
    if row.detail("contact_email").is_some_and(|mail| !mail.contains('@')) {
        add(Fault::MailWrong, "");
    }
    faults
}

/// The fields that a row of this kind must have and has not.
fn missing(row: &Allocation, reporter: Option<&Provider>) -> Vec<Fault> {
    use AllocationKind::Assigned;
    use AllocationKind::Brought;
    use AllocationKind::OwnUse;
    use AllocationKind::Source;
    let has = |column: &str| row.detail(column).is_some();
    let is_carrier = reporter.is_some_and(|provider| provider.kind == ProviderKind::Carrier);
    let required: [(Fault, &[AllocationKind], bool); 12] = [
        // The three basic carriers have their ranges from the registry, which reports nothing.
        (Fault::SourceMissing, &[Source], row.from.is_some() || is_carrier),
        (Fault::SourceNameMissing, &[Brought], row.from.is_some()),
        (Fault::UseMissing, &[Assigned, OwnUse, Brought], row.address_use != AddressUse::Unstated),
        (Fault::DateMissing, &[Assigned, OwnUse, Brought], row.allocated_on().is_some()),
        (Fault::UserMissing, &[Assigned, Brought], has("user")),
        (Fault::ProvinceMissing, &[Assigned, Brought], row.province.is_some()),
        (Fault::CityMissing, &[Assigned, Brought], has("city")),
        (Fault::AddressMissing, &[Assigned, Brought], has("user_address")),
        (Fault::ContactMissing, &[Assigned, Brought], has("contact")),
        (Fault::PhoneMissing, &[Assigned, Brought], has("contact_phone")),
        (Fault::MailMissing, &[Assigned, Brought], has("contact_email")),
        (Fault::GatewayMissing, &[Brought], has("gateway")),
    ];
    let lacking =
        required.into_iter().filter(|(_, kinds, is_there)| kinds.contains(&row.kind) && !is_there);
    lacking.map(|(fault, ..)| fault).collect()
}

/// Digits and `-`, eleven characters at least; several are separated by `;`.
fn is_phone(text: &str) -> bool {
    text.split(';').map(str::trim).all(|phone| {
        phone.len() >= SHORTEST_PHONE && phone.chars().all(|c| c.is_ascii_digit() || c == '-')
    })
}
