//! Whether a number on a page is the page's own claim, or only quoted there.

use std::collections::HashSet;

use url::Url;

use crate::facts::domain::Domain;
use crate::facts::domain::Host;
use crate::facts::number::FilingNumber;
use crate::facts::visit::NumberPlace;
use crate::facts::visit::PageNumber;
use crate::formats::html::outline::Outline;
use crate::formats::html::outline::Region;
use crate::formats::html::outline::Role;
use crate::formats::html::script;
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

/// Sites that sites link their own number to, beside those of the state.
const LOOK_UP_SITES: [&str; 5] =
    ["chinaz.com", "aizhan.com", "icplishi.com", "beianx.cn", "icp.gov.moe"];

/// What is known of the text in one region.
#[derive(Debug, Clone, Copy, Default)]
struct Standing {
    /// It is in a claim: a footer, a link to the ministry, a line with such a link.
    is_claim: bool,
    /// It is in a short line at the end of the page.
    is_last: bool,
    /// It is in an article.
    is_article: bool,
    /// The innermost link, or line with a link to the ministry, that it is in.
    link: Option<usize>,
}

/// The numbers of a page, those that it claims first; a number may be in both.
pub(super) fn divide(
    outline: &Outline<'_>,
    occurrences: Vec<Occurrence>,
    page: &Url,
) -> Vec<PageNumber> {
    let standings = standings(&outline.regions, outline.text.chars);
    let standing_of = |region: usize| standings.get(region).copied().unwrap_or_default();
    let mut own = Vec::new();
    let mut quoted = Vec::new();
    for content in &outline.number_metas {
        own.extend(numbers::find(content).into_iter().map(|number| (number, None)));
    }
    let mut put = |number: FilingNumber, standing: Standing, is_claimed: bool| {
        let host = standing.link.and_then(|index| outline.regions.get(index)?.host.as_deref());
        let leads_elsewhere = host.is_some_and(|host| leads_elsewhere(host, page));
        let is_own = is_claimed && !leads_elsewhere;
        let link = host.and_then(|host| host.parse::<Host>().ok());
        if is_own { own.push((number, link)) } else { quoted.push((number, link)) }
    };
    for Occurrence { at, number } in occurrences {
        let after = outline.spans.partition_point(|span| span.start <= at);
        let span = after.checked_sub(1).and_then(|index| outline.spans.get(index));
        let standing = span.map(|span| standing_of(span.region)).unwrap_or_default();
        put(number, standing, standing.is_claimed());
    }
    for aside in &outline.asides {
        let standing = standing_of(aside.region);
        for Occurrence { at, number } in numbers::occurrences(&aside.text) {
            let is_claimed =
                standing.is_claimed() || (aside.is_script && script::is_claimed(&aside.text, at));
            put(number, standing, is_claimed);
        }
    }
    let subjects: HashSet<String> = own
        .iter()
        .map(|(number, _)| number.subject().map_or(number.to_string(), ToString::to_string))
        .collect();
    if subjects.len() > MOST_SUBJECTS {
        quoted.splice(0..0, own.drain(..));
    }
    let all = |numbers: Vec<(FilingNumber, Option<Host>)>, place| {
        numbers.into_iter().map(move |(number, link)| PageNumber { number, place, link })
    };
    all(own, NumberPlace::Own).chain(all(quoted, NumberPlace::Quoted)).collect()
}

impl Standing {
    fn is_claimed(self) -> bool {
        self.is_claim || (self.is_last && !self.is_article)
    }
}

/// What is known of each region. Regions come after the region around them.
fn standings(regions: &[Region<'_>], total: usize) -> Vec<Standing> {
    let mut known: Vec<Standing> = Vec::with_capacity(regions.len());
    for (index, region) in regions.iter().enumerate() {
        let around = known.get(region.parent).copied().unwrap_or_default();
        let length = region.chars.end.saturating_sub(region.chars.start);
        let is_claim = match region.role {
            Role::Ministry => true,
            Role::Footer => length <= LONGEST_FOOTER || length <= total / 2,
            Role::Plain | Role::Link | Role::Article => {
                region.is_block && region.host.is_some() && length <= LONGEST_LINE
            }
        };
        let is_last = if region.is_block {
            length <= LONGEST_LINE && region.chars.end >= total - total / 5
        } else {
            around.is_last
        };
        known.push(Standing {
            is_claim: around.is_claim || is_claim,
            is_last,
            is_article: around.is_article || region.role == Role::Article,
            link: region.host.is_some().then_some(index).or(around.link),
        });
    }
    known
}

/// Whether a link leads to somebody else's site, so that a number in it is theirs. Sites also link
/// their own number, to the state and to look-up sites.
fn leads_elsewhere(host: &str, page: &Url) -> bool {
    let Ok(domain) = host.parse::<Domain>() else { return false };
    let own = page.host_str().and_then(|own| own.parse::<Domain>().ok());
    let is_of_the_state = domain.as_str().ends_with(".gov.cn");
    own.as_ref() != Some(&domain) && !is_of_the_state && !LOOK_UP_SITES.contains(&domain.as_str())
}
