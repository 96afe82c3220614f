//! A made-up quarter, as findings, checks, samples and counts have it, and the tables it makes.

use std::collections::BTreeMap;
use std::path::Path;

use chabei::facts::address_census::AddressCensus;
use chabei::facts::address_census::ProblemCount;
use chabei::facts::address_census::SubletClue;
use chabei::facts::bureau::Bureau;
use chabei::facts::census::Census;
use chabei::facts::census::FiledCount;
use chabei::facts::census::NightCount;
use chabei::facts::census::Scoped;
use chabei::facts::change::Change;
use chabei::facts::change::ChangeKind;
use chabei::facts::filing::RegisterGap;
use chabei::facts::finding::Answer;
use chabei::facts::finding::Finding;
use chabei::facts::finding::FindingKey;
use chabei::facts::finding::FindingState;
use chabei::facts::finding::Sightings;
use chabei::facts::provider::ProviderId;
use chabei::facts::range::AddressRange;
use chabei::facts::sample::Age;
use chabei::facts::sample::Deed;
use chabei::facts::sample::DeedKind;
use chabei::facts::sample::DrawnSite;
use chabei::facts::sample::Item;
use chabei::facts::sample::Reading;
use chabei::facts::sample::Rightness;
use chabei::facts::sample::Round;
use chabei::facts::sample::RowId;
use chabei::facts::sample::Sample;
use chabei::facts::sample::Stratum;
use chabei::store::findings::Findings;
use chabei::store::findings::Update;
use jiff::Timestamp;
use ulid::Ulid;

use crate::desk::Desk;

const FIXTURES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/bulletins");

pub(crate) type Row = BTreeMap<String, String>;

/// The rows of a fixture by heading.
pub(crate) fn rows(name: &str) -> Vec<Row> {
    let mut reader = csv::Reader::from_path(Path::new(FIXTURES).join(name)).unwrap();
    reader.deserialize().map(Result::unwrap).collect()
}

pub(crate) fn at(day: &str) -> Timestamp {
    format!("{day}T02:00:00+08:00").parse().unwrap()
}

fn provider(id: &str) -> Option<ProviderId> {
    id.parse().ok()
}

/// A desk with the quarter in its store.
pub(crate) fn quarter() -> Desk {
    let desk = Desk::new();
    desk.write(
        "chabei.toml",
        "[deadlines]\ncampaigns = [{ name = \"集中清理\", kind = \"unfiled\", due = \"2009-05-31\" }]\n",
    );
    let import = |day: &str, register: &str, name: &str| {
        let file = format!("{FIXTURES}/{name}");
        let now = format!("{day}T01:00:00+08:00");
        desk.run(&["--now", &now, "import", register, &file, "--strict"]).ends(0);
    };
    import("2009-04-01", "providers", "providers.csv");
    import("2009-07-02", "declared", "declared-1.csv");
    import("2009-07-03", "declared", "declared-2.csv");
    let findings = Findings::open(&desk.path("data/findings")).unwrap();
    let mut known = BTreeMap::new();
    for row in rows("events.csv") {
        tell(&findings, &mut known, &row);
    }
    for row in rows("nights.csv") {
        let gap = (!row["gap"].is_empty()).then_some(RegisterGap::Stale);
        put_night(&findings, row["night"].parse().unwrap(), at(&row["at"]), gap);
    }
    for row in rows("census.csv") {
        let count = |column: &str| {
            let domains = row[column].parse().unwrap();
            FiledCount { sites: domains, domains }
        };
        let beijing = "北京".parse().unwrap();
        let census = Census {
            as_of: at(&row["at"]),
            providers_of: None,
            is_complete: true,
            filed: Scoped {
                nation: count("domains"),
                bureaus: [(beijing, count("北京"))].into(),
                ..Scoped::default()
            },
            unplaced: 0,
        };
        findings.put_census(&census).unwrap();
    }
    put_checks(&findings, &rows("checks.csv"));
    for row in rows("sample.csv") {
        put_sample(&findings, &row);
    }
    desk
}

