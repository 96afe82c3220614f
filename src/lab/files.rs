//! The files of a simulated internet: the registers and lists to import, the configuration to scan
//! it by, and the truth to compare with.

use std::fs;
use std::fs::File;
use std::io;
use std::io::BufWriter;
use std::io::Write;
use std::path::Path;

use crate::facts::allocation::AddressUse;
use crate::facts::allocation::Allocation;
use crate::facts::filing::FilingState;
use crate::facts::provider::Provider;
use crate::facts::provider::ProviderName;
use crate::facts::target::Target;
use crate::lab::Lab;
use crate::lab::LabError;
use crate::lab::cast::Cast;
use crate::lab::ranges::written_name;
use crate::lab::world::World;

/// The columns of allocations that hold a row's details, as files call them.
const DETAILS: [&str; 8] = [
    "gateway",
    "city",
    "user",
    "user_address",
    "contact",
    "contact_phone",
    "contact_email",
    "allocated_on",
];

/// How every configuration of a lab begins.
pub const MARK: &str = "# 模拟数据 (simulated)";

/// Writes `chabei.toml`, `providers.csv`, `allocations.csv`, `filings.csv`, `candidates.txt` and
/// `truth.jsonl` into `dir`, with the registers as of `night`. Each file is replaced in one step.
/// The truth is that of all nights. Fails where the disk does.
pub fn write_files(world: &World, lab: &Lab, night: u32, dir: &Path) -> Result<(), LabError> {
    fs::create_dir_all(dir).map_err(|source| LabError::Write { path: dir.to_owned(), source })?;
    replace(&dir.join("chabei.toml"), |out| configuration(lab, out))?;
    replace(&dir.join("providers.csv"), |out| providers(world, out))?;
    replace(&dir.join("allocations.csv"), |out| allocations(world, night, out))?;
    replace(&dir.join("filings.csv"), |out| filings(world, night, out))?;
    replace(&dir.join("candidates.txt"), |out| {
        world.candidates().try_for_each(|line| writeln!(out, "{line}"))
    })?;
    replace(&dir.join("truth.jsonl"), |out| {
        for site in world.truth() {
            serde_json::to_writer(&mut *out, &site)?;
            writeln!(out)?;
        }
        Ok(())
    })
}

/// Writes a file beside `path` and puts it in its place, so that nobody reads half of it.
fn replace(
    path: &Path,
    write: impl FnOnce(&mut BufWriter<File>) -> io::Result<()>,
) -> Result<(), LabError> {
    let partial = path.with_extension("partial");
    let written = || {
        let mut out = BufWriter::new(File::create(&partial)?);
        write(&mut out)?;
        out.flush()?;
        fs::rename(&partial, path)
    };
    written().map_err(|source| LabError::Write { path: path.to_owned(), source })
}

