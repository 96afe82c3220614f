//! Standard 8, 网站首页网址和网站域名列表: a home page that is a URL, and whose Domain is among the site's.

use url::Url;

use crate::audit::filings::Context;
use crate::audit::filings::Faults;
use crate::audit::filings::record::Record;
use crate::facts::domain::Domain;
use crate::facts::domain::Host;
use crate::facts::domain::NotADomain;
use crate::facts::filing::Filing;
use crate::facts::filing_problem::FilingRule;
use crate::facts::target::Target;

const COLUMN: &str = "home_url";

/// Gives the Domain of a home page that is not the record's own, and which another record of the site
/// must have; `None` where there is nothing to ask for.
pub(super) fn check(
    record: &Record<'_>,
    context: &Context<'_>,
    faults: &mut Faults,
) -> Option<Target> {
    if let Target::Domain(domain) = &record.filing.domain {
        let reserved = &context.vocabulary.words.reserved;
        let last = domain.as_str().rsplit('.').next().unwrap_or_default();
        if reserved.domains.iter().any(|name| name == domain.as_str())
            || reserved.suffixes.iter().any(|suffix| suffix == last)
        {
            faults.push((FilingRule::DomainReserved, "domain", String::new()));
        }
    }
    let own = record.filing.domain.domain();
    let text = record.text(COLUMN)?;
    // Nearly every home page is a plain name of the site's own Domain, and needs no parser.
    if own.is_some_and(|own| each(text).all(|one| is_plainly_of(one, own))) {
        return None;
    }
    let homes: Vec<Home> = each(text).map(host).collect();
    if homes.contains(&Home::Malformed) {
        faults.push((FilingRule::HomeMalformed, COLUMN, String::new()));
    }
    own.and_then(|_| elsewhere(homes, &record.filing.domain))
}

/// Whether `text` is a URL without anything unusual, and its host of `domain`.
fn is_plainly_of(text: &str, domain: &Domain) -> bool {
    let rest = ["http://", "https://"].iter().find_map(|scheme| text.strip_prefix(scheme));
    let host = rest.unwrap_or(text).split('/').next().unwrap_or_default();
    let Some(labels) = host.strip_suffix(domain.as_str()) else { return false };
    let is_label =
        |label: &str| !label.is_empty() && label.bytes().all(|b| b.is_ascii_alphanumeric());
    labels.is_empty()
        || host.len() < 200
            && labels.strip_suffix('.').is_some_and(|labels| labels.split('.').all(is_label))
            && labels.split('.').all(|label| label.len() < 64)
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

/// The first Domain of `homes`, none of which is `own`. Home pages at bare addresses have no Domain.
fn elsewhere(homes: Vec<Home>, own: &Target) -> Option<Target> {
    let mut domains = Vec::new();
    for home in homes {
        match home {
            Home::At(target @ Target::Domain(_)) => domains.push(target),
            Home::At(Target::Address(_)) | Home::OfUnknownSuffix | Home::Malformed => return None,
        }
    }
    // A list of home pages is of all the site's domains; one of them must be this one.
    if domains.contains(own) { None } else { domains.into_iter().next() }
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

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_is_plainly_of_a_domain_is_of_it_for_the_parser_too(
            text in "(https?://)?[a-z0-9_.-]{0,6}(hongda\\.cn)?[a-z.:/@?#-]{0,4}",
        ) {
            let own: Domain = "hongda.cn".parse().unwrap();
            if is_plainly_of(&text, &own) {
                prop_assert_eq!(host(&text), Home::At(own.into()));
            }
        }
    }

    #[test]
    fn the_usual_forms_need_no_parser() {
        let own: Domain = "hongda.cn".parse().unwrap();
        for text in ["hongda.cn", "http://www.hongda.cn/", "https://a.b.hongda.cn/index.html"] {
            assert!(is_plainly_of(text, &own), "{text}");
        }
        for text in ["badhongda.cn", "http://.hongda.cn", "a@hongda.cn", "hongda.cn:80", ""] {
            assert!(!is_plainly_of(text, &own), "{text}");
        }
    }
}
