//! What one row claims, and what all rows over one address mean together.

use crate::facts::allocation::Allocation;
use crate::facts::allocation::AllocationKind;
use crate::facts::allocation::Origin;
use crate::facts::allocation::SEEMS;
use crate::facts::bureau::Bureau;
use crate::facts::placement::Holder;
use crate::facts::placement::Holding;
use crate::facts::placement::UNREAD;
use crate::facts::provider::ProviderId;
use crate::facts::provider::ProviderName;
use crate::facts::range::to_number;
use crate::facts::special;
use crate::stages::attribute::given::Given;
use crate::stages::attribute::parties::Parties;
use crate::stages::attribute::parties::Party;
use crate::stages::attribute::parties::Who;

/// One row, reduced to what decides who holds its addresses.
#[derive(Debug, Clone)]
pub(super) struct Claim {
    /// The first and last address, as numbers of their family.
    range: (u128, u128),
    kind: AllocationKind,
    origin: Origin,
    /// Who reported the row.
    reporter: Option<Who>,
    /// From whom the reporter has the range.
    from: Option<Who>,
    /// To whom it was passed on.
    to: Option<Who>,
    province: Option<Bureau>,
    is_redirector: bool,
    /// Whether it stands for a row that could not be read.
    is_unread: bool,
    /// Whose such a row seems to be.
    seems: Option<Who>,
    /// What its kind seems to be, as it is written.
    seems_kind: Option<String>,
    /// Whether it reaches beyond whatever may be reported.
    is_out_of_bounds: bool,
}

impl Claim {
    pub(super) fn of(row: &Allocation, parties: &mut Parties<'_>) -> Self {
        let mut number =
            |name: &Option<ProviderName>| name.as_ref().map(|name| parties.number(name));
        let own = number(&row.provider);
        let is_unread = row.is_unreadable();
        let reporter = if is_unread { number(&UNREAD.parse().ok()) } else { own };
        Self {
            range: (to_number(row.range.start()), to_number(row.range.end())),
            kind: row.kind,
            origin: row.origin,
            reporter,
            from: number(&row.from),
            to: number(&row.to),
            province: row.province,
            is_redirector: row.is_redirector,
            is_unread,
            seems: own.filter(|_| is_unread),
            seems_kind: row.detail(SEEMS).filter(|_| is_unread).map(str::to_owned),
            is_out_of_bounds: row.kind != AllocationKind::Registry && special::is_mixed(&row.range),
        }
    }

    /// Holds it against what the registry gave: of a row that reaches beyond, it is not known which of
    /// its addresses are meant, so that it names nobody, no link, no province and no place.
    pub(super) fn bind(&mut self, given: &Given, parties: &mut Parties<'_>) {
        let is_bound = !self.is_registry() && !self.is_unread && self.origin == Origin::Reported;
        if self.is_out_of_bounds || is_bound && given.leaves_out(self.range) {
            self.is_out_of_bounds = true;
            self.kind = AllocationKind::Assigned;
            self.reporter = parties.nobody_in_bounds();
            (self.from, self.to, self.province, self.is_redirector) = (None, None, None, false);
        }
    }

    /// Whether it says of a row that could not be read, and that stands among `claims` as it was meant.
    fn is_mended(&self, claims: &[&Self]) -> bool {
        let is_it = |other: &&Self| {
            let is_readable = !other.is_unread && other.reporter.is_some();
            // A row of another kind says something else of the range: to whom it was passed on, perhaps.
            let is_kind = self.seems_kind.as_deref() == Some(other.kind.word());
            is_readable && is_kind && other.range == self.range && other.reporter == self.seems
        };
        self.is_unread && claims.iter().copied().any(|other| is_it(&other))
    }

    /// Whether it tells that its addresses lie on the mainland.
    fn places(&self, register_places: bool) -> bool {
        let is_told = self.is_registry() || self.origin == Origin::Reported || !register_places;
        is_told && !self.is_unread && !self.is_out_of_bounds
    }

    /// The number of addresses less one: the smaller, the more specific.
    fn span(&self) -> u128 {
        self.range.1 - self.range.0
    }

    fn lies_within(&self, other: &Self) -> bool {
        other.range.0 <= self.range.0 && self.range.1 <= other.range.1
    }

    /// Whether the reporter says that it uses the range itself, or its customer does: then it passed
    /// nothing of it on.
    fn is_use(&self) -> bool {
        matches!(self.kind, AllocationKind::Assigned | AllocationKind::OwnUse)
    }

