//! Whether a number on a page is the page's own claim, or only quoted there: by the place that it stands
//! in, and where the place alone does not tell, by its line.

use std::collections::HashSet;

use url::Url;

use crate::facts::domain::Domain;
use crate::facts::domain::Host;
use crate::facts::number::FilingNumber;
use crate::facts::visit::NumberPlace;
use crate::facts::visit::PageNumber;
use crate::formats::html::line::Line;
use crate::formats::html::outline::Outline;
use crate::formats::html::outline::Region;
use crate::formats::html::outline::Source;
use crate::formats::html::role::Role;
use crate::formats::html::script;
use crate::formats::html::script::Comments;
use crate::formats::numbers;
use crate::formats::numbers::Occurrence;

/// An element named like a footer is one while it has at most so many characters, or at most half
/// of the page: wrappers around everything bear such names, too.
const LONGEST_FOOTER: usize = 400;

/// The line with a page's own number is at most so long.
const LONGEST_LINE: usize = 120;

/// A page claims numbers of at most so many subjects: the site's, its group's, its licence. With more
/// it is a directory, and claims none of them.
const MOST_SUBJECTS: usize = 3;

/// Sites that sites link their own number to, or what stands before it, beside those of the state: look-up
/// sites, where visitors complain, and counters.
const SERVING_ALL: [&str; 11] = [
    "chinaz.com",
    "aizhan.com",
    "icplishi.com",
    "beianx.cn",
    "icp.gov.moe",
    "12377.cn",
    "12321.cn",
    "12315.cn",
    "cyberpolice.cn",
    "cnzz.com",
    "51.la",
];

/// On a page with more numbers no lines are read.
const MOST_LINES: usize = 256;

/// A line has at most so many runs of text and links on each side of a number.
const MOST_RUNS: usize = 64;

/// How far a place says that a number in it is the page's own.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
enum Standing {
    /// Not at all.
    #[default]
    Nowhere,
    /// Others' numbers stand in such places, too: the end of the page, what is named as the bottom of
    /// something, a line with a link to the ministry.
    Likely,
    /// A footer.
    Footer,
    /// A link to the ministry.
    Ministry,
}

/// What is known of the text in one region.
#[derive(Debug, Clone, Copy, Default)]
struct Known {
    standing: Standing,
    /// It is in a short line at the end of the page.
    is_last: bool,
    /// It is in an article, or in what else tells of others.
    is_article: bool,
    /// The innermost link, or line with a link to the ministry, that it is in.
    link: Option<usize>,
    /// The innermost block that it is in.
    block: usize,
}

/// A number, with the host that a link around it leads to.
type Found = (FilingNumber, Option<Host>);

/// The numbers of a page, those that it claims first, then those that it may claim; a number may be in
/// several places.
pub(super) fn divide(
    outline: &Outline<'_>,
    occurrences: Vec<Occurrence>,
    page: &Url,
) -> Vec<PageNumber> {
    let reader = Reader { outline, known: known(&outline.regions, outline.text.chars), page };
    let (mut own, mut unsure, mut quoted) = (Vec::new(), Vec::new(), Vec::new());
    let mut put = |(number, is_doubtful): (FilingNumber, bool), link, place| match place {
        NumberPlace::Own if !is_doubtful => own.push((number, link)),
        NumberPlace::Own | NumberPlace::Unsure => unsure.push((number, link)),
        NumberPlace::Quoted => quoted.push((number, link)),
    };
    for content in &outline.number_metas {
        for found in numbers::occurrences(content) {
            put((found.number, found.is_doubtful), None, NumberPlace::Own);
        }
    }
    let mut lines = MOST_LINES.saturating_sub(occurrences.len());
    let has_lines = occurrences.len() <= MOST_LINES;
    for Occurrence { at, end, number, is_ended, is_doubtful } in occurrences {
        let after = outline.spans.partition_point(|span| span.start <= at);
        let index = after.checked_sub(1);
        let span = index.and_then(|index| outline.spans.get(index));
        let known = span.map(|span| reader.known_of(span.region)).unwrap_or_default();
        let line = index.filter(|_| has_lines).map(|index| reader.line(index, at, end));
        let (place, host) = (reader.place(known, line), reader.link(known));
        let seam = reader.seam(after, end);
        let is_torn = seam.is_some() && !(is_ended && number.year().is_some());
        if let Some(seam) = seam.filter(|_| is_torn) {
            // 「<a>京ICP备11000001</a><span>24小时热线</span>」: what comes first may be all of it.
            for front in numbers::occurrences(outline.text.folded.get(at..seam).unwrap_or_default())
            {
                put((front.number, true), host.clone(), place);
            }
        }
        put((number, is_doubtful || is_torn), host, place);
    }
    for aside in &outline.asides {
        let known = reader.known_of(aside.region);
        let mut comments = Comments::of(&aside.text);
        for Occurrence { at, end, number, is_doubtful, .. } in numbers::occurrences(&aside.text) {
            let is_read = lines > 0;
            lines = lines.saturating_sub(1);
            let part = |range| aside.text.get(range).unwrap_or_default();
            let place = match aside.source {
                _ if !is_read => reader.place(known, None),
                Source::Script if comments.hold(at) => NumberPlace::Unsure,
                Source::Script => {
                    let line = Line::of_script(&aside.text, at, end);
                    reader.place_in_script(known, line, script::claim(&aside.text, at))
                }
                Source::Label | Source::Field => {
                    let line = Line::of(part(0..at), part(end..aside.text.len()));
                    reader.place(known, Some(line))
                }
            };
            let is_field = aside.source == Source::Field;
            put((number, is_doubtful || is_field), reader.link(known), place);
        }
    }
    let claimed = own.iter().chain(&unsure);
    let subjects: HashSet<String> = claimed
        .map(|(number, _)| number.subject().map_or(number.to_string(), ToString::to_string))
        .collect();
    if subjects.len() > MOST_SUBJECTS {
        own.append(&mut unsure);
        quoted.splice(0..0, own.drain(..));
    }
    let all = |numbers: Vec<Found>, place| {
        numbers.into_iter().map(move |(number, link)| PageNumber { number, place, link })
    };
    let claimed = all(own, NumberPlace::Own).chain(all(unsure, NumberPlace::Unsure));
    claimed.chain(all(quoted, NumberPlace::Quoted)).collect()
}