pub(crate) fn put_night(findings: &Findings, night: u32, at: Timestamp, gap: Option<RegisterGap>) {
    let count = NightCount { night, at, gap, examined: 9, unknown: Scoped::default() };
    findings.put_night_count(&count).unwrap();
}

/// Puts one event into the store, with the finding as it was from then on.
pub(crate) fn tell(findings: &Findings, known: &mut BTreeMap<String, Finding>, row: &Row) {
    let now = at(&row["at"]);
    let number: u128 = row["finding"].parse().unwrap();
    let finding = known.entry(row["finding"].clone()).or_insert_with(|| Finding {
        id: Ulid::from(number),
        key: FindingKey {
            target: row["domain"].parse().unwrap(),
            kind: row["kind"].parse().unwrap(),
            provider: provider(&row["provider"]),
        },
        bureau: Bureau::MINISTRY,
        channel: "list".to_owned(),
        state: FindingState::Open,
        reopened: 0,
        first_seen: now,
        last_seen: now,
        times_seen: 1,
        due: row["due"].parse().unwrap(),
        seen: Sightings::default(),
        answer: None,
        nights_in_row: 0,
        last_night: 1,
        has_lapsed: false,
    });
    finding.bureau = row["bureau"].parse().unwrap();
    finding.due = row["due"].parse().unwrap();
    let (kind, state) = match row["event"].split_once(' ') {
        None if row["event"] == "opened" => (ChangeKind::Opened, FindingState::Open),
        None => (ChangeKind::Reopened, FindingState::Open),
        Some(("closed", reason)) => {
            (ChangeKind::Closed, FindingState::Closed(reason.parse().unwrap()))
        }
        Some((_, result)) => {
            let (result, opinion) = (result.parse().unwrap(), "说明".to_owned());
            finding.answer = Some(Answer { result, opinion, at: now });
            (ChangeKind::Answered, FindingState::Answered)
        }
    };
    if kind == ChangeKind::Reopened {
        finding.answer = None;
    }
    finding.state = state;
    let change = Change {
        finding: finding.id,
        kind,
        state,
        at: now,
        reasons: vec![],
        actor: "night 1".to_owned(),
        note: None,
    };
    let update =
        Update { findings: vec![finding.clone()], changes: vec![change], ..Update::default() };
    findings.writing().apply([&update], None).unwrap();
}

pub(crate) fn put_checks(findings: &Findings, rows: &[Row]) {
    for rows in rows.chunk_by(|a, b| a["at"] == b["at"]) {
        let problems = rows.iter().map(|row| ProblemCount {
            provider: provider(&row["provider"]),
            bureau: row["bureau"].parse().unwrap(),
            standing: row["standing"].parse().unwrap(),
            new: row["new"].parse().unwrap(),
        });
        let clues = rows.iter().filter_map(|row| {
            Some(SubletClue {
                lessee: provider(&row["lessee"])?,
                lessor: provider(&row["lessor"])?,
                ranges: 1,
                example: AddressRange::new(
                    "192.0.2.0".parse().unwrap(),
                    "192.0.2.255".parse().unwrap(),
                )
                .unwrap(),
            })
        });
        let census = AddressCensus {
            at: at(&rows[0]["at"]),
            problems: problems.collect(),
            sublets: clues.collect(),
        };
        findings.bulletins().unwrap().put_address_census(&census).unwrap();
    }
}

