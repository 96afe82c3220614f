//! `serve`: opens the data and serves the interface until it is asked to end. Nights that are asked for
//! meanwhile happen here.

mod followup;

use std::io::Write;
use std::sync::Arc;

use anyhow::Context;
use anyhow::Result;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::cli::BulletinFormat;
use crate::cli::Serve as Request;
use crate::commands::Ended;
use crate::commands::bulletin;
use crate::commands::bulletin::rules::Rules;
use crate::commands::causes::with_causes;
use crate::commands::data::Data;
use crate::commands::descriptors;
use crate::commands::log;
use crate::commands::rates::now;
use crate::commands::scan::cancel_when_asked;
use crate::commands::scan::daily;
use crate::commands::scan::daily::Wish;
use crate::commands::serve::followup::Wanted;
use crate::commands::session::Session;
use crate::commands::usage;
use crate::net::guard::Guard;
use crate::serve;
use crate::serve::Begun;
use crate::serve::BulletinForm;
use crate::serve::Desk;
use crate::serve::Nights;
use crate::serve::Parts;
use crate::serve::ServeError;
use crate::serve::settings::Settings;
use crate::stages::check::Filings;
use crate::store::StoreError;

pub(super) fn run(session: &Session, request: &Request) -> Result<Ended> {
    // Whoever has the data is asked to serve them by another `serve`.
    if session.open.is_some() {
        return Err(StoreError::InUse(session.data.clone()).into());
    }
    let mut settings = session.settings.serve.clone();
    if let Some(listen) = &request.listen {
        settings.listen.clone_from(listen);
    }
    let listener = serve::listen(&settings).map_err(|error| usage(error.to_string()))?;
    let address = listener.local_addr().context("cannot tell where the interface listens")?;
    let data = session.data()?;
    let owner = session.let_others_in(&data);
    Rules::keep(session, &data)?;
    let stop = CancellationToken::new();
    let scheme = if settings.certificate.is_some() { "https" } else { "http" };
    let followed = Arc::new(Wanted::default());
    let desk = desk(session, &data, settings, (stop.clone(), Arc::clone(&followed)))?;
    let runtime = log::runtime()?;
    let follows = followup::begin(session, &data, &followed)?;
    let days = daily::begin(session, &data, request.scan_at, &stop)?;
    // Whoever reads the address may ask for the end at once.
    let asked = {
        let _within = runtime.enter();
        cancel_when_asked(&session.terminal, stop.clone())
    };
    let mut out = session.terminal.out();
    session.mark(&mut out)?;
    writeln!(out, "{scheme}://{address}/api/v1")?;
    out.flush()?;
    let served = runtime.block_on(async {
        let mut watch = JoinSet::new();
        watch.spawn(asked);
        let served = serve::run(Arc::new(desk), listener, stop.clone()).await;
        watch.abort_all();
        served
    });
    stop.cancel();
    drop(owner);
    // They do not panic; if one did, there is nothing to wait for.
    let days = days.join();
    followed.end();
    let _ = follows.join();
    daily::until_none_runs(&data);
    served.map_err(|error| match error {
        ServeError::Tls(error) => usage(error.to_string()),
        error => error.into(),
    })?;
    days.unwrap_or(Ok(())).map(|()| Ended::Done)
}

/// The desk over the open data.
fn desk(
    session: &Session,
    data: &Arc<Data>,
    settings: Settings,
    (stop, followed): (CancellationToken, Arc<Wanted>),
) -> Result<Desk> {
    let upstream = session.upstream()?;
    let (clock, trust) = (session.clock, session.settings.filings.clone());
    let filings =
        move |register| Filings::new(register, &trust, clock.now()).with_upstream(upstream.clone());
    let (asked, of) = (session.clone(), Arc::clone(data));
    let rates = move || now(&asked, &of).map_err(|error| with_causes(&error));
    let (asked, of) = (session.clone(), Arc::clone(data));
    let bulletin = move |month, bureau, form| {
        let made = bulletin::current(&asked, &of, month, bureau).and_then(|edition| {
            let mut bytes = Vec::new();
            bulletin::write(&edition, format_of(form), &mut bytes)?;
            Ok(bytes)
        });
        made.map_err(|error| with_causes(&error))
    };
    let (asked, of, ends) = (session.clone(), Arc::clone(data), stop.clone());
    let begin = move |scope| match daily::wish(&asked, &of, scope, &ends) {
        Wish::Runs(night) => Begun::Night(night),
        Wish::UnderWay => Begun::UnderWay,
        Wish::Refused(why) => Begun::Refused(why),
    };
    let guard = Guard::new(session.settings.probe.allow.clone(), session.settings.opt_out()?);
    let nights = Nights { begin: Box::new(begin), progress: data.tonight.subscribe() };
    Ok(Desk::new(Parts {
        registers: Arc::clone(&data.registers),
        findings: data.findings.clone(),
        settings,
        connections: descriptors::for_connections(session.settings.pace.in_flight),
        clock,
        guard,
        filings: Box::new(filings),
        rates: Box::new(rates),
        bulletin: Box::new(bulletin),
        nights,
        terms: session.terms(),
        after_import: Box::new(move |submitted| followed.want(submitted)),
        is_simulated: session.settings.simulated,
        stop,
    })?)
}

fn format_of(form: BulletinForm) -> BulletinFormat {
    match form {
        BulletinForm::Xlsx => BulletinFormat::Xlsx,
        BulletinForm::Csv => BulletinFormat::Csv,
        BulletinForm::Json => BulletinFormat::Json,
        BulletinForm::Md => BulletinFormat::Md,
    }
}