/// Tells the places of numbers.
struct Reader<'o, 'a> {
    outline: &'o Outline<'a>,
    known: Vec<Known>,
    page: &'o Url,
}

impl<'o> Reader<'o, '_> {
    fn known_of(&self, region: usize) -> Known {
        self.known.get(region).copied().unwrap_or_default()
    }

    fn host(&self, link: Option<usize>) -> Option<&'o str> {
        link.and_then(|index| self.outline.regions.get(index)?.host.as_deref())
    }

    fn link(&self, known: Known) -> Option<Host> {
        self.host(known.link).and_then(|host| host.parse().ok())
    }

    fn is_elsewhere(&self, link: Option<usize>) -> bool {
        self.host(link).is_some_and(|host| leads_elsewhere(host, self.page))
    }

    /// Where within the digits of a number up to byte `end` another element begins: `next` is the first run
    /// of text that begins in the number.
    fn seam(&self, next: usize, end: usize) -> Option<usize> {
        let runs = self.outline.spans.get(next..).unwrap_or_default();
        let mut starts = runs.iter().map(|run| run.start).take_while(|start| *start < end);
        starts.find(|start| {
            let (front, rest) =
                self.outline.text.folded.split_at_checked(*start).unwrap_or_default();
            front.ends_with(char::is_numeric) && rest.starts_with(char::is_numeric)
        })
    }

    /// How a number stands in a region, and in `line`; without a line nothing is sure.
    fn place(&self, known: Known, line: Option<Line<'_>>) -> NumberPlace {
        if self.is_elsewhere(known.link) {
            return NumberPlace::Quoted;
        }
        let is_near = known.is_last && !known.is_article;
        let standing =
            known.standing.max(if is_near { Standing::Likely } else { Standing::Nowhere });
        if standing == Standing::Nowhere {
            return NumberPlace::Quoted;
        }
        let Some(line) = line.filter(|_| !known.is_article) else { return NumberPlace::Unsure };
        let role_of = |index: usize| self.outline.regions.get(index).map(|region| region.role);
        let is_own = if standing == Standing::Likely {
            line.is_own(self.links_elsewhere(known.block)) && !self.is_of_another(line)
        } else {
            known.link.and_then(role_of) == Some(Role::Link)
                || !(line.is_doubtful() || self.is_of_another(line))
        };
        if is_own { NumberPlace::Own } else { NumberPlace::Unsure }
    }

    /// The same of a number in a script that makes `claim`.
    fn place_in_script(
        &self,
        known: Known,
        line: Line<'_>,
        claim: Option<NumberPlace>,
    ) -> NumberPlace {
        match claim.filter(|_| !self.is_elsewhere(known.link)) {
            None => self.place(known, Some(line)),
            Some(_) if line.is_doubtful() || self.is_of_another(line) => NumberPlace::Unsure,
            Some(claim) => claim,
        }
    }

    fn is_of_another(&self, line: Line<'_>) -> bool {
        line.is_of_another(|host| leads_elsewhere(host, self.page))
    }

    /// Whether a link to somebody else's site stands directly in `block`.
    fn links_elsewhere(&self, block: usize) -> bool {
        let end = self.outline.regions.get(block).map_or(0, |region| region.chars.end);
        let inner = self.outline.regions.iter().enumerate().skip(block + 1).take(2 * MOST_RUNS);
        inner.take_while(|(_, region)| region.chars.start <= end).any(|(index, region)| {
            region.role == Role::Link
                && self.known_of(index).block == block
                && self.is_elsewhere(Some(index))
        })
    }

    /// The line of the number from byte `at` to `end`, which begins in the run of text `index`.
    fn line(&self, index: usize, at: usize, end: usize) -> Line<'o> {
        let (spans, text) = (&self.outline.spans, &self.outline.text.folded);
        let known_at = |index: usize| spans.get(index).map(|span| self.known_of(span.region));
        let start_of = |index: usize| spans.get(index).map_or(text.len(), |span| span.start);
        let block = known_at(index).map(|known| known.block);
        let is_within = |index: &usize| known_at(*index).map(|known| known.block) == block;
        let before = (index.saturating_sub(MOST_RUNS)..index).rev().take_while(is_within);
        let first = before.last().unwrap_or(index);
        let after = (index + 1..spans.len()).take(MOST_RUNS).take_while(is_within);
        let last = after.last().unwrap_or(index);
        let follows_link = (first..index)
            .rev()
            .take_while(|run| {
                let gap = text.get(start_of(run + 1)..at).unwrap_or_default();
                !gap.contains(char::is_alphanumeric)
            })
            .any(|run| known_at(run).is_some_and(|known| self.is_elsewhere(known.link)));
        let part = |range| text.get(range).unwrap_or_default();
        let line = Line::of(part(start_of(first)..at), part(end..start_of(last + 1)));
        let around = block.map_or(0, |block| self.small_part(block));
        let begin = self.outline.regions.get(around).map_or(0, |region| region.chars.start);
        let is_around = |run: &usize| {
            let region = spans.get(*run).and_then(|span| self.outline.regions.get(span.region));
            around != 0 && region.is_some_and(|region| region.chars.start >= begin)
        };
        let earlier = (first.saturating_sub(MOST_RUNS)..first).rev().take_while(is_around).last();
        line.behind(part(start_of(earlier.unwrap_or(first))..start_of(first)), follows_link)
    }

    /// The outermost block around `block` that is as short as a line: a row, a list with its heading.
    fn small_part(&self, block: usize) -> usize {
        let around = std::iter::successors(Some(block), |index| {
            let parent = self.known_of(self.outline.regions.get(*index)?.parent).block;
            let region = self.outline.regions.get(parent)?;
            (parent != 0 && region.chars.end - region.chars.start <= LONGEST_LINE).then_some(parent)
        });
        around.take(MOST_RUNS).last().unwrap_or(block)
    }
}

