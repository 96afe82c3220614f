//! The whole trail of one name, as `explain` tells it: what the last examination saw, step by step,
//! and the findings that came of it, with their history.

use std::io;
use std::io::Write;

use jiff::Timestamp;
use jiff::civil::Date;

use crate::clock;
use crate::facts::certificate::Certificate;
use crate::facts::change::Change;
use crate::facts::examination::Examination;
use crate::facts::examination::HostExamination;
use crate::facts::examination::Sighting;
use crate::facts::filing::FilingStatus;
use crate::facts::filing::FilingSummary;
use crate::facts::filing::UpstreamOutcome;
use crate::facts::joined::AccessDeed;
use crate::facts::placement::Holding;
use crate::facts::reason::Reason;
use crate::facts::submission::SubmittedNote;
use crate::facts::target::Target;
use crate::facts::visit::Visit;
use crate::net::guard::Guard;
use crate::publish::place;
use crate::publish::submitted;
use crate::publish::text::listed;
use crate::publish::text::printable;
use crate::publish::view::FindingView;
use crate::publish::view::ProviderNames;
use crate::publish::view::ProviderView;
use crate::publish::words;

mod json;

/// All that is kept of one name.
#[derive(Debug, Clone, Copy)]
pub struct Trail<'a> {
    /// The name.
    pub target: &'a Target,
    /// The newest examination; `None` where it was never examined.
    pub examination: Option<&'a Examination>,
    /// Its findings, closed ones too, each with its changes in order.
    pub findings: &'a [(FindingView, Vec<Change>)],
    /// What providers submitted of it, and the authority's register has not.
    pub submitted: &'a [SubmittedNote],
    /// What became of that, oldest first.
    pub deeds: &'a [AccessDeed],
    /// That it is not reported; `None` where it is.
    pub exemption: Option<Exemption<'a>>,
    /// Knows who is on the opt-out list.
    pub guard: &'a Guard,
}

/// That a name is not reported (豁免).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Exemption<'a> {
    /// Why.
    pub reason: &'a str,
    /// The last day of it; `None` where no end was given.
    pub until: Option<Date>,
}

/// Writes the page of `reason`.
pub fn reason(reason: Reason, out: &mut impl Write) -> io::Result<()> {
    writeln!(out, "{}", reason.page().trim_end())
}

/// Writes `trail` as one line of JSON.
pub fn json(trail: &Trail<'_>, names: &ProviderNames, out: &mut impl Write) -> io::Result<()> {
    serde_json::to_writer(&mut *out, &json::TrailView::of(trail, names))?;
    out.write_all(b"\n")
}

/// Writes `trail` for people.
pub fn text(trail: &Trail<'_>, names: &ProviderNames, out: &mut impl Write) -> io::Result<()> {
    let (ascii, unicode) = (trail.target.to_string(), trail.target.unicode());
    let also = if ascii == unicode { String::new() } else { format!("（{ascii}）") };
    writeln!(out, "{}{also}", printable(&unicode))?;
    if let Some(exemption) = trail.exemption {
        let until = exemption.until.map_or("没有期限".to_owned(), |day| format!("至 {day}"));
        writeln!(out, "已豁免 exempt：{}，{until}", printable(exemption.reason))?;
    }
    if trail.is_opted_out() {
        writeln!(
            out,
            "免访 opted out：免访名单（[probe] opt_out）上有它或它的地址，不访问，因此不能核实，发现结果保持原样"
        )?;
    }
    match trail.examination {
        Some(examination) => examination_text(examination, (names, trail.guard), out)?,
        None => writeln!(out, "\n尚未检测过")?,
    }
    if !trail.submitted.is_empty() || !trail.deeds.is_empty() {
        writeln!(out, "\n报送")?;
        submitted::text(trail.submitted, names, out)?;
        submitted::history(trail.deeds, names, out)?;
    }
    writeln!(out, "\n发现结果")?;
    if trail.findings.is_empty() {
        writeln!(out, "  无")?;
    }
    for (finding, changes) in trail.findings {
        finding_text(finding, changes, out)?;
    }
    Ok(())
}

impl Trail<'_> {
    /// Whether any of it is left alone because it is on the opt-out list.
    fn is_opted_out(&self) -> bool {
        let hosts = self.examination.iter().flat_map(|examination| &examination.hosts);
        hosts.into_iter().any(|HostExamination { host, sightings, .. }| {
            let mut addresses = sightings.iter().map(|sighting| sighting.address);
            addresses.any(|address| self.guard.is_opted_out(host.as_ref(), address))
        })
    }
}

fn examination_text(
    examination: &Examination,
    (names, guard): (&ProviderNames, &Guard),
    out: &mut impl Write,
) -> io::Result<()> {
    writeln!(
        out,
        "\n检测\n  第 {} 夜，{}，渠道 {}，名单 {} 条",
        examination.night,
        clock::written(examination.at),
        printable(&examination.channel),
        examination.names
    )?;
    let is_theirs =
        examination.upstream.as_ref().is_some_and(|note| note.outcome == UpstreamOutcome::Answered);
    writeln!(out, "\n备案\n  {}", filing_told(&examination.filing, is_theirs, names))?;
    if let Some(note) = &examination.upstream {
        writeln!(out, "  {}", words::upstream_told(note))?;
    }
    for host in &examination.hosts {
        host_text(host, (names, guard), out)?;
    }
    let origins = origins(examination, names);
    if !origins.is_empty() {
        writeln!(out, "\n源站（CDN 之后）\n  {}", origins.join("；"))?;
    }
    Ok(())
}

