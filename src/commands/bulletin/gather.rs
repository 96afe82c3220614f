//! What is known of a month, from all that keeps it.

use anyhow::Result;

use crate::audit::accuracy;
use crate::audit::accuracy::rates::Rate;
use crate::audit::months::Counting;
use crate::audit::months::MonthCount;
use crate::audit::months::MonthTally;
use crate::audit::months::Span;
use crate::audit::months::addresses::AddressMonth;
use crate::audit::rates::Basis;
use crate::audit::rates::share;
use crate::commands::bulletin::rules::Rules;
use crate::commands::data::Data;
use crate::commands::rates::take_census;
use crate::commands::session::Session;
use crate::commands::usage;
use crate::facts::bureau::Bureau;
use crate::facts::census::Census;
use crate::facts::census::NightCount;
use crate::facts::census::Whose;
use crate::facts::finding::Kind;
use crate::facts::month::Month;
use crate::formats::tasks;
use crate::publish::bulletin::Bulletin;
use crate::publish::bulletin::CampaignView;
use crate::publish::bulletin::TargetView;
use crate::publish::bulletin::compose::DeclaredMonth;
use crate::publish::bulletin::compose::Filing;
use crate::publish::bulletin::compose::Known;
use crate::publish::bulletin::compose::compose;

/// The bulletin of `month` as the data have it now.
pub(super) fn bulletin(
    session: &Session,
    data: &Data,
    month: Month,
    bureau: Option<Bureau>,
) -> Result<Bulletin> {
    let now = session.clock.now();
    let span = Span::of(month, now)
        .ok_or_else(|| usage(format!("{month} lies ahead; bulletins are of months that began")))?;
    take_census(session, data)?;
    data.keep_roster()?;
    Rules::keep(session, data)?;
    let bulletins = data.findings.bulletins()?;
    let rules = Rules::at(data, span.until)?;
    let campaign = rules
        .campaigns
        .iter()
        .filter(|campaign| campaign.kind == Kind::Unfiled && campaign.due <= span.day())
        .max_by_key(|campaign| campaign.due);
    let counting = Counting { span, campaign: campaign.map(|campaign| campaign.due), bureau };
    let count = count(data, counting)?;
    let nights = data.findings.night_counts().collect::<Result<Vec<_>, _>>()?;
    let looked = nights
        .iter()
        .filter(|night| night.gap.is_none() && night.at >= span.from && night.at <= span.until);
    let known = Known {
        month,
        bureau,
        span,
        campaign: campaign.map(|campaign| CampaignView {
            name: campaign.name.clone(),
            due: campaign.due.to_string(),
        }),
        roster: &bulletins.roster(span.until)?.unwrap_or_default(),
        count: &count,
        nights: looked.count() as u64,
        accuracy: &accuracy(&rules, data, span)?,
        addresses: &AddressMonth::of(bulletins.address_censuses(), span)?,
        declared: &DeclaredMonth::new(bulletins.declared(month)?),
        tasks: tasks::builtin(),
        filing: filing(&rules, data, counting, (&count, &nights))?,
    };
    Ok(compose(&known))
}

fn count(data: &Data, counting: Counting) -> Result<MonthCount> {
    let mut tally = MonthTally::new(counting);
    for event in data.findings.events(0) {
        tally.tell(event?);
    }
    for finding in data.findings.all() {
        tally.add(&finding?);
    }
    Ok(tally.finish())
}

fn accuracy(rules: &Rules, data: &Data, span: Span) -> Result<Vec<Rate>> {
    let samples = data.findings.samples()?;
    let tallies = accuracy::rates::tallies_at(&samples, &data.findings, None, span.until)?;
    let settings = &rules.accuracy;
    Ok(accuracy::rates::rates(&tallies, settings, settings.confidence, span.day()))
}

/// How much is filed of what is there at the end of the span.
fn filing(
    rules: &Rules,
    data: &Data,
    Counting { span, bureau, .. }: Counting,
    (count, nights): (&MonthCount, &[NightCount]),
) -> Result<Filing> {
    let censuses = data.findings.censuses().collect::<Result<Vec<Census>, _>>()?;
    let basis = Basis {
        at: span.until,
        census: censuses.iter().rfind(|census| census.as_of <= span.until),
        night: nights.iter().rfind(|night| night.at <= span.until),
    };
    let gap = basis.gap(rules.is_complete, rules.max_age);
    let whose = bureau.map_or(Whose::Nation, Whose::Bureau);
    let filed = basis.census.and_then(|census| Some(census.filed.of(&whose)?.domains));
    let left = count.unfiled().left;
    let rate = filed.filter(|_| gap.is_none()).and_then(|filed| share(filed, filed + left));
    let target = rules.rates.goal_on(span.day());
    Ok(Filing {
        filed,
        rate,
        no_rate: gap.map(|gap| gap.chinese().to_owned()),
        target: target
            .map(|goal| TargetView { rate: goal.rate.value(), due: goal.due.to_string() }),
    })
}
