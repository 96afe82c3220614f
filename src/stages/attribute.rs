//! Who holds an address: the most specific reported range wins, and reassignments are followed from
//! the first-level holder (the carrier) down to the last (the direct access provider).
//!
//! All ranges are cut into stretches once, each with its answer, so that a lookup is one binary
//! search. Overlapping ranges and ranges that are no CIDR blocks need no special care that way.

mod claim;
mod given;
mod parties;
mod stretches;

use std::net::IpAddr;
use std::net::Ipv4Addr;
use std::net::Ipv6Addr;

use jiff::civil::Date;

use crate::facts::allocation::Allocation;
use crate::facts::directory::Directory;
use crate::facts::domain::Host;
use crate::facts::placement::Holder;
use crate::facts::placement::Holding;
use crate::facts::placement::Placement;
use crate::facts::provider::ProviderId;
use crate::facts::provider::ProviderName;
use crate::facts::range::to_number;
use crate::facts::special;
use crate::net::guard::Guard;
use crate::stages::attribute::claim::Claim;
pub use crate::stages::attribute::given::Bounds;
use crate::stages::attribute::parties::Parties;
use crate::stages::attribute::stretches::Row;
use crate::stages::attribute::stretches::Stretches;

/// The whole address register as it is on one day, ready to be asked.
#[derive(Debug)]
pub struct AddressTable {
    v4: Stretches<u32>,
    v6: Stretches<u128>,
    unknown_names: Vec<ProviderName>,
    has_holders: bool,
}

impl AddressTable {
    /// The table of those `rows` that are in force on `day`, their providers' names looked up in
    /// `directory`.
    pub fn new(rows: impl Iterator<Item = Allocation>, directory: &Directory, day: Date) -> Self {
        let mut bounds = Bounds::default();
        let claims = Claims::of(rows, directory, day, |row| bounds.note(row));
        claims.table(&bounds.settled())
    }

    /// The same of some rows of a register whose `bounds` are known.
    pub fn of_some(
        rows: impl Iterator<Item = Allocation>,
        directory: &Directory,
        day: Date,
        bounds: &Bounds,
    ) -> Self {
        Claims::of(rows, directory, day, |_| ()).table(bounds)
    }

    /// Names in the register that no provider bears, in order of appearance.
    pub fn unknown_names(&self) -> &[ProviderName] {
        &self.unknown_names
    }

    /// Whether it names the holder of any address: the registry's rows alone tell of nobody.
    pub fn has_holders(&self) -> bool {
        self.has_holders
    }

    /// Who holds `address` by the register alone; `None` where nothing places it on the mainland.
    pub fn holding(&self, address: IpAddr) -> Option<&Holding> {
        match address {
            IpAddr::V4(v4) => self.v4.find(v4.into()),
            IpAddr::V6(v6) => self.v6.find(v6.into()),
        }
    }

    /// The first address of each stretch over which one answer holds, ascending in each family.
    pub fn turns(&self) -> impl Iterator<Item = IpAddr> {
        let v4 = self.v4.starts().map(|start| Ipv4Addr::from(start).into());
        v4.chain(self.v6.starts().map(|start| Ipv6Addr::from(start).into()))
    }

    /// The providers below `carrier`: those to whom addresses lead that it was the first to have.
    pub fn carried_by<'a>(
        &'a self,
        carrier: &'a ProviderId,
    ) -> impl Iterator<Item = &'a ProviderId> {
        let below = move |holding: &'a Holding| {
            let provider = holding.provider().filter(|id| *id != carrier);
            provider.filter(|_| holding.carrier.as_ref() == Some(carrier))
        };
        self.v4.holdings().chain(self.v6.holdings()).filter_map(below)
    }

    /// Where `address` lies when `chain` led to it, and who holds it.
    ///
    /// A CNAME with a provider's suffix makes that provider the holder, and the holder of the address
    /// its carrier.
    pub fn attribute(
        &self,
        address: IpAddr,
        chain: &[Host],
        directory: &Directory,
        guard: &Guard,
    ) -> Placement {
        // Who writes an IPv4 address as one of IPv6 says nothing of where its site is.
        if guard.is_special(address) || special::unwrapped(address) != address {
            return Placement::SpecialPurpose;
        }
        let Some(holding) = self.holding(address) else { return Placement::Abroad };
        match directory.by_cname(chain) {
            // A CDN's name says nothing of where its server is.
            Some(cdn) if holding.holder != Holder::OutOfBounds => {
                let carrier = match holding.provider() {
                    Some(holder) if *holder == cdn.id => holding.carrier.clone(),
                    holder => holder.cloned(),
                };
                let holder = Holder::Provider { id: cdn.id.clone(), is_cdn: true };
                Placement::Mainland(Holding { holder, carrier, ..holding.clone() })
            }
            _ => Placement::Mainland(holding.clone()),
        }
    }
}

/// What all rows claim.
struct Claims<'a> {
    parties: Parties<'a>,
    v4: Vec<Row<u32>>,
    v6: Vec<Row<u128>>,
}

impl<'a> Claims<'a> {
    fn of(
        rows: impl Iterator<Item = Allocation>,
        directory: &'a Directory,
        day: Date,
        mut note: impl FnMut(&Allocation),
    ) -> Self {
        let mut parties = Parties::new(directory);
        let (mut v4, mut v6) = (Vec::new(), Vec::new());
        for row in rows.filter(|row| row.is_in_force(day)) {
            note(&row);
            let claim = Claim::of(&row, &mut parties);
            match (row.range.start(), row.range.end()) {
                (IpAddr::V4(start), IpAddr::V4(end)) => {
                    v4.push((u32::from(start), u32::from(end), claim));
                }
                (start, end) => v6.push((to_number(start), to_number(end), claim)),
            }
        }
        Self { parties, v4, v6 }
    }

    fn table(mut self, bounds: &Bounds) -> AddressTable {
        let (v4, v6) =
            (bounds.of(Ipv4Addr::UNSPECIFIED.into()), bounds.of(Ipv6Addr::UNSPECIFIED.into()));
        self.v4.iter_mut().for_each(|(.., claim)| claim.bind(v4, &mut self.parties));
        self.v6.iter_mut().for_each(|(.., claim)| claim.bind(v6, &mut self.parties));
        let v4 = Stretches::new(&self.v4, &self.parties, v4.is_known());
        let v6 = Stretches::new(&self.v6, &self.parties, v6.is_known());
        let has_holders = v4.holdings().chain(v6.holdings()).any(|holding| holding.is_reported);
        let unknown_names = self.parties.unknown_names().cloned().collect();
        AddressTable { v4, v6, unknown_names, has_holders }
    }
}

#[cfg(test)]
mod tests;
