//! What is wrong with the lab's address register: one block of a /24 for each way to report badly, in
//! which no site is served. All of it is mended from the second night on.
//!
//! As everywhere in the lab the truth is stated by the plan; nothing here looks for faults.

use crate::facts::allocation::AddressUse;
use crate::facts::allocation::Allocation;
use crate::facts::allocation::AllocationKind;
use crate::facts::problem::Fault;
use crate::facts::problem::Level;
use crate::facts::problem::ProblemKey;
use crate::facts::provider::Provider;
use crate::facts::provider::ProviderName;
use crate::facts::range::AddressRange;
use crate::lab::providers::CARRIERS;
use crate::lab::ranges::Bounds;
use crate::lab::ranges::CLAIMANTS;
use crate::lab::ranges::DISPUTED_RANGE;
use crate::lab::ranges::brought;
use crate::lab::ranges::in_use;
use crate::lab::ranges::passed_on;
use crate::lab::ranges::row;

/// The night from which on everything that can be is mended.
const MENDED: u32 = 2;

/// A name that no provider bears.
const NOBODY: &str = "查无此公司";

/// Who plays: two carriers, and a provider with a rival.
struct Cast<'a> {
    upstream: &'a Provider,
    stranger: &'a Provider,
    provider: &'a Provider,
}

/// A block with something wrong in it.
struct Planted {
    rows: Vec<Allocation>,
    problems: Vec<ProblemKey>,
}

type Plant = fn(&Cast<'_>, u8) -> Planted;

/// The rows of the blocks as of `night`.
pub(crate) fn allocations(providers: &[Provider], night: u32) -> Vec<Allocation> {
    let cast = cast(providers);
    let mut rows = vec![row(AllocationKind::Registry, registry(), None)];
    for (plant, block) in PLANTS.iter().zip(0..) {
        if night < MENDED {
            rows.extend(plant(&cast, block).rows);
        } else {
            rows.extend(good(&cast, block));
        }
    }
    rows
}

/// Every problem that a check must find in the lab's register as of `night`, and no other.
pub fn planted(providers: &[Provider], night: u32) -> Vec<ProblemKey> {
    let cast = cast(providers);
    let [one, two] = CLAIMANTS.map(|index| &providers[index]);
    let mut problems = vec![
        // The second reassignment of the disputed range.
        key(&providers[0], (Fault::ReportedAlready, Level::Assignment), DISPUTED_RANGE),
    ];
    for level in [Level::Source, Level::Assignment] {
        problems.extend(rivals(one, two, level, DISPUTED_RANGE));
    }
    let given = ([127, 150, 0, 0], [127, 151, 255, 255]);
    let missing = if night < MENDED { given } else { ([127, 150, 0, 0], [127, 150, 255, 255]) };
    problems.push(nobodys(given, missing));
    if night < MENDED {
        problems
            .extend(PLANTS.iter().zip(0..).flat_map(|(plant, block)| plant(&cast, block).problems));
    }
    problems
}

fn cast(providers: &[Provider]) -> Cast<'_> {
    Cast { upstream: &providers[1], stranger: &providers[2], provider: &providers[CARRIERS + 3] }
}

fn whole(block: u8) -> Bounds {
    ([127, 160, block, 0], [127, 160, block, 255])
}

fn first_half(block: u8) -> Bounds {
    ([127, 160, block, 0], [127, 160, block, 127])
}

fn second_half(block: u8) -> Bounds {
    ([127, 160, block, 128], [127, 160, block, 255])
}

fn range((start, end): Bounds) -> AddressRange {
    AddressRange::new(start.into(), end.into()).expect("the plan's ranges run forwards")
}

fn key(provider: &Provider, (fault, level): (Fault, Level), bounds: Bounds) -> ProblemKey {
    let range = range(bounds);
    let provider = Some(provider.id.clone());
    ProblemKey { provider, fault, level, range, part: range, other: None }
}

/// What the registry `given` gave, and nobody reported from `missing` on.
fn nobodys(given: Bounds, missing: Bounds) -> ProblemKey {
    let (fault, level) = (Fault::Unreported, Level::Source);
    let (range, part) = (range(given), range(missing));
    ProblemKey { provider: None, fault, level, range, part, other: None }
}

/// What the registry gave to all of the blocks together.
fn registry() -> Bounds {
    let last = u8::try_from(PLANTS.len() - 1).expect("fewer ways than blocks");
    ([127, 160, 0, 0], [127, 160, last, 255])
}