/// Where a site behind a CDN may really be served: with whom it is filed, and where else it resolves.
/// Empty where no CDN serves it, or nothing is known.
fn origins(examination: &Examination, names: &ProviderNames) -> Vec<String> {
    let sightings = || examination.hosts.iter().flat_map(|host| &host.sightings);
    let holdings = || sightings().filter_map(|sighting| sighting.placement.mainland());
    if !holdings().any(Holding::is_cdn) {
        return Vec::new();
    }
    let cdns: Vec<_> =
        holdings().filter(|holding| holding.is_cdn()).map(Holding::provider).collect();
    let filed = examination.filing.summary().map(|summary| &*summary.providers);
    let filed = filed.unwrap_or_default().iter().filter(|id| !cdns.contains(&Some(*id)));
    let direct = holdings().filter(|holding| !holding.is_cdn()).filter_map(Holding::provider);
    let mut told: Vec<String> = filed.map(|id| format!("据备案：{}", names.told(id))).collect();
    for id in direct {
        let line = format!("据解析：{}", names.told(id));
        if !told.contains(&line) {
            told.push(line);
        }
    }
    told
}

fn filing_told(status: &FilingStatus, is_theirs: bool, names: &ProviderNames) -> String {
    let (word, chinese) = words::filing_status(status);
    let more = match status {
        FilingStatus::Unknown(gap) => {
            let (word, chinese) = words::register_gap(*gap);
            format!("：{chinese} {word}")
        }
        FilingStatus::None if is_theirs => "：上级备案库查无记录".to_owned(),
        FilingStatus::None => "：备案库完整，查无记录".to_owned(),
        FilingStatus::Active(summary) | FilingStatus::Cancelled(summary) => {
            summary_told(summary, names)
        }
    };
    format!("{chinese} {word}{more}")
}

fn summary_told(summary: &FilingSummary, names: &ProviderNames) -> String {
    let numbers = if summary.numbers.is_empty() {
        "无".to_owned()
    } else {
        printable(&listed(&summary.numbers))
    };
    let mut providers: Vec<String> = summary.providers.iter().map(|id| names.told(id)).collect();
    if !summary.are_providers_known {
        providers.push("未知的接入服务商".to_owned());
    } else if providers.is_empty() {
        providers.push("无".to_owned());
    }
    format!(
        "：备案号 {numbers}；接入服务商 {}；备案库截至 {}",
        listed(providers),
        clock::written(summary.as_of)
    )
}

fn host_text(
    host: &HostExamination,
    (names, guard): (&ProviderNames, &Guard),
    out: &mut impl Write,
) -> io::Result<()> {
    match &host.host {
        Some(host) => writeln!(out, "\n主机 {}", printable(&host.unicode()))?,
        None => writeln!(out, "\n地址")?,
    }
    if let Some(resolution) = &host.resolution {
        writeln!(out, "  A    {}", words::dns_told(&resolution.v4))?;
        writeln!(out, "  AAAA {}", words::dns_told(&resolution.v6))?;
        if !resolution.chain.is_empty() {
            let chain: Vec<_> = resolution.chain.iter().map(ToString::to_string).collect();
            writeln!(out, "  CNAME {}", chain.join(" → "))?;
        }
        for view in &resolution.views {
            let answers = [&view.v4, &view.v6].map(words::dns_told).join("；");
            writeln!(out, "  从 {} 看：{answers}", printable(&view.vantage))?;
        }
    }
    if host.is_invented {
        writeln!(out, "  泛解析：随意编造的名字也解析到这里，不足为凭，未访问")?;
    }
    for sighting in &host.sightings {
        let is_opted_out = guard.is_opted_out(host.host.as_ref(), sighting.address);
        sighting_text(sighting, names, is_opted_out, out)?;
    }
    Ok(())
}

fn sighting_text(
    sighting: &Sighting,
    names: &ProviderNames,
    is_opted_out: bool,
    out: &mut impl Write,
) -> io::Result<()> {
    writeln!(out, "  {}　{}", sighting.address, place::told(&sighting.placement, names))?;
    if sighting.visits.is_empty() {
        let why = if is_opted_out { "在免访名单上" } else { "结论不取决于它" };
        writeln!(out, "    未访问：{why}")?;
    }
    for visit in &sighting.visits {
        visit_text(visit, out)?;
    }
    Ok(())
}

