//! Puts what is wrong between rows into words of the facts.

use std::net::IpAddr;
use std::net::Ipv4Addr;
use std::net::Ipv6Addr;

use crate::audit::allocations::Found;
use crate::audit::allocations::spans::Span;
use crate::facts::bureau::Bureau;
use crate::facts::problem::Fault;
use crate::facts::problem::Level;
use crate::facts::problem::ProblemKey;
use crate::facts::provider::ProviderId;
use crate::facts::range::AddressRange;

/// Of the parts of one problem, so many are told.
const MOST_PARTS: usize = 8;

/// The number of a unit.
pub(super) type Unit = u32;

/// What a problem needs to know of a unit.
#[derive(Debug, Clone)]
pub(super) struct UnitFacts {
    pub(super) id: ProviderId,
    pub(super) bureau: Bureau,
    pub(super) is_carrier: bool,
}

/// Where problems go, and what they need: the units by number, and the family that is checked.
pub(super) struct Tell<'a, F> {
    pub(super) units: &'a [UnitFacts],
    pub(super) is_v4: bool,
    pub(super) found: &'a mut F,
}

impl<F> Tell<'_, F> {
    fn range(&self, (start, end): Span) -> Option<AddressRange> {
        let address = |number: u128| {
            if self.is_v4 {
                u32::try_from(number).ok().map(|number| IpAddr::from(Ipv4Addr::from(number)))
            } else {
                Some(IpAddr::from(Ipv6Addr::from(number)))
            }
        };
        AddressRange::new(address(start)?, address(end)?).ok()
    }

    fn id(&self, unit: Unit) -> Option<ProviderId> {
        self.units.get(unit as usize).map(|unit| unit.id.clone())
    }

    /// The first part, and all of them in words where there are several.
    fn parts(&self, parts: &[Span]) -> Option<(AddressRange, String)> {
        let ranges = || parts.iter().filter_map(|part| self.range(*part));
        let first = ranges().next()?;
        let told: Vec<String> = ranges().take(MOST_PARTS).map(|part| part.to_string()).collect();
        let more = if parts.len() > MOST_PARTS { "；…" } else { "" };
        Some((first, if parts.len() > 1 { told.join("；") + more } else { String::new() }))
    }

    /// Of what the registry `given` gave, the parts that nobody reported; none where there are none.
    pub(super) fn registry<E>(&mut self, given: Span, missing: &[Span]) -> Result<(), E>
    where
        F: FnMut(Found) -> Result<(), E>,
    {
        let (Some(range), Some((part, detail))) = (self.range(given), self.parts(missing)) else {
            return Ok(());
        };
        let (fault, level) = (Fault::Unreported, Level::Source);
        let key = ProblemKey { provider: None, fault, level, range, part, other: None };
        (self.found)(Found { key, bureau: Bureau::MINISTRY, detail })
    }

    /// A problem that `unit` has to mend; none where there are no `parts`.
    pub(super) fn tell<E>(
        &mut self,
        (unit, bureau): (Unit, Bureau),
        (fault, level): (Fault, Level),
        (span, parts): (Span, &[Span]),
        other: Option<(Unit, Option<Span>)>,
    ) -> Result<(), E>
    where
        F: FnMut(Found) -> Result<(), E>,
    {
        let (Some(range), Some((part, parts))) = (self.range(span), self.parts(parts)) else {
            return Ok(());
        };
        let others_range = other.and_then(|(_, span)| self.range(span?));
        let key = ProblemKey {
            provider: self.id(unit),
            fault,
            level,
            range,
            part,
            other: other.and_then(|(unit, _)| self.id(unit)),
        };
        let others_range = others_range.map(|range| range.to_string());
        let told = [others_range.unwrap_or_default(), parts];
        let told: Vec<String> = told.into_iter().filter(|text| !text.is_empty()).collect();
        (self.found)(Found { key, bureau, detail: told.join("：") })
    }
}
