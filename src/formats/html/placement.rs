//! Whether a number on a page is the page's own claim, or only quoted there.

use std::collections::HashSet;

use crate::facts::number::FilingNumber;
use crate::formats::html::outline::Outline;
use crate::formats::html::outline::Region;
use crate::formats::html::outline::Role;
use crate::formats::numbers::Occurrence;

/// An element named like a footer is one while it has at most so many characters, or at most half
/// of the page: wrappers around everything bear such names, too.
const LONGEST_FOOTER: usize = 400;

/// The line with a page's own number is at most so long.
const LONGEST_LINE: usize = 120;

/// A short line at the page's end claims a number while the page has at most so many: directories
/// end with short lines, too.
const MOST_AT_THE_END: usize = 3;

/// The numbers that the page claims, and those it quotes; a number may be in both.
pub(super) fn divide(
    outline: &Outline<'_>,
    occurrences: Vec<Occurrence>,
) -> (Vec<FilingNumber>, Vec<FilingNumber>) {
    if occurrences.is_empty() {
        return (Vec::new(), Vec::new());
    }
    let total = outline.text.chars;
    let distinct: HashSet<&FilingNumber> = occurrences.iter().map(|found| &found.number).collect();
    let is_directory = distinct.len() > MOST_AT_THE_END;
    let regions = claims(&outline.regions, total);
    let mut own = Vec::new();
    let mut quoted = Vec::new();
    for Occurrence { at, number } in occurrences {
        let after = outline.spans.partition_point(|span| span.start <= at);
        let span = after.checked_sub(1).and_then(|index| outline.spans.get(index));
        let region = span.and_then(|span| regions.get(span.region));
        let is_own = region
            .is_some_and(|(is_claim, is_last_line)| *is_claim || (*is_last_line && !is_directory));
        if is_own { own.push(number) } else { quoted.push(number) }
    }
    (own, quoted)
}

/// For each region: whether it is in a claim, and whether its text is in a short line at the end.
/// Regions come after the region around them.
fn claims(regions: &[Region], total: usize) -> Vec<(bool, bool)> {
    let mut known: Vec<(bool, bool)> = Vec::with_capacity(regions.len());
    for region in regions {
        let (around_is_claim, around_is_last) =
            known.get(region.parent).copied().unwrap_or_default();
        let length = region.chars.end.saturating_sub(region.chars.start);
        let is_claim = match region.role {
            Role::Ministry => true,
            Role::Footer => length <= LONGEST_FOOTER || length <= total / 2,
            Role::Plain => false,
        };
        let is_last = if region.is_block {
            length <= LONGEST_LINE && region.chars.end >= total - total / 5
        } else {
            around_is_last
        };
        known.push((around_is_claim || is_claim, is_last));
    }
    known
}
