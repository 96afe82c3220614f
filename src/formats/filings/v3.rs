//! Filings in the ministry's mirror feed (interface V3.0, section 6.1): subject, sites, domains and
//! access, a row for each domain of each site; and its cancellations.
//!
//! Only what the register needs is read; scans of documents are passed over. Refusals never quote a
//! value that may hold personal data.

use std::io::Read;
use std::net::Ipv4Addr;
use std::rc::Rc;
use std::vec::IntoIter;

use crate::facts::bureau::Bureau;
use crate::facts::cancellation::ACCESS_IDS;
use crate::facts::cancellation::Cancelled;
use crate::facts::cancellation::Level;
use crate::facts::cancellation::RECORD_ID;
use crate::facts::cancellation::SUBJECT_ID;
use crate::facts::filing::Filing;
use crate::facts::filing::FilingState;
use crate::facts::provider::ProviderName;
use crate::formats::dates;
use crate::formats::filings::Entry;
use crate::formats::tables::Aside;
use crate::formats::tables::Flaw;
use crate::formats::tables::RowError;
use crate::formats::tables::Rows;
use crate::formats::v3::Element;
use crate::formats::v3::Message;
use crate::formats::v3::Part;
use crate::formats::v3::Record;

/// A subject with its sites, and what else repeats in the interface's messages, so that each can be
/// told as what it is.
const RECORDS: &[&str] = &[
    "Baxx",
    "Zxxx",
    "Zx_xx",
    "Xzxx",
    "Bgxx",
    "Hsjgxx",
    "Jg_xx",
    "Gjsh",
    "Zthc",
    "Jrhc",
    "Kkwzhc",
    "Wzch",
    "Clxx",
    "Wbawz_xx",
    "Ffjrxx",
    "Tzxx",
    "Zthmdxxs",
    "Wzhmdxxs",
    "Ly",
    "Ly_xx",
    "Lyxx",
    "Fpsy",
    "Fpxx",
    "Zdxx",
    "Jsxx",
    "Gbxx",
    "Yj",
    "Ct",
    "Wb",
    "Lyjg",
    "Fpjg",
    "Gbjs",
    "Zdip",
    "Ymxx",
    "Bbdw",
    "StatusInfo",
];

/// Why a record is no row of the register, by its element; `None` where it is one.
fn refusal(record: &Record) -> Option<&'static str> {
    let is_in = |name: &str| record.around.iter().any(|around| around == name);
    Some(match record.element.name.as_str() {
        "Baxx" if is_in("XZBA") => {
            "a new filing that is asked for (XZBA 新增备案) is none before the bureau has approved it; \
             import the mirror feed (SJTB) or the approved filings (BASJ)"
        }
        "Baxx" | "Zxxx" => return None,
        "Xzxx" if is_in("XZWZ") => {
            "a new site that is asked for (XZWZ 新增网站) is none before the bureau has approved it; \
             import the mirror feed (SJTB) or the approved filings (BASJ)"
        }
        "Xzxx" => {
            "a new access that is asked for (XZJR 新增接入) names a site by number, and is none before \
             the bureau has approved it; import the mirror feed (SJTB)"
        }
        "Bgxx" => {
            "a change that is asked for (BGBA 变更备案) is none before the bureau has approved it; \
             import the mirror feed (SJTB) or the approved filings (BASJ)"
        }
        "Zx_xx" => {
            "a cancellation that is asked for (ZXBA 注销备案) is none before the bureau has made it; \
             import the mirror feed (SJTB) with --replace"
        }
        "Hsjgxx" => "it is the result of a verification (HSJG 核实结果), and no filing",
        "Jg_xx" | "Gjsh" => "it is the result of an upload (BAJG 备案结果), and no filing",
        "Zthc" | "Jrhc" | "Kkwzhc" | "Wzch" => {
            "it is the result of a check (HCJG 核查结果), and no filing"
        }
        "Clxx" => "it is a provider's answer (WBACLJG 未备案网站处理结果), and no filing",
        "Wbawz_xx" => "it is an unfiled site (WBAWZLB 未备案网站列表), and no filing",
        "Ffjrxx" | "Zthmdxxs" | "Wzhmdxxs" => "it is of a blacklist (黑名单), and no filing",
        "Tzxx" => "it is a notice (XGTZ 修改通知), and no filing",
        "Ymxx" => "it is of a registry of domains (YM), and no filing",
        "Bbdw" => "it is a unit of the code tables (JCDM 基础代码), and no filing",
        "StatusInfo" => {
            "it is the answer to one question (是否备案查询), and no register; nothing says of which day"
        }
        _ => "it is an address (IP), and no filing; see import allocations",
    })
}

