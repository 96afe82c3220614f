//! The providers register as a file, and the 59 key providers of the 2009 plan's annex 1.

use std::io;
use std::io::Read;

use crate::facts::provider::Provider;
use crate::facts::provider::ProviderKind;
use crate::formats::tables::Column;
use crate::formats::tables::FileError;
use crate::formats::tables::Flaw;
use crate::formats::tables::Record;
use crate::formats::tables::Rows;

const COLUMNS: &[Column] = &[
    Column { name: "id", chinese: &["标识"] },
    Column { name: "name", chinese: &["名称"] },
    Column { name: "aliases", chinese: &["别名"] },
    Column { name: "kind", chinese: &["类别"] },
    Column { name: "bureau", chinese: &["监督单位"] },
    Column { name: "licence", chinese: &["经营许可证编号"] },
    Column { name: "key_provider", chinese: &["重点"] },
    Column { name: "cname_suffixes", chinese: &["CNAME 后缀", "CNAME后缀"] },
    Column { name: "v3_id", chinese: &["V3标识", "V3 标识"] },
];

const BUILTIN: &str = include_str!("../../config/providers.csv");
const BUILTIN_CDNS: &str = include_str!("../../config/cdn-providers.csv");

/// The providers of a table.
pub fn read(input: impl Read + Send + 'static) -> Result<Rows<Provider>, FileError> {
    Rows::of_table(input, COLUMNS, &["id", "name"], provider)
}

/// The 59 key providers of annex 1, with the bureaus that supervise them.
pub fn builtin() -> Result<Rows<Provider>, FileError> {
    read(io::Cursor::new(BUILTIN))
}

/// CDNs that serve the mainland, with the suffixes of the names under which they serve.
///
/// Each suffix stands in two or more independent public tables of CDN names, or in the CDN's own
/// manual, as of 2026. Names that serve stores of objects as well, such as `aliyuncs.com` or
/// `myqcloud.com`, are left out: not everything under them is a CDN's. Suffixes come and go; a row
/// with the same id imported later takes its place.
pub fn builtin_cdns() -> Result<Rows<Provider>, FileError> {
    read(io::Cursor::new(BUILTIN_CDNS))
}

