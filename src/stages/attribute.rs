//! Who holds an address: the most specific reported range wins, and reassignments are followed from
//! the first-level holder (the carrier) down to the last (the direct access provider).
//!
//! All ranges are cut into stretches once, each with its answer, so that a lookup is one binary
//! search. Overlapping ranges and ranges that are no CIDR blocks need no special care that way.

mod claim;
mod stretches;

use std::net::IpAddr;

use crate::facts::allocation::Allocation;
use crate::facts::directory::Directory;
use crate::facts::domain::Host;
use crate::facts::placement::Holder;
use crate::facts::placement::Holding;
use crate::facts::placement::Placement;
use crate::facts::provider::ProviderName;
use crate::net::guard::Guard;
use crate::stages::attribute::claim::Claim;
use crate::stages::attribute::stretches::Stretches;

/// The whole address register, ready to be asked.
#[derive(Debug)]
pub struct AddressTable {
    v4: Stretches,
    v6: Stretches,
    unknown_names: Vec<ProviderName>,
}

impl AddressTable {
    /// The table of `rows`, their providers' names looked up in `directory`.
    pub fn new(rows: impl Iterator<Item = Allocation>, directory: &Directory) -> Self {
        let mut unknown_names = Vec::new();
        let (mut v4, mut v6) = (Vec::new(), Vec::new());
        for row in rows {
            for name in [&row.provider, &row.from, &row.to].into_iter().flatten() {
                if directory.find(name).is_none() && !unknown_names.contains(name) {
                    unknown_names.push(name.clone());
                }
            }
            let family = if row.range.start().is_ipv4() { &mut v4 } else { &mut v6 };
            family.push((row.range, Claim::of(&row, directory)));
        }
        Self { v4: Stretches::new(&v4), v6: Stretches::new(&v6), unknown_names }
    }

    /// Names in the register that no provider bears, in order of appearance.
    pub fn unknown_names(&self) -> &[ProviderName] {
        &self.unknown_names
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
        if guard.is_special(address) {
            return Placement::SpecialPurpose;
        }
        let stretches = if address.is_ipv4() { &self.v4 } else { &self.v6 };
        let Some(holding) = stretches.find(address) else { return Placement::Abroad };
        match directory.by_cname(chain) {
            Some(cdn) => {
                let carrier = match holding.provider() {
                    Some(holder) if *holder == cdn.id => holding.carrier.clone(),
                    holder => holder.cloned(),
                };
                let holder = Holder::Provider { id: cdn.id.clone(), is_cdn: true };
                Placement::Mainland(Holding { holder, carrier, ..holding.clone() })
            }
            None => Placement::Mainland(holding.clone()),
        }
    }
}

#[cfg(test)]
mod tests;