fn rivals(one: &Provider, two: &Provider, level: Level, bounds: Bounds) -> [ProblemKey; 2] {
    [(one, two), (two, one)].map(|(one, two)| ProblemKey {
        other: Some(two.id.clone()),
        ..key(one, (Fault::Conflict, level), bounds)
    })
}

fn nobody() -> ProviderName {
    NOBODY.parse().expect("it is a fit name")
}

fn source(bounds: Bounds, provider: &Provider) -> Allocation {
    row(AllocationKind::Source, bounds, Some(provider))
}

fn reserved(bounds: Bounds, provider: &Provider) -> Allocation {
    row(AllocationKind::Reserved, bounds, Some(provider))
}

/// A block as it should be: had by a carrier, passed on, received, in use.
fn good(cast: &Cast<'_>, block: u8) -> Vec<Allocation> {
    let [given, received] = passed_on(cast.upstream, cast.provider, whole(block), 0);
    vec![source(whole(block), cast.upstream), given, received, in_use(whole(block), cast.provider)]
}

/// A good block but for one thing in the row of its use.
fn spoilt(cast: &Cast<'_>, block: u8, fault: Fault, spoil: fn(&mut Allocation)) -> Planted {
    let mut rows = good(cast, block);
    rows.iter_mut().filter(|row| row.kind == AllocationKind::Assigned).for_each(spoil);
    Planted { rows, problems: vec![key(cast.provider, (fault, Level::Assignment), whole(block))] }
}

fn remove(row: &mut Allocation, column: &str) {
    row.details.retain(|(name, _)| name != column);
}

fn replace(row: &mut Allocation, column: &str, value: &str) {
    let cells = row.details.iter_mut().filter(|(name, _)| name == column);
    cells.for_each(|(_, text)| value.clone_into(text));
}

/// A source of the provider, which keeps it in reserve, and what is wrong with it.
fn odd_source(cast: &Cast<'_>, block: u8, fault: Fault, from: Option<ProviderName>) -> Planted {
    let mut odd = source(whole(block), cast.provider);
    odd.from = from;
    Planted {
        rows: vec![odd, reserved(whole(block), cast.provider)],
        problems: vec![key(cast.provider, (fault, Level::Source), whole(block))],
    }
}

/// A range that the carrier passed on to `to`.
fn odd_target(cast: &Cast<'_>, block: u8, fault: Fault, to: ProviderName) -> Planted {
    let mut given = row(AllocationKind::Reassigned, whole(block), Some(cast.upstream));
    given.to = Some(to);
    Planted {
        rows: vec![source(whole(block), cast.upstream), given],
        problems: vec![key(cast.upstream, (fault, Level::Assignment), whole(block))],
    }
}

