//! `demo`: the tour. A simulated internet comes up, its registers are imported, it is scanned for
//! some nights while its world changes, and what was found is compared with the truth.

use std::fs;
use std::io;
use std::io::BufReader;
use std::io::Write;
use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Context;
use anyhow::Result;
use jiff::ToSpan;
use tokio_util::sync::CancellationToken;

use crate::cli::Demo as Request;
use crate::cli::Import;
use crate::cli::Register;
use crate::clock::Clock;
use crate::commands::Ended;
use crate::commands::data::Data;
use crate::commands::import;
use crate::commands::scan;
use crate::commands::session::Session;
use crate::commands::usage;
use crate::config::Settings;
use crate::facts::allocation::AllocationKind;
use crate::facts::finding::Finding;
use crate::lab::Lab;
use crate::lab::files::write_files;
use crate::lab::truth::Comparison;
use crate::lab::truth::Truth;
use crate::lab::truth::compare;
use crate::lab::truth::read_truth;
use crate::lab::world::World;
use crate::lab::world::WorldSettings;
use crate::lab::world::plan;
use crate::publish::providers;
use crate::publish::providers::ProviderCounts;
use crate::publish::summary;
use crate::scan::night::Limits;

/// Told by a file in the demo's folder that it is the demo's to clear away.
const MARK: &str = "simulated";

pub(super) fn run(session: &Session, request: &Request) -> Result<Ended> {
    let folder = session.data.join("demo");
    clear(&folder)?;
    let world = Arc::new(plan(&WorldSettings {
        sites: request.sites,
        seed: request.seed,
        ..WorldSettings::default()
    }));
    let runtime = tokio::runtime::Runtime::new().context("cannot start the runtime")?;
    let out = &mut session.terminal.out();
    runtime.block_on(async {
        let lab = Lab::start(Arc::clone(&world), 1).await?;
        let sites = world.sites();
        let providers = world.providers().len();
        writeln!(
            out,
            "模拟数据 (simulated): {sites} sites at {providers} providers on 127.0.0.0/8\n"
        )?;
        let tour = Tour { session, request, world: &world, lab: &lab, folder: &folder };
        let ended = tour.nights(out).await;
        lab.stop().await;
        ended
    })
}

/// Removes what an earlier demo left, and nothing else.
fn clear(folder: &Path) -> Result<()> {
    if folder.exists() {
        if !folder.join(MARK).exists() {
            return Err(usage(format!(
                "{} was not made by a demo; move it away, or name another folder with --data",
                folder.display()
            )));
        }
        fs::remove_dir_all(folder).with_context(|| format!("cannot clear {}", folder.display()))?;
    }
    fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    fs::write(folder.join(MARK), "made by `chabei demo`, which clears it away\n")?;
    Ok(())
}

struct Tour<'a> {
    session: &'a Session,
    request: &'a Request,
    world: &'a Arc<World>,
    lab: &'a Lab,
    folder: &'a Path,
}

