//! Which changes are told to whom: to those who could see the finding then, and of one that went to
//! others, to those whose it had been until then. The same live and after a restart.

use std::collections::HashMap;
use std::collections::HashSet;

use ulid::Ulid;

use crate::store::StoreError;
use crate::store::catalogue::Numbered;
use crate::store::catalogue::columns::Columns;
use crate::store::catalogue::columns::Party;
use crate::store::catalogue::columns::Side;
use crate::store::catalogue::columns::Sight;
use crate::store::findings::Findings;

/// The numbers of changes, ascending, by whom they are told to.
#[derive(Debug, Default)]
pub(super) struct Feed {
    told: HashMap<Sight, Vec<u64>>,
    /// Of these, those by which a finding went from somebody's sight.
    left: HashSet<(Sight, u64)>,
}

impl Feed {
    /// Everything that was ever told of `findings`, which `columns` holds as they are now.
    pub(super) fn build(findings: &Findings, columns: &mut Columns) -> Result<Self, StoreError> {
        // Whose a finding was is kept where it went: by then it was whose the next transfer says.
        let mut transfers: HashMap<Ulid, Vec<(u64, Side)>> = HashMap::new();
        for transfer in findings.transfers() {
            let (sequence, transfer) = transfer?;
            let side = columns.side(&transfer.from);
            transfers.entry(transfer.finding).or_default().push((sequence, side));
        }
        let mut feed = Self::default();
        for told in findings.told_after(0) {
            let told = told?;
            let Some((provider, now)) = columns.sides(told.change.finding) else { continue };
            let of_it = transfers.get(&told.change.finding).map_or(&[][..], Vec::as_slice);
            let at = of_it.iter().find(|(sequence, _)| *sequence == told.sequence);
            let next = of_it.iter().find(|(sequence, _)| *sequence > told.sequence);
            let to = next.map_or(now, |(_, side)| *side);
            feed.tell(told.sequence, provider, to, at.map(|(_, side)| *side));
        }
        Ok(feed)
    }

    /// Says that a change of a finding at `provider` has the number `sequence`; numbers ascend. `to`
    /// watches over the finding since, and `from` did until then, where that were others.
    pub(super) fn tell(
        &mut self,
        sequence: u64,
        provider: Option<Party>,
        to: Side,
        from: Option<Side>,
    ) {
        let see = sights(provider, to);
        for sight in &see {
            self.told.entry(*sight).or_default().push(sequence);
        }
        let saw = from.map(|from| sights(provider, from)).unwrap_or_default();
        for sight in saw.into_iter().filter(|sight| !see.contains(sight)) {
            self.told.entry(sight).or_default().push(sequence);
            self.left.insert((sight, sequence));
        }
    }

    /// Up to `limit` of the changes after `after` that `sight` is told of.
    pub(super) fn changes(&self, sight: Sight, after: u64, limit: usize) -> Vec<Numbered> {
        let told = self.told.get(&sight).map(Vec::as_slice).unwrap_or_default();
        let begin = told.partition_point(|sequence| *sequence <= after);
        let has_left = |sequence| self.left.contains(&(sight, sequence));
        let page = told[begin..].iter().take(limit).copied();
        page.map(|sequence| Numbered { sequence, has_left: has_left(sequence) }).collect()
    }
}

/// Who sees a finding at `provider` that `side` watches over, each once.
fn sights(provider: Option<Party>, side: Side) -> Vec<Sight> {
    let carrier = side.carrier.filter(|carrier| Some(*carrier) != provider);
    let parties = [provider, carrier].into_iter().flatten().map(Sight::Party);
    [Sight::All, Sight::Bureau(side.bureau)].into_iter().chain(parties).collect()
}
