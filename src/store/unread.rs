//! What stands in the address register for rows that were refused: their addresses were reported all the
//! same, and it must not be said that they were not, nor whose they are.

use std::net::IpAddr;

use ipnet::IpNet;

use crate::facts::allocation::Allocation;
use crate::facts::range::AddressRange;
use crate::formats::allocations::kind_of;

/// A row of which nothing is known for each range that `cells` seem to name; `column` is at fault. Where
/// the columns of the range name none, cells may have moved, and it may stand in any of them.
pub(super) fn standing_for(
    cells: &[(&'static str, String)],
    column: Option<&str>,
) -> Vec<Allocation> {
    let cell =
        |name: &str| cells.iter().find(|(column, _)| *column == name).map(|(_, text)| &**text);
    let ends =
        [cell("start"), cell("end")].into_iter().flatten().filter_map(|text| text.parse().ok());
    let mut ranges: Vec<AddressRange> = cell("cidr").and_then(block).into_iter().collect();
    if ranges.is_empty() {
        ranges.extend(between(&ends.collect::<Vec<_>>()));
    }
    let is_in_place = !ranges.is_empty() && column != Some("kind");
    if ranges.is_empty() {
        ranges.extend(cells.iter().filter_map(|(_, text)| block(text)));
        let addresses: Vec<Option<IpAddr>> =
            cells.iter().map(|(_, text)| text.parse().ok()).collect();
        // One address by itself may be a gateway.
        let pairs = addresses.windows(2).filter_map(|pair| Some([pair[0]?, pair[1]?]));
        ranges.extend(pairs.filter_map(|pair| between(&pair)));
    }
    let provider = if column == Some("provider") { None } else { cell("provider") };
    let provider = provider.and_then(|name| name.parse().ok());
    let kind = cell("kind").filter(|_| is_in_place).and_then(kind_of);
    let stands = |range| {
        let row = Allocation::unreadable(range, provider.clone(), column.unwrap_or("row"));
        match kind {
            Some(kind) => row.seems(kind),
            None => row,
        }
    };
    ranges.into_iter().map(stands).collect()
}

/// The block that `text` lies in.
fn block(text: &str) -> Option<AddressRange> {
    text.contains('/').then(|| text.parse::<IpNet>().ok())?.map(|block| block.trunc().into())
}

/// From the least of `ends` to the greatest.
fn between(ends: &[IpAddr]) -> Option<AddressRange> {
    AddressRange::new(*ends.iter().min()?, *ends.iter().max()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::allocation::SEEMS;

    #[test]
    fn every_range_that_a_row_seems_to_name_is_told() {
        let whole = "1.2.3.0 - 1.2.3.255";
        for (cells, column, expected) in [
            (&[("cidr", "1.2.3.0/24"), ("provider", "P4"), ("use", "?")][..], "use", &[whole][..]),
            (&[("cidr", "1.2.3.9/24"), ("provider", "P4")], "cidr", &[whole]),
            (&[("start", "1.2.3.0"), ("end", "1.2.3.255"), ("provider", "P4")], "kind", &[whole]),
            (&[("start", "1.2.3.255"), ("end", "1.2.3.0"), ("provider", "P4")], "end", &[whole]),
            (&[("start", "1.2.3.4"), ("provider", "P4")], "end", &["1.2.3.4"]),
            (&[("start", "P4"), ("end", "1.2.3.0/24"), ("provider", "P4")], "start", &[whole]),
            (
                &[("start", "x"), ("provider", "1.2.3.0"), ("use", "1.2.3.255")],
                "provider",
                &[whole],
            ),
            (&[("start", "x"), ("gateway", "1.2.3.1")], "start", &[]),
        ] {
            let cells: Vec<_> =
                cells.iter().map(|(name, text)| (*name, (*text).to_owned())).collect();
            let told = standing_for(&cells, Some(column));
            let ranges: Vec<String> = told.iter().map(|row| row.range.to_string()).collect();
            assert_eq!(ranges, expected, "{cells:?}");
            let is_named = |row: &Allocation| row.provider.is_some() == (column != "provider");
            assert!(told.iter().all(|row| row.is_unreadable() && is_named(row)), "{cells:?}");
        }
        assert_eq!(standing_for(&[], None), []);
        let of_kind = |column, start: &str| {
            let cells =
                [("start", start), ("end", "1.2.3.9"), ("kind", "来源"), ("user", "1.0.0.0/8")];
            let cells = cells.map(|(name, text)| (name, text.to_owned()));
            standing_for(&cells, Some(column)).remove(0).detail(SEEMS).map(str::to_owned)
        };
        assert_eq!(of_kind("use", "1.2.3.0"), Some("source".to_owned()));
        assert_eq!(of_kind("kind", "1.2.3.0"), None);
    }
}