impl Tour<'_> {
    async fn nights(&self, out: &mut (impl Write + Send)) -> Result<Ended> {
        let mut is_exact = true;
        let first = self.session.clock.now();
        let mut last = None;
        for night in 1..=self.request.nights {
            // One owner of the data at a time: last night's lets go first.
            drop(last.take());
            self.lab.play(night);
            write_files(self.world, self.lab, night, self.folder)?;
            let now = first.saturating_add((24 * i64::from(night - 1)).hours())?;
            let settings = Settings::read(&self.folder.join("chabei.toml"))?;
            let session = Session {
                settings,
                data: self.folder.join("data"),
                clock: Clock::fixed(now),
                terminal: self.session.terminal.clone(),
                open: None,
                lock: None,
            };
            let data = session.data()?;
            for register in [
                Register::Providers,
                Register::Allocations,
                Register::Filings,
                Register::Candidates,
            ] {
                let is_first = night == 1;
                let request = self.import(register);
                let mut quiet = io::sink();
                let told: &mut dyn Write = if is_first { &mut *out } else { &mut quiet };
                import::import(&session, &data, &request, &mut { told })?;
            }
            let (limits, stop) = (Limits::default(), CancellationToken::new());
            let done = scan::night(&session, &data, &scan::bounds::whole(), &limits, &stop).await?;
            writeln!(out)?;
            summary::text(&done, out)?;
            let truth = self.truth()?;
            let findings = findings(&data)?;
            let comparison = compare_with(&truth, &findings, night);
            write_comparison(&comparison, night, out)?;
            is_exact &= comparison.is_exact();
            last = Some((session, data, findings));
        }
        if let Some((session, data, findings)) = last {
            let mut counts = ProviderCounts::default();
            for finding in &findings {
                counts.add(finding);
            }
            writeln!(out)?;
            providers::write(&counts, &data.names()?, session.layout(), out)?;
            self.write_next_steps(&findings, out)?;
        }
        Ok(if is_exact { Ended::Done } else { Ended::Failed })
    }

    fn import(&self, register: Register) -> Import {
        let file = match register {
            Register::Providers => "providers.csv",
            Register::Allocations => "allocations.csv",
            Register::Filings => "filings.csv",
            Register::Candidates => "candidates.txt",
            Register::Declared => "declared.csv",
        };
        Import {
            register,
            files: vec![self.folder.join(file)],
            replace: true,
            shrinks: false,
            strict: true,
            provider: None,
            kind: AllocationKind::Source,
            channel: "list".to_owned(),
            by: None,
        }
    }

    fn truth(&self) -> Result<Vec<Truth>> {
        let path: PathBuf = self.folder.join("truth.jsonl");
        let file =
            fs::File::open(&path).with_context(|| format!("cannot read {}", path.display()))?;
        Ok(read_truth(BufReader::new(file))?)
    }

    fn write_next_steps(&self, findings: &[Finding], out: &mut impl Write) -> Result<()> {
        let config = self.folder.join("chabei.toml");
        let config = config.display();
        let standing = findings.iter().find(|finding| finding.stands());
        let domain = standing.map_or_else(|| "example.cn".to_owned(), |f| f.key.target.to_string());
        let address = standing
            .and_then(|finding| finding.seen.addresses.first())
            .map_or_else(|| "127.0.0.1".to_owned(), ToString::to_string);
        writeln!(out, "\nThe findings are kept. To go on:\n")?;
        for step in [
            "findings".to_owned(),
            format!("explain {domain}"),
            format!("lookup {address} {domain}"),
        ] {
            writeln!(out, "  cargo run --release -- --config {config} {step}")?;
        }
        Ok(())
    }
}

fn findings(data: &Data) -> Result<Vec<Finding>> {
    Ok(data.findings.all().collect::<Result<_, _>>()?)
}

fn compare_with(truth: &[Truth], findings: &[Finding], night: u32) -> Comparison {
    let found: Vec<_> =
        findings.iter().map(|finding| (finding.key.clone(), finding.state)).collect();
    compare(truth, &found, night)
}

fn write_comparison(comparison: &Comparison, night: u32, out: &mut impl Write) -> io::Result<()> {
    let Comparison { expected, missed, invented, misclosed } = comparison;
    let count = |list: usize| if list == 0 { "none".to_owned() } else { list.to_string() };
    writeln!(
        out,
        "night {night} against the truth: {expected} findings must stand; {} missed, {} invented, {} closed wrongly",
        count(missed.len()),
        count(invented.len()),
        count(misclosed.len())
    )?;
    for (what, keys) in [("missed", missed), ("invented", invented)] {
        for key in keys {
            let provider = key.provider.as_ref().map_or("nobody", |id| id.as_str());
            writeln!(out, "  {what}: {} {} at {provider}", key.kind, key.target)?;
        }
    }
    for wrong in misclosed {
        writeln!(out, "  closed wrongly: {wrong:?}")?;
    }
    Ok(())
}
