//! How many findings stand at each provider, by kind.

use std::collections::BTreeMap;
use std::io;
use std::io::Write;

use crate::facts::bureau::Bureau;
use crate::facts::finding::Finding;
use crate::facts::finding::Kind;
use crate::facts::provider::ProviderId;
use crate::publish::layout::Layout;
use crate::publish::view::ProviderNames;

/// The standing findings of each provider; grows with the number of providers.
#[derive(Debug, Clone, Default)]
pub struct ProviderCounts {
    rows: BTreeMap<Option<ProviderId>, [u64; KINDS]>,
}

const KINDS: usize = Kind::ALL.len();

impl ProviderCounts {
    /// Counts `finding`, if it stands.
    pub fn add(&mut self, finding: &Finding) {
        if !finding.stands() {
            return;
        }
        let counts = self.rows.entry(finding.key.provider.clone()).or_default();
        for (kind, count) in Kind::ALL.iter().zip(counts) {
            *count += u64::from(*kind == finding.key.kind);
        }
    }
}

/// Writes a row a provider, those known by id first and nobody last, and the sum.
pub fn write(
    counts: &ProviderCounts,
    names: &ProviderNames,
    layout: Layout,
    out: &mut impl Write,
) -> io::Result<()> {
    let headings = ["标识", "接入服务商", "监督单位"].into_iter();
    let kinds = Kind::ALL.iter().map(|kind| kind.chinese());
    let mut table = layout.table(headings.chain(kinds).chain(["合计"]));
    let nobody = counts.rows.get_key_value(&None);
    let known = counts.rows.iter().filter(|(provider, _)| provider.is_some());
    let mut sum = [0; KINDS];
    for (provider, row) in known.chain(nobody) {
        let lead = match provider {
            Some(id) => [
                id.to_string(),
                names.name(id).map_or("未知".to_owned(), ToString::to_string),
                names.bureau(id).map_or("未知", Bureau::name).to_owned(),
            ],
            None => ["—".to_owned(), "无法确定".to_owned(), "—".to_owned()],
        };
        table.add_row(cells(lead, row));
        for (total, count) in sum.iter_mut().zip(row) {
            *total += count;
        }
    }
    table.add_row(cells(["合计".to_owned(), String::new(), String::new()], &sum));
    writeln!(out, "{}", layout.title("各接入服务商的发现结果"))?;
    writeln!(out, "{table}")
}

fn cells(lead: [String; 3], counts: &[u64; KINDS]) -> Vec<String> {
    let total: u64 = counts.iter().sum();
    lead.into_iter().chain(counts.iter().chain([&total]).map(ToString::to_string)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::finding::ClosedReason;
    use crate::facts::finding::FindingState;
    use crate::publish::view::tests::finding;
    use crate::publish::view::tests::names;

    #[test]
    fn only_what_stands_is_counted_by_provider_and_kind() {
        let mut counts = ProviderCounts::default();
        counts.add(&finding("a.cn"));
        counts.add(&finding("b.cn"));
        let mut shell = finding("c.cn");
        shell.key.kind = Kind::Shell;
        shell.key.provider = None;
        counts.add(&shell);
        let mut closed = finding("d.cn");
        closed.state = FindingState::Closed(ClosedReason::Gone);
        counts.add(&closed);
        let mut accruing = finding("e.cn");
        accruing.state = FindingState::Accruing;
        counts.add(&accruing);

        let mut out = Vec::new();
        let layout = Layout { is_simulated: true, width: None };
        write(&counts, &names(), layout, &mut out).unwrap();
        let text = String::from_utf8(out).unwrap();
        let rows: Vec<Vec<&str>> = text
            .lines()
            .filter(|line| line.starts_with('│'))
            .map(|line| line.trim_matches('│').split('┆').map(str::trim).collect())
            .collect();
        assert!(text.starts_with("各接入服务商的发现结果（模拟数据）\n"));
        assert_eq!(rows[0][..4], ["标识", "接入服务商", "监督单位", "未备案"]);
        assert_eq!(rows[1], ["P004", "示例接入商", "北京", "2", "0", "0", "0", "0", "0", "2"]);
        assert_eq!(rows[2], ["—", "无法确定", "—", "0", "0", "0", "1", "0", "0", "1"]);
        assert_eq!(rows[3], ["合计", "", "", "2", "0", "0", "1", "0", "0", "3"]);
        assert_eq!(rows.len(), 4);
    }
}
