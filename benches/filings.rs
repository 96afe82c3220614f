//! What a filing register of the country's size costs: to import, to open, to ask.
//!
//! `cargo bench --bench filings -- --rows 10000000` writes a table of so many filings (half as many
//! sites) into a folder of its own, lets the program import it, then asks for names that are filed and
//! names that are not: at random, as people ask, and in the register's order, as a night does. With
//! `--keep DIR` the register stays in that folder, and another run asks it again. Without `--bench` (as `cargo test --all-targets` runs it) the same on a small
//! table.

#![expect(clippy::print_stdout, reason = "a bench prints what it measured")]
#![expect(clippy::unwrap_used, reason = "a bench that cannot go on fails")]
#![expect(clippy::cast_precision_loss, reason = "figures for people")]

use std::fs;
use std::fs::File;
use std::hint::black_box;
use std::io::BufWriter;
use std::io::Write;
use std::path::Path;
use std::process::Child;
use std::process::Command;
use std::process::Stdio;
use std::time::Duration;
use std::time::Instant;

use chabei::facts::directory::Directory;
use chabei::facts::filing::FilingStatus;
use chabei::facts::provider::Provider;
use chabei::facts::provider::ProviderKind;
use chabei::facts::target::Target;
use chabei::stages::check::Filings;
use chabei::stages::check::Settings;
use chabei::store::registers::Registers;
use jiff::Timestamp;

const PROVINCES: [(&str, char); 8] = [
    ("北京", '京'),
    ("上海", '沪'),
    ("广东", '粤'),
    ("浙江", '浙'),
    ("四川", '蜀'),
    ("江苏", '苏'),
    ("福建", '闽'),
    ("河南", '豫'),
];

/// How many providers serve the sites.
const PROVIDERS: u64 = 56;

/// The name of the filing in row `row`; two rows of one site lie side by side.
fn name(row: u64) -> String {
    let mut number = row.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 20;
    let mut label = String::new();
    for _ in 0..9 {
        label.push(char::from(b'a' + u8::try_from(number % 26).unwrap()));
        number /= 26;
    }
    format!("{label}{row}.{}", ["cn", "com", "com.cn", "net"][usize::try_from(row % 4).unwrap()])
}

fn write_table(path: &Path, rows: u64) {
    let mut out = BufWriter::with_capacity(1 << 20, File::create(path).unwrap());
    writeln!(
        out,
        "域名,网站备案号,主体备案号,状态,接入服务商,IP地址列表,主办单位名称,主办单位性质,证件类型,证件号码,\
         通信地址,省份,主体负责人,网站名称,网站首页网址,网站负责人姓名,办公电话,手机号码,电子邮箱,接入方式,\
         备案日期,变更日期"
    )
    .unwrap();
    for row in 0..rows {
        let site = row / 2;
        let (province, letter) = PROVINCES[usize::try_from(site % 8).unwrap()];
        let subject = 10_000_000 + site / 3;
        writeln!(
            out,
            "{name},{letter}ICP备{subject}号-{suffix},{letter}ICP备{subject}号,有效,P{provider:03},\
             1.{a}.{b}.{c},{province}第{site}信息科技有限公司,企业,工商营业执照,91110000{site:09}X,\
             {province}某区某某路{c}号{b}室,{province},王某某,第{site}号网站,http://www.{name}/,李某某,\
             010-8{site:07},138{site:08},u{site}@example.com,虚拟主机,2009-0{month}-1{day},2025-0{month}-2{day}",
            name = name(row),
            suffix = site % 3 + 1,
            provider = 4 + site % PROVIDERS,
            a = site % 200,
            b = site / 200 % 250,
            c = site % 250,
            month = 1 + site % 9,
            day = site % 10,
        )
        .unwrap();
    }
    out.flush().unwrap();
}