    pub(super) fn is_registry(&self) -> bool {
        self.kind == AllocationKind::Registry
    }

    /// Who holds the range by this row alone.
    fn holder(&self) -> Option<Who> {
        match self.kind {
            AllocationKind::Reassigned => self.to.or(self.reporter),
            AllocationKind::Registry => None,
            _ => self.reporter,
        }
    }

    /// The steps that this row tells: from the upper holder to the lower one.
    fn links(&self) -> impl Iterator<Item = (Who, Who)> {
        let passed_on = match self.kind {
            AllocationKind::Reassigned => self.reporter.zip(self.to),
            _ => None,
        };
        self.from.zip(self.reporter).into_iter().chain(passed_on)
    }
}

/// What the rows that cover one address mean together; `None` is abroad.
///
/// `register_places` says that the register holds registry rows of this family: then they alone,
/// and reports, tell what is mainland; a plain list names a holder and never a place.
///
/// A row that waits counts where its reporter has the address by the others, or nobody has it.
pub(super) fn holding_of(
    claims: &[&Claim],
    parties: &Parties<'_>,
    register_places: bool,
) -> Option<Holding> {
    let (mut waiting, firm): (Vec<&Claim>, Vec<&Claim>) =
        claims.iter().partition(|claim| claim.origin == Origin::Waiting);
    let held = firm_holding(&firm, parties, register_places)?;
    match &held.holder {
        Holder::Nobody => {
            let mut whose: Vec<Who> = waiting.iter().filter_map(|claim| claim.reporter).collect();
            whose.sort_unstable();
            whose.dedup();
            if whose.len() > 1 {
                let mut ids: Vec<ProviderId> =
                    whose.into_iter().filter_map(|who| parties.known(who)).collect();
                ids.sort();
                let province = held.province;
                return Some(Holding {
                    province,
                    ..Holding::of_nobody(Holder::Disputed(ids), true)
                });
            }
        }
        Holder::Provider { id, .. } => {
            waiting.retain(|claim| {
                claim.reporter.and_then(|who| parties.known(who)).as_ref() == Some(id)
            });
        }
        Holder::Disputed(_) | Holder::Unknown(_) | Holder::OutOfBounds => waiting.clear(),
    }
    if waiting.is_empty() {
        return Some(held);
    }
    firm_holding(&[firm, waiting].concat(), parties, register_places)
}

/// The same of rows that all count.
fn firm_holding(
    claims: &[&Claim],
    parties: &Parties<'_>,
    register_places: bool,
) -> Option<Holding> {
    let mut claims: Vec<&Claim> =
        claims.iter().copied().filter(|claim| !claim.is_mended(claims)).collect();
    claims.sort_by_key(|claim| (claim.span(), claim.is_registry()));
    if !claims.iter().any(|claim| claim.places(register_places)) {
        let is_in_doubt = claims.iter().any(|claim| claim.is_out_of_bounds);
        return is_in_doubt.then(|| Holding::of_nobody(Holder::OutOfBounds, true));
    }
    let province = claims.iter().find_map(|claim| claim.province);
    let reported: Vec<&Claim> = claims.into_iter().filter(|claim| !claim.is_registry()).collect();
    let deciding = deciding(&reported);
    if deciding.is_empty() {
        return Some(Holding { province, ..Holding::of_nobody(Holder::Nobody, false) });
    }
    let (holder, carrier) = holder_and_carrier(&deciding, &reported, parties);
    Some(Holding {
        holder,
        carrier,
        province,
        is_redirector: deciding.iter().any(|claim| claim.is_redirector),
        is_reported: true,
    })
}

/// The rows that decide: what a customer brought along, whoever else reports the range too (interface
/// V3.0, section 6.2), else the most specific.
fn deciding<'a>(reported: &[&'a Claim]) -> Vec<&'a Claim> {
    let brought: Vec<&Claim> =
        reported.iter().copied().filter(|claim| claim.kind == AllocationKind::Brought).collect();
    let candidates = if brought.is_empty() { reported } else { brought.as_slice() };
    let narrowest = candidates.first().map(|claim| claim.span());
    candidates.iter().copied().take_while(|claim| Some(claim.span()) == narrowest).collect()
}