/// Every way to report badly, a block each.
const PLANTS: &[Plant] = &[
    // An assignment beyond the source.
    |cast, block| {
        let [given, received] = passed_on(cast.upstream, cast.provider, first_half(block), 0);
        let rows = vec![
            source(first_half(block), cast.upstream),
            given,
            received,
            in_use(whole(block), cast.provider),
        ];
        let fault = (Fault::OutOfBounds, Level::Assignment);
        let part = range(second_half(block));
        Planted {
            rows,
            problems: vec![ProblemKey { part, ..key(cast.provider, fault, whole(block)) }],
        }
    },
    // A source beyond what the upstream passed on.
    |cast, block| {
        let [given, _] = passed_on(cast.upstream, cast.provider, first_half(block), 0);
        let [_, received] = passed_on(cast.upstream, cast.provider, whole(block), 0);
        let rows = vec![
            source(first_half(block), cast.upstream),
            given,
            received,
            in_use(whole(block), cast.provider),
        ];
        let fault = (Fault::OutOfBounds, Level::Source);
        let problem = ProblemKey {
            part: range(second_half(block)),
            other: Some(cast.upstream.id.clone()),
            ..key(cast.provider, fault, whole(block))
        };
        Planted { rows, problems: vec![problem] }
    },
    // Two that know nothing of each other.
    |cast, block| {
        let both = [cast.upstream, cast.stranger];
        let rows = both.map(|one| [source(whole(block), one), reserved(whole(block), one)]);
        let levels = [Level::Source, Level::Assignment];
        let problems =
            levels.map(|level| rivals(cast.upstream, cast.stranger, level, whole(block)));
        Planted { rows: rows.concat(), problems: problems.concat() }
    },
    // Received, and nothing said of it.
    |cast, block| {
        let [given, _] = passed_on(cast.upstream, cast.provider, whole(block), 0);
        let fault = (Fault::Unreported, Level::Source);
        let problem = ProblemKey {
            other: Some(cast.upstream.id.clone()),
            ..key(cast.provider, fault, whole(block))
        };
        Planted { rows: vec![source(whole(block), cast.upstream), given], problems: vec![problem] }
    },
    // Had, and nothing said of its use.
    |cast, block| Planted {
        rows: vec![source(whole(block), cast.upstream)],
        problems: vec![key(cast.upstream, (Fault::Unreported, Level::Assignment), whole(block))],
    },
    // Given to the mainland, and reported by nobody.
    |_, block| Planted { rows: vec![], problems: vec![nobodys(registry(), whole(block))] },
    // Used without any source.
    |cast, block| Planted {
        rows: vec![reserved(whole(block), cast.provider)],
        problems: vec![key(cast.provider, (Fault::NoSource, Level::Assignment), whole(block))],
    },
    |cast, block| {
        let unknown =
            Allocation { provider: Some(nobody()), ..reserved(whole(block), cast.provider) };
        let problem = ProblemKey {
            provider: None,
            ..key(cast.provider, (Fault::ReporterUnknown, Level::Assignment), whole(block))
        };
        Planted { rows: vec![unknown], problems: vec![problem] }
    },
    |cast, block| {
        let mut rows = good(cast, block);
        rows.push(reserved(second_half(block), cast.provider));
        let fault = (Fault::ReportedAlready, Level::Assignment);
        Planted { rows, problems: vec![key(cast.provider, fault, second_half(block))] }
    },
    |cast, block| {
        let private = ([10, 160, block, 0], [10, 160, block, 255]);
        let mut rows = good(cast, block);
        rows.extend([source(private, cast.upstream), reserved(private, cast.upstream)]);
        let levels = [Level::Source, Level::Assignment];
        let problems =
            levels.map(|level| key(cast.upstream, (Fault::SpecialPurpose, level), private));
        Planted { rows, problems: problems.to_vec() }
    },
    |cast, block| {
        spoilt(cast, block, Fault::GatewayWrong, |row| replace(row, "gateway", "127.160.255.1"))
    },
    |cast, block| {
        spoilt(cast, block, Fault::PhoneWrong, |row| replace(row, "contact_phone", "110"))
    },
    |cast, block| spoilt(cast, block, Fault::MailWrong, |row| replace(row, "contact_email", "noc")),
    |cast, block| spoilt(cast, block, Fault::DateMissing, |row| remove(row, "allocated_on")),
    |cast, block| spoilt(cast, block, Fault::UserMissing, |row| remove(row, "user")),
    |cast, block| {
        spoilt(cast, block, Fault::UseMissing, |row| row.address_use = AddressUse::Unstated)
    },
    |cast, block| spoilt(cast, block, Fault::AddressMissing, |row| remove(row, "user_address")),
    |cast, block| spoilt(cast, block, Fault::ProvinceMissing, |row| row.province = None),
    |cast, block| spoilt(cast, block, Fault::CityMissing, |row| remove(row, "city")),
    |cast, block| spoilt(cast, block, Fault::PhoneMissing, |row| remove(row, "contact_phone")),
    |cast, block| spoilt(cast, block, Fault::ContactMissing, |row| remove(row, "contact")),
    |cast, block| spoilt(cast, block, Fault::MailMissing, |row| remove(row, "contact_email")),
    |cast, block| {
        let mut along = brought(whole(block), cast.provider, cast.upstream);
        remove(&mut along, "gateway");
        let fault = (Fault::GatewayMissing, Level::Source);
        Planted { rows: vec![along], problems: vec![key(cast.provider, fault, whole(block))] }
    },
    |cast, block| {
        let along = brought(whole(block), cast.provider, cast.upstream);
        let fault = (Fault::SourceNameMissing, Level::Source);
        Planted {
            rows: vec![Allocation { from: None, ..along }],
            problems: vec![key(cast.provider, fault, whole(block))],
        }
    },
    |cast, block| odd_source(cast, block, Fault::SourceMissing, None),
    |cast, block| odd_source(cast, block, Fault::SourceUnknown, Some(nobody())),
    |cast, block| {
        let itself = cast.provider.name.clone();
        odd_source(cast, block, Fault::SameSource, Some(itself))
    },
    |cast, block| odd_target(cast, block, Fault::TargetUnknown, nobody()),
    |cast, block| odd_target(cast, block, Fault::SameTarget, cast.upstream.name.clone()),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lab::providers::found_providers;

    #[test]
    fn every_fault_is_planted_once_at_least() {
        let planted = planted(&found_providers(400), 1);
        for fault in Fault::ALL {
            assert!(planted.iter().any(|key| key.fault == *fault), "{fault:?}");
        }
    }
}