fn configuration(lab: &Lab, out: &mut impl Write) -> io::Result<()> {
    write!(
        out,
        "\
{MARK}: the internet that this configuration scans is a lab on 127.0.0.0/8.

data = \"data\"
simulated = true

[resolve]
servers = [\"{dns}\"]
queries_per_second = 100000
timeout = \"1s\"
attempts = 4

[probe]
http_port = {http}
https_port = {https}
allow = [\"127.0.0.0/8\"]
timeout = \"2500ms\"
max_body = \"512 KiB\"

[pace]
in_flight = 512
per_address = 2000.0
per_provider = 5000.0
failures = 0              # a site where nothing listens is to be seen as such

[filings]
complete = true

[scan]
verify_filed_nights = 1
misses_to_close = 3
",
        dns = lab.dns(),
        http = lab.http_port(),
        https = lab.https_port(),
    )
}

fn joined<T: ToString>(items: &[T]) -> String {
    items.iter().map(ToString::to_string).collect::<Vec<_>>().join(";")
}

fn providers(world: &World, out: &mut impl Write) -> io::Result<()> {
    let mut table = csv::Writer::from_writer(out);
    table.write_record([
        "id",
        "name",
        "aliases",
        "kind",
        "bureau",
        "licence",
        "key_provider",
        "cname_suffixes",
        "v3_id",
    ])?;
    for one in world.providers() {
        table.write_record([
            one.id.as_str(),
            one.name.as_str(),
            &joined(&one.aliases),
            one.kind.word(),
            one.bureau.map_or("", |bureau| bureau.name()),
            one.licence.as_deref().unwrap_or_default(),
            if one.is_key { "true" } else { "false" },
            &joined(&one.cname_suffixes),
            &one.v3_id.map(|id| id.to_string()).unwrap_or_default(),
        ])?;
    }
    table.flush()
}

fn allocations(world: &World, night: u32, out: &mut impl Write) -> io::Result<()> {
    let mut table = csv::Writer::from_writer(out);
    let columns =
        ["start", "end", "provider", "kind", "from", "to", "use", "redirector", "province"];
    table.write_record(columns.iter().chain(&DETAILS))?;
    for row in world.allocations(night) {
        table.write_record(allocation_cells(&row))?;
    }
    table.flush()
}

fn allocation_cells(row: &Allocation) -> Vec<String> {
    let name =
        |name: &Option<ProviderName>| name.as_ref().map_or(String::new(), ToString::to_string);
    let address_use = match row.address_use {
        AddressUse::Static => "static",
        AddressUse::Dynamic => "dynamic",
        AddressUse::Unknown => "unknown",
        AddressUse::Unstated => "",
    };
    let mut cells = vec![
        row.range.start().to_string(),
        row.range.end().to_string(),
        name(&row.provider),
        row.kind.word().to_owned(),
        name(&row.from),
        name(&row.to),
        address_use.to_owned(),
        row.is_redirector.to_string(),
        row.province.map_or(String::new(), |bureau| bureau.name().to_owned()),
    ];
    let detail = |column: &str| row.details.iter().find(|(name, _)| name == column);
    cells.extend(
        DETAILS.map(|column| detail(column).map_or(String::new(), |(_, text)| text.clone())),
    );
    cells
}

fn filings(world: &World, night: u32, out: &mut impl Write) -> io::Result<()> {
    let mut table = csv::Writer::from_writer(out);
    table.write_record([
        "domain",
        "site_number",
        "subject_number",
        "state",
        "providers",
        "subject_name",
        "subject_kind",
        "province",
        "site_name",
        "home_url",
        "responsible_name",
        "mobile_phone",
        "filed_on",
    ])?;
    for cast in world.casts() {
        if let Some(record) = &cast.story().scene(night).record {
            table.write_record(filing_cells(cast, record.state, &record.providers))?;
        }
    }
    table.flush()
}

/// The home page of a site; one without a name is reached by its address.
fn home_url(target: &Target) -> String {
    match target {
        Target::Domain(domain) => format!("www.{domain}"),
        Target::Address(address) => address.to_string(),
    }
}

fn filing_cells(cast: Cast<'_>, state: FilingState, providers: &[&Provider]) -> [String; 13] {
    let index = cast.index();
    let state = match state {
        FilingState::Active => "active",
        FilingState::Cancelled => "cancelled",
    };
    let names: Vec<_> =
        (index..).zip(providers).map(|(turn, one)| written_name(one, turn)).collect();
    [
        cast.target().to_string(),
        cast.site_number(),
        cast.subject_number(),
        state.to_owned(),
        joined(&names),
        cast.subject_name(),
        "企业".to_owned(),
        cast.province().to_owned(),
        format!("{}网站", cast.subject_name()),
        home_url(cast.target()),
        "王小明".to_owned(),
        format!("139{:08}", (index + 20_000_019) % 100_000_000),
        format!("20{:02}-{:02}-{:02}", 10 + index % 15, 1 + index % 12, 1 + index % 28),
    ]
}

#[cfg(test)]
mod tests;
