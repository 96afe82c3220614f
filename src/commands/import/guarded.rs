//! What an import must not do by accident: put the beginning of a file in the place of a register, lose
//! whom findings are told to, or make an old register look young.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::time::Duration;

use anyhow::Result;
use jiff::Timestamp;

use crate::cli::Import as Request;
use crate::cli::Register;
use crate::commands::data::Data;
use crate::commands::import::NAMES_TOLD;
use crate::commands::session::Session;
use crate::commands::usage;
use crate::facts::provider::ProviderId;
use crate::store::rows::Row;

/// A register of fewer rows may shrink as it likes.
const LEAST_GUARDED: u64 = 1_000;

/// Fewer findings than these may lose their provider as they like.
const LEAST_FINDINGS: u64 = 10;

/// The day on which all that the register then holds was so. Rows that are added to a filing register which
/// has gone stale make it no younger: whoever filed since its last import, and is not among them, would be
/// accused.
pub(super) fn true_as_of<R: Row>(session: &Session, data: &Data, request: &Request) -> Timestamp {
    let now = session.clock.now();
    if request.register != Register::Filings || request.replace {
        return now;
    }
    let Some(before) = data.registers.imported_at::<R>() else { return now };
    let age = Duration::try_from(now.duration_since(before));
    if age.is_ok_and(|age| age <= session.settings.filings.max_age) {
        return now;
    }
    tracing::warn!(
        last_import = %before,
        "the register was older than [filings] max_age and stays so: import it whole, with --replace"
    );
    before
}

/// Whether a register of `new` rows in the place of one with `old` is rather the beginning of a file that broke
/// off. Nothing else tells of a CSV that is cut, and every site whose filing is missing would be accused.
pub(super) fn is_cut(register: Register, old: u64, new: u64) -> bool {
    let is_whole_country = matches!(register, Register::Filings | Register::Allocations);
    is_whole_country && old >= LEAST_GUARDED && new < old / 10 * 9
}

/// Tells which providers at which findings stand are in the register no more, for nobody could be told of
/// these. Refuses where `is_guarded` and they are many of all that stand, and some: the beginning of a
/// file.
pub(super) fn tell_lost(data: &Data, taken: &BTreeSet<ProviderId>, is_guarded: bool) -> Result<()> {
    let mut lost: BTreeMap<ProviderId, u64> = BTreeMap::new();
    let mut all = 0_u64;
    for finding in data.findings.all() {
        let finding = finding?;
        let Some(provider) = finding.key.provider.clone().filter(|_| finding.stands()) else {
            continue;
        };
        all += 1;
        if !taken.contains(&provider) {
            *lost.entry(provider).or_default() += 1;
        }
    }
    let count: u64 = lost.values().sum();
    if is_guarded && count >= LEAST_FINDINGS && all - count < all / 10 * 9 {
        return Err(usage(format!(
            "{} providers at which {count} of {all} findings stand would be lost; is the file cut? If it is \
             whole, say --shrinks; nothing was changed",
            lost.len()
        )));
    }
    for (provider, findings) in lost.iter().take(NAMES_TOLD) {
        tracing::warn!(%provider, findings, "the register has it no more, and findings stand at it");
    }
    Ok(())
}