/// Puts a provider's sample of one round, with what came back of it.
pub(crate) fn put_sample(findings: &Findings, row: &Row) {
    let samples = findings.samples().unwrap();
    let (round, drawn) = (row["round"].parse().unwrap(), at(&row["drawn"]));
    let count = |column: &str| row[column].parse::<u64>().unwrap();
    let (right, wrong, open) = (count("right"), count("wrong"), count("open"));
    let owner = provider(&row["provider"]).unwrap();
    let first = u64::from(round) * 1000 + if row["provider"] == "P2" { 0 } else { 500 };
    let site = |number: u64| DrawnSite {
        id: RowId::new(round, first + number),
        provider: owner.clone(),
        age: Age::Older,
        target: format!("s{number}.cn").parse().unwrap(),
        number: None,
        items: Item::ALL.to_vec(),
        phones: 1,
        digest: [0; 16],
    };
    let sites: Vec<DrawnSite> = (0..right + wrong + open).map(site).collect();
    let mut strata = [Stratum::default(); 3];
    strata[1] = Stratum { population: count("population"), drawn: sites.len() as u64 };
    let bureau = row["bureau"].parse().unwrap();
    let sample = Sample { round, provider: owner.clone(), bureau, strata };
    let month = "2009-05-01".parse().unwrap();
    let known = Round {
        number: round,
        drawn_at: drawn,
        month,
        seed: 1,
        register_of: drawn,
        left_out: chabei::facts::sample::LeftOut::default(),
    };
    let deed = |kind| Deed { at: drawn, by: "张".to_owned(), kind };
    let drawn_sites = sites.len() as u64;
    let deed_of_draw = deed(DeedKind::Drawn { round, sites: drawn_sites });
    samples.keeping().put_round(&known, &[sample], &sites, &deed_of_draw).unwrap();
    let readings: Vec<(RowId, Reading)> = sites
        .iter()
        .zip(0..right + wrong)
        .map(|(site, number)| {
            let access = if number < right { Rightness::Right } else { Rightness::Wrong };
            let items = Item::ALL.iter().map(|item| match item {
                Item::Provider => (*item, access),
                item => (*item, Rightness::Right),
            });
            let reading = Reading {
                at: at(&row["read"]),
                items: items.collect(),
                contact: None,
                via: None,
                kind: None,
                cause: None,
                note: None,
                caller: None,
                verified_at: None,
            };
            (site.id, reading)
        })
        .collect();
    let taken = readings.len() as u64;
    let deed_of_reading = deed(DeedKind::Read { taken, corrected: 0, refused: 0 });
    samples.keeping().put_readings(&readings, &deed_of_reading).unwrap();
}

/// The rows of each table of a bulletin in CSV, by the tab's name: what a row begins with after its
/// number, and its further cells.
pub(crate) fn tables(text: &str) -> BTreeMap<String, Vec<(String, String)>> {
    let tabs = [
        ("概况", "概况", 1, 0),
        ("附件4 （一）集中", "附件4（一）", 2, 1),
        ("附件4（一）附表", "附件4（一）附表", 2, 1),
        ("附件4 （二）", "附件4（二）", 1, 1),
        ("附件4 （三）", "附件4（三）", 2, 1),
        ("附件4 （四）", "附件4（四）", 1, 1),
        ("附件6 （一）", "附件6（一）", 1, 1),
        ("附件6 （二）1", "附件6（二）1", 2, 1),
        ("附件6 （二）2", "附件6（二）2", 1, 1),
        ("附件6 （二）3", "附件6（二）3", 3, 1),
        ("附件6 （二）4", "附件6（二）4", 1, 1),
        ("附件6 （二）5", "附件6（二）5", 1, 1),
        ("附件6 （二）6", "附件6（二）6", 1, 1),
        ("附件6 （二）7", "附件6（二）7", 1, 1),
        ("违规转租线索", "违规转租线索", 1, 1),
        ("名录中没有", "无许可证编号", 1, 1),
    ];
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .from_reader(text.trim_start_matches('\u{feff}').as_bytes());
    let mut tables: BTreeMap<String, Vec<(String, String)>> = BTreeMap::new();
    let mut open: Option<(&str, usize, usize)> = None;
    for record in reader.records().map(Result::unwrap).skip(2) {
        let first = &record[0];
        if let Some((_, tab, head, label)) = tabs.iter().find(|(title, ..)| {
            record.len() == 1 && first.starts_with(title) && first.ends_with("（草稿）")
        }) {
            tables.entry((*tab).to_owned()).or_default();
            open = Some((tab, *head, *label));
            continue;
        }
        let Some((tab, head, label)) = &mut open else { continue };
        if *head > 0 {
            *head -= 1;
        } else if record.len() > 1 {
            let cells: Vec<&str> = record.iter().skip(*label + 1).collect();
            let row = (record[*label].to_owned(), cells.join("|").trim_end_matches('|').to_owned());
            tables.get_mut(*tab).unwrap().push(row);
        }
    }
    tables
}
