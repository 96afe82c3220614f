//! The files of a simulated internet are what the registers read.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::*;
use crate::lab::truth::Truth;
use crate::lab::truth::read_truth;
use crate::lab::world::WorldSettings;
use crate::lab::world::plan;

async fn written(settings: WorldSettings, night: u32) -> (Arc<World>, tempfile::TempDir) {
    let world = Arc::new(plan(&settings));
    let lab = Lab::start(Arc::clone(&world), night).await.unwrap();
    let dir = tempfile::tempdir().unwrap();
    write_files(&world, &lab, night, dir.path()).unwrap();
    let settings = fs::read_to_string(dir.path().join("chabei.toml")).unwrap();
    assert!(settings.starts_with("# 模拟数据"));
    let table: toml::Table = settings.parse().unwrap();
    assert_eq!(table["resolve"]["servers"][0].as_str(), Some(lab.dns().to_string().as_str()));
    assert_eq!(table["probe"]["http_port"].as_integer(), Some(i64::from(lab.http_port())));
    lab.stop().await;
    (world, dir)
}

type Row = BTreeMap<String, String>;

fn table(dir: &Path, name: &str) -> Vec<Row> {
    let mut reader = csv::Reader::from_path(dir.join(name)).unwrap();
    reader.deserialize().collect::<Result<_, _>>().unwrap()
}

#[tokio::test]
async fn the_files_hold_the_whole_world() {
    let settings = WorldSettings { sites: 200, ..WorldSettings::default() };
    let (world, dir) = written(settings, 1).await;
    let truth = fs::read(dir.path().join("truth.jsonl")).unwrap();
    assert_eq!(read_truth(&truth[..]).unwrap(), world.truth().collect::<Vec<Truth>>());
    let candidates = fs::read_to_string(dir.path().join("candidates.txt")).unwrap();
    assert_eq!(candidates.lines().count(), 200);
    let providers = table(dir.path(), "providers.csv");
    assert_eq!(providers.len(), world.providers().len());
    assert!(providers.iter().any(|row| row["cname_suffixes"] == "cdn1.lab-cdn.cn;waf1.lab-cdn.cn"));
    let known: Vec<_> = providers
        .iter()
        .flat_map(|row| {
            [&row["id"], &row["name"]]
                .into_iter()
                .map(String::as_str)
                .chain(row["aliases"].split(';'))
        })
        .collect();
    let filings = table(dir.path(), "filings.csv");
    assert!(filings.len() > 40);
    let allocations = table(dir.path(), "allocations.csv");
    let named = filings.iter().flat_map(|row| row["providers"].split(';')).chain(
        allocations.iter().flat_map(|row| ["provider", "from", "to"].map(|c| row[c].as_str())),
    );
    // What is planted names one that nobody bears, as reporter, source and receiver.
    let unknown = named.filter(|name| !name.is_empty() && !known.contains(name)).count();
    assert_eq!(unknown, 3);
    assert_eq!(allocations.iter().filter(|row| row["kind"] == "registry").count(), 4);
    assert_eq!(allocations.iter().filter(|row| row["redirector"] == "true").count(), 1);
    let leftovers = fs::read_dir(dir.path()).unwrap().count();
    assert_eq!(leftovers, 6);
}

#[tokio::test]
async fn the_registers_are_those_of_the_night() {
    let settings = WorldSettings { sites: 200, ..WorldSettings::default() };
    let (world, first) = written(settings.clone(), 1).await;
    let (_, second) = written(settings, 2).await;
    let domain = |scenario: &str| {
        world.truth().find(|site| site.scenario == scenario).unwrap().domain.to_string()
    };
    let state = |dir: &tempfile::TempDir, scenario: &str| {
        let filings = table(dir.path(), "filings.csv");
        let row = filings.into_iter().find(|row| row["domain"] == domain(scenario));
        row.map(|row| row["state"].clone())
    };
    assert_eq!(state(&first, "becomes_filed"), None);
    assert_eq!(state(&second, "becomes_filed").as_deref(), Some("active"));
    assert_eq!(state(&first, "filing_lapses").as_deref(), Some("active"));
    assert_eq!(state(&second, "filing_lapses").as_deref(), Some("cancelled"));
    assert_eq!(state(&first, "shell_dead").as_deref(), Some("active"));
    let late = |dir: &tempfile::TempDir| {
        let rows = table(dir.path(), "allocations.csv").into_iter();
        rows.filter(|row| row["start"] == "127.151.0.0" && row["provider"] == "P01").count()
    };
    assert_eq!((late(&first), late(&second)), (0, 2));
}

#[tokio::test]
async fn given_lines_are_written_as_they_came() {
    let names = ["# 名单", "WWW.B.cn.", "http://a.b.cn/x?y"].map(str::to_owned).to_vec();
    let settings = WorldSettings { names: Some(names.clone()), ..WorldSettings::default() };
    let (_, dir) = written(settings, 1).await;
    let text = fs::read_to_string(dir.path().join("candidates.txt")).unwrap();
    assert_eq!(text.lines().collect::<Vec<_>>(), names);
}

#[tokio::test]
async fn a_folder_that_cannot_be_written_is_named() {
    let world = Arc::new(plan(&WorldSettings { sites: 1, ..WorldSettings::default() }));
    let lab = Lab::start(Arc::clone(&world), 1).await.unwrap();
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("file"), "").unwrap();
    let error = write_files(&world, &lab, 1, &dir.path().join("file/below")).unwrap_err();
    assert!(error.to_string().contains("file/below"), "{error}");
    lab.stop().await;
}