/// Who claims the address: whoever the deciding rows name, or the last to whom that one passed it on;
/// and whoever claims a range that overlaps theirs only in part.
fn claimants(deciding: &[&Claim], reported: &[&Claim]) -> Vec<Who> {
    let mut claimants: Vec<Who> = Vec::new();
    for claim in deciding {
        let Some(holder) = claim.holder() else { continue };
        let is_last = claim.kind == AllocationKind::Brought || claim.is_use();
        claimants.extend(if is_last { vec![holder] } else { last_below(holder, reported) });
    }
    let is_brought = deciding.iter().any(|claim| claim.kind == AllocationKind::Brought);
    let crosses = |claim: &&&Claim| deciding.iter().any(|deciding| !deciding.lies_within(claim));
    if !is_brought {
        claimants.extend(reported.iter().filter(crosses).filter_map(|claim| claim.holder()));
    }
    let mut apart: Vec<Who> = Vec::new();
    for who in claimants {
        if !apart.contains(&who) {
            apart.push(who);
        }
    }
    apart
}

/// The last to whom `who` passed the address on, through however many hands; `who` itself where it
/// passed on nothing, or the hands form a circle.
fn last_below(who: Who, reported: &[&Claim]) -> Vec<Who> {
    let (mut last, mut reached) = (Vec::new(), vec![who]);
    let mut next = 0;
    while let Some(upper) = reached.get(next).copied() {
        next += 1;
        let links = reported.iter().flat_map(|claim| claim.links());
        let mut is_last = true;
        for (_, lower) in links.filter(|(above, lower)| *above == upper && *lower != upper) {
            is_last = false;
            if lower == who {
                return vec![who];
            }
            if !reached.contains(&lower) {
                reached.push(lower);
            }
        }
        if is_last {
            last.push(upper);
        }
    }
    if last.is_empty() { vec![who] } else { last }
}

fn holder_and_carrier(
    deciding: &[&Claim],
    reported: &[&Claim],
    parties: &Parties<'_>,
) -> (Holder, Option<ProviderId>) {
    let claimants = claimants(deciding, reported);
    // Whoever passed the range on to another claimant is a level above, not a rival.
    let is_above_another = |who: Who| {
        claimants
            .iter()
            .any(|other| *other != who && chain_above(*other, reported).0.contains(&who))
    };
    let last: Vec<Who> = claimants.iter().copied().filter(|who| !is_above_another(*who)).collect();
    match last.as_slice() {
        [only] => {
            let holder = match parties.party(*only) {
                Some(Party::Known { id, is_cdn }) => {
                    Holder::Provider { id: id.clone(), is_cdn: *is_cdn }
                }
                Some(Party::Unknown(name)) => Holder::Unknown(name.clone()),
                None => Holder::Nobody,
            };
            (holder, parties.known(first_level(*only, reported)))
        }
        rivals => {
            // Two that passed the range to each other leave nobody; then all of them are rivals.
            let rivals = if rivals.is_empty() { claimants.as_slice() } else { rivals };
            let mut ids: Vec<ProviderId> =
                rivals.iter().filter_map(|who| parties.known(*who)).collect();
            ids.sort();
            (Holder::Disputed(ids), None)
        }
    }
}

/// The holders above `who`, nearest first, and whether the links end in a circle. Rows are sorted, so
/// the most specific link counts.
fn chain_above(who: Who, reported: &[&Claim]) -> (Vec<Who>, bool) {
    let mut above: Vec<Who> = Vec::new();
    let mut current = who;
    while let Some(upper) = reported.iter().find_map(|claim| {
        claim
            .links()
            .find(|(upper, lower)| *lower == current && upper != lower)
            .map(|(upper, _)| upper)
    }) {
        if upper == who || above.contains(&upper) {
            return (above, true);
        }
        above.push(upper);
        current = upper;
    }
    (above, false)
}

/// The first-level holder: the end of the links; without any, the holder itself where it reported a
/// source of its own, else whoever holds the widest range around. A circle has no first.
fn first_level(who: Who, reported: &[&Claim]) -> Who {
    let top_of = |who: Who| match chain_above(who, reported) {
        (above, false) => above.last().copied(),
        (_, true) => None,
    };
    if let Some(top) = top_of(who) {
        return top;
    }
    let has_source = reported
        .iter()
        .any(|claim| claim.kind == AllocationKind::Source && claim.reporter == Some(who));
    if has_source {
        return who;
    }
    let mut widest = reported.iter().rev().filter(|claim| !claim.is_out_of_bounds);
    let widest = widest.next().and_then(|claim| claim.reporter);
    widest.and_then(|widest| top_of(widest).or(Some(widest))).unwrap_or(who)
}