/// The rows of a message.
pub fn read(input: impl Read + Send + 'static) -> Rows<Entry> {
    let message = Message::new(input, RECORDS);
    let aside = Rc::<Aside>::default();
    let feed = Feed { message, ready: Vec::new().into_iter(), aside: Rc::clone(&aside) };
    Rows::with(feed, aside)
}

/// What one domain of a record made; where it is refused, with what can be told of it.
type Made = Result<Entry, (RowError, Vec<(&'static str, String)>)>;

struct Feed {
    message: Message,
    /// What one record made.
    ready: IntoIter<Made>,
    aside: Rc<Aside>,
}

impl Iterator for Feed {
    type Item = Result<Entry, RowError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(row) = self.ready.next() {
                return Some(row.map_err(|(error, cells)| {
                    self.aside.spoil(cells);
                    error
                }));
            }
            match self.message.next()? {
                Err(error) => return Some(Err(RowError::Io(error))),
                Ok(Part::Value { .. }) => {}
                Ok(Part::Record(record)) => {
                    self.aside.at(record.line);
                    self.ready = rows(&record).into_iter();
                }
            }
        }
    }
}

fn rows(record: &Record) -> Vec<Made> {
    let refused = |flaw| (RowError::refused(record.line, flaw), Vec::new());
    if let Some(reason) = refusal(record) {
        return vec![Err(refused(Flaw { column: None, reason: reason.to_owned() }))];
    }
    if record.element.name == "Zxxx" {
        let what = cancelled(&record.element).map_err(refused);
        return vec![what.map(|what| Entry::Cancelled { line: record.line, what })];
    }
    let no_subject = Element::default();
    let subject = record.element.child("Zt_xx");
    let sites = record.element.children.iter().filter(|child| child.name == "Wz_xx");
    let mut rows = Vec::new();
    for site in sites {
        let domains = site.children.iter().filter(|child| child.name == "Ym_xx");
        if site.child("Ym_xx").is_none() {
            let (error, _) =
                refused(Flaw { column: None, reason: "a site without a domain".into() });
            rows.push(Err((error, told(subject.unwrap_or(&no_subject), site, &no_subject))));
        }
        for domain in domains {
            let subject_of = subject.unwrap_or(&no_subject);
            let row = match subject {
                Some(subject) => filing(subject, site, domain),
                None => Err(Flaw::of("Zt_xx", "there is no subject")),
            };
            rows.push(row.map(Entry::Filing).map_err(|flaw| {
                let (error, _) = refused(flaw);
                (error, told(subject_of, site, domain))
            }));
        }
    }
    if subject.is_none() && rows.is_empty() {
        let (error, _) = refused(Flaw::of("Zt_xx", "there is no subject"));
        rows.push(Err((error, named_in(&record.element))));
    }
    rows
}

/// What can be told of a domain whose record is refused.
fn told(subject: &Element, site: &Element, domain: &Element) -> Vec<(&'static str, String)> {
    let cells = [
        ("domain", domain.value("Ym")),
        ("site_number", site.value("Baxh")),
        ("subject_number", subject.value("Baxh")),
        ("home_url", site.value("Syurl")),
    ];
    cells.into_iter().filter_map(|(name, text)| Some((name, text?.to_owned()))).collect()
}

/// The domains and home pages that stand anywhere in `element`.
fn named_in(element: &Element) -> Vec<(&'static str, String)> {
    let column = match element.name.as_str() {
        "Ym" => Some("domain"),
        "Syurl" => Some("home_url"),
        _ => None,
    };
    let own = column.map(|column| (column, element.text().to_owned()));
    own.into_iter().chain(element.children.iter().flat_map(named_in)).collect()
}

/// What a message takes back. The document has a third level that the schema does not.
fn cancelled(message: &Element) -> Result<Cancelled, Flaw> {
    let level = match message.value("Zxlb") {
        Some("0") => Level::Subject,
        Some("1") => Level::Site,
        Some("2") => Level::Access,
        _ => return Err(Flaw::of("Zxlb", "it is none of 0 (主体), 1 (网站) and 2 (接入)")),
    };
    let id = message.value("Jlid").and_then(|text| text.parse().ok());
    let id = id.ok_or_else(|| Flaw::of("Jlid", "it is no number of the bureau"))?;
    Ok(Cancelled { level, id })
}

