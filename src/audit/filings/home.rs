//! Standard 8, 网站首页网址和网站域名列表: a home page that is a URL, and whose Domain is among the site's.

use url::Url;

use crate::audit::filings::Context;
use crate::audit::filings::Faults;
use crate::audit::filings::record::Record;
use crate::facts::domain::Host;
use crate::facts::domain::NotADomain;
use crate::facts::filing::Filing;
use crate::facts::filing_problem::FilingRule;
use crate::facts::target::Target;

const COLUMN: &str = "home_url";

pub(super) fn check(record: &Record<'_>, context: &Context<'_>, faults: &mut Faults) {
    if let Target::Domain(domain) = &record.filing.domain {
        let reserved = &context.vocabulary.words.reserved;
        let last = domain.as_str().rsplit('.').next().unwrap_or_default();
        if reserved.domains.iter().any(|name| name == domain.as_str())
            || reserved.suffixes.iter().any(|suffix| suffix == last)
        {
            faults.push((FilingRule::DomainReserved, "domain", String::new()));
        }
    }
    let Some(text) = record.text(COLUMN) else { return };
    if each(text).any(|one| host(one) == Home::Malformed) {
        faults.push((FilingRule::HomeMalformed, COLUMN, String::new()));
    }
}

/// What the host of a home page is.
#[derive(Debug, PartialEq, Eq)]
enum Home {
    Malformed,
    /// A name under an ending that no list knows yet.
    OfUnknownSuffix,
    At(Target),
}

fn each(text: &str) -> impl Iterator<Item = &str> {
    text.split([';', '；', ',', ' ']).map(str::trim).filter(|one| !one.is_empty())
}

fn host(text: &str) -> Home {
    let written = if text.contains("://") { text.to_owned() } else { format!("http://{text}") };
    let Ok(url) = Url::parse(&written) else { return Home::Malformed };
    if !matches!(url.scheme(), "http" | "https") {
        return Home::Malformed;
    }
    let Some(host) = url.host_str() else { return Home::Malformed };
    let host = host.trim_start_matches('[').trim_end_matches(']');
    match host.parse::<Target>() {
        Ok(target) => Home::At(target),
        Err(NotADomain::UnknownSuffix) if host.contains('.') && host.parse::<Host>().is_ok() => {
            Home::OfUnknownSuffix
        }
        Err(_) => Home::Malformed,
    }
}

/// The Domain of a home page that is not the record's own, and which another record of the site must
/// have; `None` where there is nothing to ask for. Home pages at bare addresses have no Domain.
pub(super) fn elsewhere(record: &Record<'_>) -> Option<Target> {
    let own = &record.filing.domain;
    own.domain()?;
    let mut homes = Vec::new();
    for one in each(record.text(COLUMN)?) {
        match host(one) {
            Home::At(target @ Target::Domain(_)) => homes.push(target),
            Home::At(Target::Address(_)) | Home::OfUnknownSuffix | Home::Malformed => return None,
        }
    }
    // A list of home pages is of all the site's domains; one of them must be this one.
    if homes.contains(own) { None } else { homes.into_iter().next() }
}

/// Whether two records are of one site: the bureau's number of it, else the site's number, else the
/// subject's.
pub(super) fn is_same_site(one: &Filing, other: &Filing) -> bool {
    let same = |one: Option<String>, other: Option<String>| Some(one? == other?);
    let id = |filing: &Filing| filing.detail("record_id").map(str::to_owned);
    let number = |filing: &Filing| filing.site_number.as_ref().map(ToString::to_string);
    let subject = |filing: &Filing| filing.subject().map(ToString::to_string);
    same(id(one), id(other))
        .filter(|is_same| *is_same)
        .or_else(|| same(number(one), number(other)))
        .or_else(|| same(subject(one), subject(other)))
        .unwrap_or(false)
}