/// The CPU time in seconds and the largest resident memory in MiB that `child` had; sampled, so that
/// its last moments may be missed.
fn watched(mut child: Child) -> (f64, f64) {
    let folder = format!("/proc/{}", child.id());
    let (mut cpu, mut resident) = (0.0, 0.0);
    while child.try_wait().unwrap().is_none() {
        if let Ok(stat) = fs::read_to_string(format!("{folder}/stat")) {
            let fields: Vec<&str> = stat.rsplit(')').next().unwrap().split_whitespace().collect();
            let ticks = |place: usize| fields.get(place).and_then(|text| text.parse::<f64>().ok());
            cpu = (ticks(11).unwrap_or(0.0) + ticks(12).unwrap_or(0.0)) / 100.0;
        }
        if let Ok(status) = fs::read_to_string(format!("{folder}/status")) {
            let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
            let kibibytes = line.and_then(|line| line.trim().strip_suffix(" kB"));
            resident =
                kibibytes.and_then(|text| text.parse::<f64>().ok()).unwrap_or(resident * 1024.0)
                    / 1024.0;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    assert!(child.wait().unwrap().success());
    (cpu, resident)
}

/// The seconds that this thread spent on a CPU.
fn cpu_time() -> f64 {
    let text = fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    text.split(' ').next().unwrap().parse::<f64>().unwrap() / 1e9
}

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let is_bench = arguments.iter().any(|argument| argument == "--bench");
    let value = |flag: &str| {
        let place = arguments.iter().position(|argument| argument == flag)?;
        arguments.get(place + 1).cloned()
    };
    let rows = value("--rows").map(|text| text.parse().unwrap());
    let rows: u64 = rows.unwrap_or(if is_bench { 1_000_000 } else { 2_000 });
    let scratch = tempfile::tempdir().unwrap();
    let data = value("--keep").map_or_else(|| scratch.path().join("data"), Into::into);
    if !data.join("registers").exists() {
        import(&scratch.path().join("filings.csv"), &data, rows);
    }

    let begin = Instant::now();
    let registers = Registers::open(&data.join("registers")).unwrap();
    let register = registers.filings().unwrap().unwrap();
    let filings = Filings::new(Some(register.clone()), &Settings::default(), Timestamp::UNIX_EPOCH);
    let directory = directory();
    let first: Target = name(rows / 2).parse().unwrap();
    assert!(matches!(filings.status(&first, &directory).unwrap(), FilingStatus::Active(_)));
    println!("opened, and the first answer given, in {:.1?}", begin.elapsed());

    let lookups = rows.min(1_000_000);
    let scattered = |place: u64| place.wrapping_mul(0x9e37_79b9_7f4a_7c15) % rows;
    let filed: Vec<Target> =
        (0..lookups).map(|place| name(scattered(place)).parse().unwrap()).collect();
    let absent = |place: u64| format!("x-{}", name(scattered(place))).parse().unwrap();
    let unfiled: Vec<Target> = (0..lookups).map(absent).collect();
    let count = usize::try_from(lookups).unwrap();
    let in_order: Vec<Target> = register.targets().take(count).map(Result::unwrap).collect();
    let mut unfiled_in_order = unfiled.clone();
    unfiled_in_order.sort_by_cached_key(Target::sort_key);
    ask(&filings, &directory, "filed names, at random", &filed);
    ask(&filings, &directory, "unfiled names, at random", &unfiled);
    ask(&filings, &directory, "filed names, in order", &in_order);
    ask(&filings, &directory, "unfiled names, in order", &unfiled_in_order);
}

/// Writes a table of so many filings, and lets the program import it.
fn import(table: &Path, data: &Path, rows: u64) {
    write_table(table, rows);
    let size = fs::metadata(table).unwrap().len() / (1 << 20);
    println!("{rows} filings of {} sites, a table of {size} MiB", rows / 2);
    let begin = Instant::now();
    let import = Command::new(env!("CARGO_BIN_EXE_chabei"))
        .args([Path::new("--data"), data, Path::new("import"), Path::new("filings"), table])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let (cpu, resident) = watched(import);
    println!("import: {:.1?}, {cpu:.1} s CPU, {resident:.0} MiB resident at most", begin.elapsed());
    fs::remove_file(table).unwrap();
}

/// The providers that the table names.
fn directory() -> Directory {
    let provider = |number: u64| Provider {
        id: format!("P{:03}", 4 + number).parse().unwrap(),
        name: format!("第{number}接入服务商").parse().unwrap(),
        aliases: vec![],
        kind: ProviderKind::Provider,
        bureau: None,
        licence: None,
        is_key: false,
        cname_suffixes: vec![],
        v3_id: None,
    };
    Directory::new((0..PROVIDERS).map(provider).collect())
}

/// Asks of each of `targets` whether it is filed, and prints what that cost.
fn ask(filings: &Filings, directory: &Directory, what: &str, targets: &[Target]) {
    let mut found = 0;
    let (begin, cpu) = (Instant::now(), cpu_time());
    for target in targets {
        let status = black_box(filings.status(target, directory).unwrap());
        let summary = status.summary();
        found += usize::from(summary.is_some_and(|summary| summary.are_providers_known));
    }
    let each = |time: f64| time * 1e6 / targets.len() as f64;
    let (cpu, wall) = (each(cpu_time() - cpu), each(begin.elapsed().as_secs_f64()));
    assert_eq!(found, if what.starts_with("filed") { targets.len() } else { 0 });
    println!("{} {what}: {cpu:.2} µs CPU each, {wall:.2} µs", targets.len());
}