fn provider(record: &Record<'_>) -> Result<Provider, Flaw> {
    let kind = match record.cell("kind") {
        "" | "provider" | "接入服务商" => ProviderKind::Provider,
        "carrier" | "基础电信企业" => ProviderKind::Carrier,
        "cdn" | "CDN" => ProviderKind::Cdn,
        other => {
            let reason = format!("`{other}` is none of carrier, provider, cdn");
            return Err(Flaw::of("kind", reason));
        }
    };
    let licence = Some(record.cell("licence").to_owned()).filter(|text| !text.is_empty());
    let suffixes = record.list("cname_suffixes");
    let suffixes = suffixes.map(|suffix| suffix.trim_start_matches(['*', '.']).parse());
    Ok(Provider {
        id: record.cell("id").parse().map_err(|error| Flaw::of("id", error))?,
        name: record.cell("name").parse().map_err(|error| Flaw::of("name", error))?,
        aliases: record.parsed_list("aliases")?,
        kind,
        bureau: record.parsed("bureau")?,
        licence,
        is_key: record.flag("key_provider")?,
        cname_suffixes: suffixes
            .collect::<Result<_, _>>()
            .map_err(|error| Flaw::of("cname_suffixes", error))?,
        v3_id: record
            .parsed("v3_id")
            .map_err(|flaw| Flaw::of("v3_id", format!("no whole number: {}", flaw.reason)))?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::bureau::Bureau;
    use crate::formats::tables::RowError;
    use proptest::prelude::*;

    #[test]
    fn annex_1_has_59_providers_with_their_bureaus() {
        let rows = builtin().unwrap();
        assert!(rows.unknown_columns().is_empty());
        let providers: Vec<Provider> = rows.map(Result::unwrap).collect();
        assert_eq!(providers.len(), 59);
        assert!(providers.iter().all(|provider| provider.is_key && provider.bureau.is_some()));
        let carriers: Vec<_> =
            providers.iter().filter(|provider| provider.kind == ProviderKind::Carrier).collect();
        assert_eq!(carriers.len(), 3);
        assert!(carriers.iter().all(|carrier| carrier.bureau == Some(Bureau::MINISTRY)));
        assert_eq!(providers[58].id.as_str(), "P059");
        assert_eq!(providers[58].name.as_str(), "中山市金科信息科技有限公司");
    }

    #[test]
    fn the_cdns_that_are_shipped_share_neither_ids_nor_suffixes_nor_names() {
        let mut rows = builtin_cdns().unwrap();
        let cdns: Vec<Provider> = rows.by_ref().map(Result::unwrap).collect();
        assert!(rows.unknown_columns().is_empty() && cdns.len() >= 10);
        assert!(cdns.iter().all(|cdn| cdn.kind == ProviderKind::Cdn && cdn.bureau.is_some()));
        let suffixes: Vec<_> = cdns.iter().flat_map(|cdn| &cdn.cname_suffixes).collect();
        let apart: std::collections::BTreeSet<_> =
            suffixes.iter().map(|one| one.as_str()).collect();
        assert_eq!(apart.len(), suffixes.len());
        let known = builtin().unwrap().map(Result::unwrap);
        let directory = crate::facts::directory::Directory::new(known.chain(cdns).collect());
        assert!(directory.ambiguous().is_empty(), "{:?}", directory.ambiguous());
        let chain = ["www.example.cn.w.kunlunsl.com".parse().unwrap()];
        assert_eq!(directory.by_cname(&chain).unwrap().id.as_str(), "CDN-ALIYUN");
    }

    #[test]
    fn a_row_at_fault_names_its_column() {
        for (row, column) in [
            (",x,,,,,,,", "id"),
            ("P1,,,,,,,,", "name"),
            ("P1,x,,bank,,,,,", "kind"),
            ("P1,x,,,香港,,,,", "bureau"),
            ("P1,x,,,,,perhaps,,", "key_provider"),
            ("P1,x,,,,,,a b,", "cname_suffixes"),
            ("P1,x,,,,,,,minus", "v3_id"),
        ] {
            let heading: Vec<&str> = COLUMNS.iter().map(|column| column.name).collect();
            let text = format!("{}\n{row}\n", heading.join(","));
            let refused = read(io::Cursor::new(text)).unwrap().next().unwrap();
            let Err(RowError::Refused(refusal)) = refused else { panic!("{row} was taken") };
            assert_eq!((refusal.line, refusal.column.as_deref()), (2, Some(column)), "{row}");
        }
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes: Vec<u8>) {
            let text = [b"id,name,cname_suffixes,v3_id\n", &bytes[..]].concat();
            for bytes in [bytes, text] {
                if let Ok(rows) = read(io::Cursor::new(bytes)) {
                    rows.for_each(drop);
                }
            }
        }

        #[test]
        fn what_is_written_is_read_again(
            (id, name) in ("[A-Z0-9]{1,9}", "[a-z甲乙]{1,9}"),
            aliases in proptest::collection::vec("[A-Z甲乙]{1,9}", 0..4),
            (is_key, v3_id) in any::<(bool, Option<u64>)>(),
        ) {
            let v3 = v3_id.map(|id| id.to_string()).unwrap_or_default();
            let row = [id.clone(), name.clone(), aliases.join("；"), is_key.to_string(), v3];
            let text = format!("id,name,aliases,key_provider,v3_id\n{}\n", row.join(","));
            let row = read(io::Cursor::new(text)).unwrap().next().unwrap().unwrap();
            prop_assert_eq!((row.id.as_str(), row.name.as_str()), (id.as_str(), name.as_str()));
            let named: Vec<String> = row.aliases.into_iter().map(String::from).collect();
            prop_assert_eq!(named, aliases);
            prop_assert_eq!((row.is_key, row.v3_id), (is_key, v3_id));
        }
    }
}
