//! `lab`: the simulated internet by itself, until it is stopped.

use std::fs;
use std::io;
use std::io::BufRead;
use std::io::Write;
use std::sync::Arc;

use anyhow::Context;
use anyhow::Result;
use tokio::signal::unix::SignalKind;
use tokio::signal::unix::signal;
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use crate::cli::Lab as Request;
use crate::commands::Ended;
use crate::commands::usage;
use crate::lab::Lab;
use crate::lab::files::MARK;
use crate::lab::files::write_files;
use crate::lab::world::WorldSettings;
use crate::lab::world::plan;

pub(super) fn run(request: &Request) -> Result<Ended> {
    let names = match &request.domains {
        None => None,
        Some(path) => {
            let text = fs::read_to_string(path)
                .map_err(|error| usage(format!("{}: {error}", path.display())))?;
            Some(text.lines().map(str::to_owned).collect())
        }
    };
    let configuration = request.out.join("chabei.toml");
    if fs::read_to_string(&configuration).is_ok_and(|text| !text.starts_with(MARK)) {
        let path = configuration.display();
        return Err(usage(format!("{path} is not of a lab; name another folder with --out")));
    }
    let world = Arc::new(plan(&WorldSettings {
        sites: request.sites,
        seed: request.seed,
        names,
        is_brisk: request.brisk,
    }));
    let runtime = tokio::runtime::Runtime::new().context("cannot start the runtime")?;
    runtime.block_on(async {
        let lab = Lab::start(Arc::clone(&world), request.night).await?;
        write_files(&world, &lab, request.night, &request.out)?;
        let out = request.out.display();
        tell(&format!(
            "模拟数据 (simulated): {} sites in {out}; names at {}, sites at port {}; night {}",
            world.sites(),
            lab.dns(),
            lab.http_port(),
            request.night
        ))?;
        let mut night = request.night;
        let (mut next, _watch) = next_nights()?;
        let mut stop = [signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?];
        let [interrupt, terminate] = &mut stop;
        loop {
            tokio::select! {
                _ = interrupt.recv() => break,
                _ = terminate.recv() => break,
                Some(()) = next.recv() => {
                    keep_arrivals(&lab, request)?;
                    night += 1;
                    lab.play(night);
                    write_files(&world, &lab, night, &request.out)?;
                    tell(&format!("night {night}"))?;
                }
            }
        }
        keep_arrivals(&lab, request)?;
        lab.stop().await;
        Ok(Ended::Done)
    })
}

/// Writes down what has arrived so far, where that is wanted.
fn keep_arrivals(lab: &Lab, request: &Request) -> Result<()> {
    let Some(path) = &request.arrivals else { return Ok(()) };
    lab.arrivals().write(path).with_context(|| format!("cannot write {}", path.display()))
}

/// Something to receive for each line on stdin and each SIGUSR1, as long as the tasks are held.
fn next_nights() -> Result<(mpsc::Receiver<()>, JoinSet<()>)> {
    let (sender, receiver) = mpsc::channel(1);
    let on_signal = sender.clone();
    let mut usr1 = signal(SignalKind::user_defined1())?;
    let mut watch = JoinSet::new();
    watch.spawn(
        async move { while usr1.recv().await.is_some() && on_signal.send(()).await.is_ok() {} },
    );
    std::thread::Builder::new().name("stdin".to_owned()).spawn(move || {
        for line in io::stdin().lock().lines() {
            if line.is_err() || sender.blocking_send(()).is_err() {
                break;
            }
        }
    })?;
    Ok((receiver, watch))
}

/// A line for the scripts that wait for the lab.
fn tell(line: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "{line}")?;
    out.flush()
}