fn filing(subject: &Element, site: &Element, domain: &Element) -> Result<Filing, Flaw> {
    let name = domain.value("Ym").ok_or_else(|| Flaw::of("Ym", "there is no domain"))?;
    let number = |element: &Element| {
        let text = element.value("Baxh");
        text.map(str::parse).transpose().map_err(|error| Flaw::of("Baxh", error))
    };
    // The key of the record is made of it.
    if site.value("Wzid").is_some_and(|id| id.parse::<u64>().is_err()) {
        return Err(Flaw::of("Wzid", "it is no number of the bureau"));
    }
    let accesses = site.children.iter().filter(|child| child.name == "Jr_xx");
    let accesses: Vec<&Element> = accesses.collect();
    let mut providers = Vec::new();
    for access in &accesses {
        let unit = access.value("Ispid").and_then(|text| text.parse().ok());
        let unit = unit.ok_or_else(|| Flaw::of("Ispid", "it is no number of a unit"))?;
        let provider = ProviderName::of_v3_id(unit);
        if !providers.contains(&provider) {
            providers.push(provider);
        }
    }
    Ok(Filing {
        domain: name.parse().map_err(|error| Flaw::of("Ym", error))?,
        site_number: number(site)?,
        subject_number: number(subject)?,
        state: FilingState::Active,
        providers: Some(providers),
        details: details(subject, site, &accesses),
    })
}

fn details(subject: &Element, site: &Element, accesses: &[&Element]) -> Vec<(String, String)> {
    let text = |element: Option<&Element>, name: &str| element?.value(name).map(str::to_owned);
    let day = |element: &Element, name: &str| {
        let day = dates::day(element.value(name)?);
        day.map(|day| day.to_string())
    };
    let codes = |list: &str, code: &str| {
        let lists = accesses.iter().filter_map(|access| access.child(list));
        let codes = lists.flat_map(|list| &list.children).filter(|child| child.name == code);
        joined(codes.map(|code| code.text().to_owned()))
    };
    let ranges = accesses.iter().flat_map(|access| &access.children);
    let ranges = ranges.filter(|child| child.name == "Ip_xx").filter_map(range);
    let province = subject.child("Txdz").and_then(|address| address.value("Shengid"));
    let province = province.and_then(|code| code.parse().ok()).and_then(Bureau::of_area_code);
    let (certificate, person) = (subject.child("Zj"), subject.child("Fzr"));
    let hand = site.child("Wz_Fzr");
    let access_ids = accesses
        .iter()
        .filter_map(|access| Some(format!("{}:{}", access.value("Jrid")?, access.value("Ispid")?)));
    let details = [
        // Two records may have one number, and each has an access of its own.
        (RECORD_ID, site.value("Wzid").map(str::to_owned)),
        // By these the ministry cancels.
        (SUBJECT_ID, text(Some(subject), "Ztid")),
        (ACCESS_IDS, joined(access_ids)),
        ("addresses", joined(ranges)),
        ("subject_name", text(Some(subject), "Dwmc")),
        ("subject_kind", text(Some(subject), "Dwxz")),
        ("certificate_kind", text(certificate, "Zjlx")),
        ("certificate_number", text(certificate, "Zjhm")),
        ("investor", text(Some(subject), "Tzr")),
        ("address", text(subject.child("Txdz"), "Xxdz")),
        ("province", province.map(|province| province.name().to_owned())),
        ("subject_responsible", text(person, "Fzr_xm")),
        ("site_name", text(Some(site), "Wzmc")),
        ("home_url", text(Some(site), "Syurl")),
        ("responsible_name", text(hand, "Fzr_xm")),
        ("office_phone", text(hand, "Fzr_dhhm")),
        ("mobile_phone", text(hand, "Fzr_sjhm")),
        ("email", text(hand, "Fzr_dzyj")),
        ("access_kind", codes("Wzjrfs", "Jrfs")),
        ("server_place", codes("Wzfb", "Fbdd")),
        ("approvals", Some(approvals(site))),
        ("filed_on", day(subject, "Scbbsj")),
        ("changed_on", day(subject, "Zjxgsj")),
    ];
    let given = details.into_iter().filter_map(|(name, text)| Some((name.to_owned(), text?)));
    given.collect()
}

/// The approvals of a site as `kind:number`; without the element no kind needs one.
fn approvals(site: &Element) -> String {
    let kinds = site.child("Nrlx").into_iter().flat_map(|list| &list.children);
    let told = kinds.filter(|child| child.name == "Nrlx_xx").map(|kind| {
        let value = |name| kind.value(name).unwrap_or_default();
        format!("{}:{}", value("Nrlx_id"), value("Qzsph"))
    });
    joined(told).unwrap_or_default()
}

fn range(element: &Element) -> Option<String> {
    let address = |name: &str| element.value(name)?.parse().ok().map(|n: u32| Ipv4Addr::from(n));
    let (start, end) = (address("Qsip")?, address("Zzip")?);
    Some(if start == end { start.to_string() } else { format!("{start}-{end}") })
}

fn joined(parts: impl Iterator<Item = String>) -> Option<String> {
    let parts: Vec<String> = parts.collect();
    (!parts.is_empty()).then(|| parts.join(";"))
}

#[cfg(test)]
mod tests;