fn visit_text(visit: &Visit, out: &mut impl Write) -> io::Result<()> {
    let scheme = if visit.is_secure { "https" } else { "http" };
    let (word, chinese) = words::site_state(visit.state);
    let sign = words::sign_told(&visit.sign);
    writeln!(out, "    {scheme} 端口 {}：{chinese} {word}，{sign}", visit.port)?;
    for hop in &visit.hops {
        writeln!(out, "      经过 {}", printable(hop))?;
    }
    let status = visit.status.map_or("无状态码".to_owned(), |status| status.to_string());
    writeln!(out, "      网址 {} {status}", printable(&visit.final_url))?;
    if let Some(page) = &visit.page {
        writeln!(out, "      标题 {}", page.title.as_deref().map_or("无".to_owned(), printable))?;
        for number in &page.numbers {
            let (_, place) = words::number_place(number.place);
            let claim = visit.claims.iter().find(|claim| claim.number == number.number);
            let owner = claim.map(|claim| {
                let (word, chinese) = words::number_owner(claim.owner);
                format!("，{chinese} {word}")
            });
            let link = number.link.as_ref().map(|host| format!("，链接到 {host}"));
            let number = printable(&number.number.to_string());
            let (owner, link) = (owner.unwrap_or_default(), link.unwrap_or_default());
            writeln!(out, "      备案号 {number}：{place}{owner}{link}")?;
        }
        let (word, chinese) = words::language(page.language);
        writeln!(out, "      语言 {chinese} {word}，文字 {} 字", page.text_chars)?;
    }
    if let Some(control) = visit.control {
        let (word, chinese) = words::control(control);
        writeln!(out, "      对照 {chinese} {word}")?;
    }
    if let Some(certificate) = &visit.certificate {
        writeln!(out, "      证书 {}", certificate_told(certificate))?;
    }
    if let Some(digest) = &visit.body_sha256 {
        writeln!(out, "      正文 SHA-256 {digest}")?;
    }
    Ok(())
}

/// A certificate in one line: what is wrong with it, for whom, by whom, from when to when.
fn certificate_told(certificate: &Certificate) -> String {
    let fault = certificate.fault.map_or("无误".to_owned(), |fault| {
        let (word, chinese) = words::certificate_fault(fault);
        format!("{chinese} {word}")
    });
    let names: Vec<_> = certificate.names.iter().map(|name| printable(name)).collect();
    let more = usize::try_from(certificate.name_count).unwrap_or(usize::MAX) > names.len();
    let more = if more { format!("等 {} 个", certificate.name_count) } else { String::new() };
    let day = |day: Option<Timestamp>| day.map_or("不明".to_owned(), clock::written);
    format!(
        "{fault}；名字 {}{more}；签发者 {}；{} 至 {}；SHA-256 {}",
        listed(&names),
        printable(&certificate.issuer),
        day(certificate.not_before),
        day(certificate.not_after),
        certificate.sha256
    )
}

fn finding_text(finding: &FindingView, changes: &[Change], out: &mut impl Write) -> io::Result<()> {
    let provider = finding.provider.as_ref().map_or("未知".to_owned(), labelled);
    let carrier = finding.carrier.as_ref().map_or("未知".to_owned(), labelled);
    writeln!(out, "  {} {}　编号 {}", finding.kind.chinese(), finding.kind, finding.id)?;
    let closed = finding
        .closed_reason
        .map(|reason| format!("，{} {reason}", reason.chinese()))
        .unwrap_or_default();
    let overdue = if finding.overdue { "，已逾期 overdue" } else { "" };
    writeln!(out, "    状态 {}{closed}{overdue}", finding.state.word())?;
    writeln!(out, "    接入服务商 {provider}；运营商 {carrier}；监督单位 {}", finding.bureau)?;
    writeln!(
        out,
        "    首次 {}；最近 {}；{} 次；复燃 {} 次；期限 {}",
        clock::written(finding.first_seen),
        clock::written(finding.last_seen),
        finding.times_seen,
        finding.reopened,
        finding.due
    )?;
    for reason in &finding.reasons {
        writeln!(out, "    理由 {reason} {}", words::reason_title(*reason))?;
    }
    if let Some(answer) = &finding.answer {
        writeln!(
            out,
            "    处理结果 {} {}：{}（{}）",
            answer.result.chinese(),
            answer.result,
            printable(&answer.opinion),
            clock::written(answer.at)
        )?;
    }
    for change in changes {
        change_text(change, out)?;
    }
    Ok(())
}

fn change_text(change: &Change, out: &mut impl Write) -> io::Result<()> {
    let (word, chinese) = words::change_kind(change.kind);
    let closed = change.state.closed_reason();
    let closed = closed.map(|reason| format!("，{} {reason}", reason.chinese()));
    let note = change.note.as_deref().map(|note| format!("，{}", printable(note)));
    let reasons = if change.reasons.is_empty() {
        String::new()
    } else {
        format!("，理由 {}", listed(&change.reasons))
    };
    writeln!(
        out,
        "    经过 {} {chinese} {word}{}{reasons}，{}{}",
        clock::written(change.at),
        closed.unwrap_or_default(),
        printable(&change.actor),
        note.unwrap_or_default()
    )
}

fn labelled(provider: &ProviderView) -> String {
    match &provider.name {
        Some(name) => format!("{name} ({})", provider.id),
        None => provider.id.to_string(),
    }
}

#[cfg(test)]
mod tests;
