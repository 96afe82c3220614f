//! The parts that every target passes through, made ready; and what of them is not as it should be.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;
use tokio::time::Instant;

use crate::clock;
use crate::commands::data::Data;
use crate::commands::session::Session;
use crate::facts::allocation::Allocation;
use crate::facts::change::Scan;
use crate::facts::directory::Directory;
use crate::net::dns::Liar;
use crate::net::dns::Resolver;
use crate::net::dns::wildcards::Wildcards;
use crate::net::guard::Guard;
use crate::net::http::Client;
use crate::net::pace::Pace;
use crate::scan::examine::Stages;
use crate::scan::witness::Witness;
use crate::stages::attribute::AddressTable;
use crate::stages::probe::Prober;

/// Every part, for the night that `scan` describes.
pub(super) fn stages(
    session: &Session,
    data: &Data,
    directory: Directory,
    pace: &Arc<Pace>,
    scan: Scan,
) -> Result<Stages> {
    let settings = &session.settings;
    let mut broken = None;
    let rows =
        data.registers.allocations()?.map_while(|row| row.map_err(|e| broken = Some(e)).ok());
    let addresses = AddressTable::new(rows, &directory, clock::day(session.clock.now()));
    if let Some(error) = broken {
        return Err(error.into());
    }
    let guard = Guard::new(settings.probe.allow.clone(), settings.opt_out()?);
    let resolver = Arc::new(Resolver::start_with(&settings.resolve, settings.lies()?)?);
    if !settings.probe.tells_a_contact() && !settings.simulated {
        tracing::warn!(
            "[probe] user_agent names no web page and no e-mail address, so nobody who minds being \
             asked can tell you; set it"
        );
    }
    let client = Client::new(&settings.probe, guard.clone(), session.clock)?;
    let prober = Prober::new(
        client,
        Arc::clone(&resolver),
        Arc::clone(pace),
        guard.clone(),
        &settings.probe,
    );
    let filings = session.filings(data.registers.filings()?)?;
    Ok(Stages {
        wildcards: Wildcards::new(Arc::clone(&resolver)),
        resolver,
        addresses,
        directory,
        guard,
        filings,
        prober,
        judge: settings.judge.clone(),
        parked: settings.scan.parked,
        deadlines: settings.deadlines.clone(),
        last: data.registers.kept_examinations(),
        findings: data.findings.clone(),
        misses_to_close: settings.scan.misses_to_close,
        follow_links: settings.scan.follow_links,
        rotation: settings.scan.rotation(),
        renew_after: settings.scan.renew_after,
        begun: Instant::now(),
        clock: session.clock,
        scan,
        witness: Witness::default(),
    })
}

/// Warns of what the registers cannot tell.
pub(super) fn warn_of_gaps(stages: &Stages, data: &Data) {
    match (stages.filings.gap(), stages.filings.upstream()) {
        (Some(gap), Some(upstream)) => tracing::info!(
            ?gap,
            register = upstream.register(),
            "where the filing register cannot say, another one is asked"
        ),
        (Some(gap), None) => tracing::warn!(
            ?gap,
            "the filing register cannot prove absence: whether a name is filed is unknown"
        ),
        (None, _) => {}
    }
    for name in stages.addresses.unknown_names().iter().take(20) {
        tracing::warn!(%name, "the address register names a provider that nobody bears");
    }
    if data.registers.rows::<Allocation>() == 0 {
        tracing::warn!("no allocations are imported, so every address counts as abroad");
    }
}

/// Asks the name servers again and again whether they have begun to lie.
pub(super) async fn test_servers(resolver: Arc<Resolver>, every: Duration) {
    loop {
        tokio::time::sleep(every).await;
        tell_liars(&resolver).await;
    }
}

/// Asks each name server for names that cannot be, and warns of those that answer.
pub(super) async fn tell_liars(resolver: &Resolver) {
    for Liar { server, addresses } in resolver.find_liars().await {
        tracing::warn!(
            %server,
            ?addresses,
            "the name server answers for names that do not exist; these addresses are dropped"
        );
    }
}
