//! What readers of a bulletin must know: how figures are counted, and what is missing.

use crate::facts::bureau::Bureau;
use crate::facts::provider::ProviderId;
use crate::publish::bulletin::Bulletin;
use crate::publish::bulletin::Note;
use crate::publish::bulletin::ProvinceRow;
use crate::publish::bulletin::compose::Known;
use crate::publish::text::listed;

/// The remarks on `bulletin`, table by table.
pub(super) fn remarks(known: &Known<'_>, bulletin: &Bulletin) -> Vec<Note> {
    let mut notes = Notes(Vec::new());
    counting(known, bulletin, &mut notes);
    missing(known, bulletin, &mut notes);
    notes.0
}

struct Notes(Vec<Note>);

impl Notes {
    fn add(&mut self, tables: &[&str], text: impl Into<String>) {
        let text = text.into();
        let note = |table: &&str| Note { table: (*table).to_owned(), text: text.clone() };
        self.0.extend(tables.iter().map(note));
    }
}

/// How figures are counted.
fn counting(known: &Known<'_>, bulletin: &Bulletin, notes: &mut Notes) {
    if !bulletin.is_over {
        notes.add(&["overview"], format!("本月尚未结束，数据截至{}", bulletin.as_of));
    }
    notes.add(
        &["4.1", "6.2.1"],
        "总量：本月内任一时刻存在的未备案网站（每个域名在每家接入服务商计一次）；尚未处理：月末仍存在的。\
         已撤回和豁免的不计",
    );
    let age = match &known.campaign {
        Some(campaign) => format!(
            "{}（{}）当日及以前首次发现的为存量，以后首次发现的为新增",
            campaign.name, campaign.due
        ),
        None => "没有已到期的集中清理，不分存量与新增（配置 [deadlines] campaigns）".to_owned(),
    };
    notes.add(&["ages"], age);
    notes.add(
        &["ages"],
        "有异议：月末接入服务商答复有异议或非本单位接入的；未答复：月末没有答复，或答复未获认可的",
    );
    let names = bulletin.sublets.iter().zip(1..);
    let names: Vec<_> =
        names.map(|(row, number)| format!("{number} {}", row.provider.name)).collect();
    if !names.is_empty() {
        notes.add(&["4.4"], format!("序号所指：{}", names.join("；")));
    }
    notes.add(
        &["clues"],
        "线索：IP地址来源单位不是基础电信企业的接入服务商。仅供核查，不计入违规转租清理情况表",
    );
}

/// What nobody knows.
fn missing(known: &Known<'_>, bulletin: &Bulletin, notes: &mut Notes) {
    if known.nights == 0 {
        notes.add(
            &["4.1", "6.2.1", "ages", "overview"],
            "本月没有能判断是否备案的全量检测，未发现不等于没有，以“—”表示",
        );
    }
    if !known.addresses.is_known {
        notes.add(&["4.1", "6.2.1", "clues"], "尚未核查IP地址报备信息，以“—”表示");
    }
    if bulletin.providers.iter().any(|row| row.accuracy_current.is_none()) {
        notes.add(&["4.1"], "没有抽查核实结果的，准确率以“—”表示");
    }
    if bulletin.provinces.iter().any(|row| row.accuracy_current.is_none()) {
        notes.add(&["6.2.1"], "没有抽查核实结果的，准确率以“—”表示");
    }
    if bulletin.clues.as_ref().is_some_and(Vec::is_empty) {
        notes.add(&["clues"], "最近一次核查没有发现线索");
    }
    if bulletin.punished.is_empty() {
        notes.add(&["4.2", "6.2.2"], "本月没有申报查处情况");
    }
    if bulletin.systems.iter().any(|row| row.stages.contains(&None)) {
        notes.add(&["4.3"], "未申报的以“—”表示");
    }
    if bulletin.sublets.iter().any(|row| row.total.is_none() || row.left.is_none()) {
        notes.add(&["4.4"], "未申报的以“—”表示");
    }
    if bulletin.tasks.iter().any(|row| row.progress.is_none()) {
        notes.add(&["6.1"], "未申报的以“—”表示");
    }
    let rows = &bulletin.provinces;
    let lacks = |is_missing: fn(&ProvinceRow) -> bool| rows.iter().any(is_missing);
    for (table, is_missing) in [
        ("6.2.4", lacks(|row| row.sublets_total.is_none() || row.sublets_left.is_none())),
        ("6.2.5", lacks(|row| row.overdue_at_bureau.is_none())),
        ("6.2.6", lacks(|row| row.garbage.is_none())),
        ("6.2.7", lacks(|row| row.overdue_at_providers.is_none())),
    ] {
        if is_missing {
            notes.add(&[table], "未申报的以“—”表示");
        }
    }
    let undeclared: Vec<String> =
        rows.iter().filter_map(|row| undeclared(known, row.bureau)).collect();
    if !undeclared.is_empty() {
        notes
            .add(&["6.2.3"], format!("未全部申报，已完成数量只计已申报的：{}", listed(undeclared)));
    }
}

/// How many key providers of `bureau` declared no stage.
fn undeclared(known: &Known<'_>, bureau: Bureau) -> Option<String> {
    let key = known.roster.iter().filter(|one| one.is_key && one.bureau == Some(bureau));
    let key: Vec<&ProviderId> = key.map(|provider| &provider.id).collect();
    let undeclared = key.len() - known.declared.have_declared(&key);
    (undeclared > 0).then(|| format!("{}{undeclared}家", bureau.name()))
}