/// What is known of each region. Regions come after the region around them.
fn known(regions: &[Region<'_>], total: usize) -> Vec<Known> {
    let mut all: Vec<Known> = Vec::with_capacity(regions.len());
    for (index, region) in regions.iter().enumerate() {
        let around = all.get(region.parent).copied().unwrap_or_default();
        let length = region.chars.end.saturating_sub(region.chars.start);
        let is_small = length <= LONGEST_FOOTER || length <= total / 2;
        let is_ministrys_line = region.is_block && region.host.is_some() && length <= LONGEST_LINE;
        let standing = match region.role {
            Role::Ministry => Standing::Ministry,
            Role::Footer if is_small => Standing::Footer,
            Role::Bottom | Role::Others if is_small => Standing::Likely,
            _ if is_ministrys_line => Standing::Likely,
            _ => Standing::Nowhere,
        };
        let is_last = if region.is_block {
            length <= LONGEST_LINE && region.chars.end >= total - total / 5
        } else {
            around.is_last
        };
        all.push(Known {
            standing: around.standing.max(standing),
            is_last,
            is_article: around.is_article || matches!(region.role, Role::Article | Role::Others),
            link: region.host.is_some().then_some(index).or(around.link),
            block: if region.is_block { index } else { around.block },
        });
    }
    all
}

/// Whether a link leads to somebody else's site, so that a number in it is theirs. Sites also link
/// their own number, to the state and to look-up sites.
fn leads_elsewhere(host: &str, page: &Url) -> bool {
    let Ok(domain) = host.parse::<Domain>() else { return false };
    let own = page.host_str().and_then(|own| own.parse::<Domain>().ok());
    let is_of_the_state = domain.as_str().ends_with(".gov.cn");
    own.as_ref() != Some(&domain) && !is_of_the_state && !SERVING_ALL.contains(&domain.as_str())
}

#[cfg(test)]
mod tests;
