//! What the plan's tables do not have and their readers ask for, beside them and never mixed in.

use crate::publish::bulletin::Bulletin;
use crate::publish::bulletin::Sites;
use crate::publish::bulletin::sheet::Head::Column;
use crate::publish::bulletin::sheet::Head::Group;
use crate::publish::bulletin::sheet::Sheet;
use crate::publish::bulletin::sheets::notes;
use crate::publish::bulletin::sheets::number;
use crate::publish::bulletin::sheets::numbered;
use crate::publish::bulletin::sheets::text;
use crate::publish::grid::Figure;
use crate::publish::grid::per_cent;

/// The whole in short.
pub(super) fn overview(bulletin: &Bulletin) -> Sheet {
    let overview = &bulletin.overview;
    let target = overview.target.as_ref();
    let target =
        target.map(|target| format!("目标 {}（{} 前）", per_cent(target.rate), target.due));
    let reason = overview.no_rate.as_ref().map(|reason| format!("无法计算：{reason}"));
    let unfiled = |figure: fn(&Sites) -> u64| Figure::count(overview.unfiled.as_ref().map(figure));
    let mut rows = vec![
        vec![text("本月全量检测次数"), Figure::Count(overview.nights), text("")],
        vec![text("已备案域名"), Figure::count(overview.filed), text("")],
        vec![
            text("网站备案率"),
            Figure::share(overview.filing_rate),
            text(&reason.or(target).unwrap_or_default()),
        ],
        vec![text("接入未备案网站总量"), unfiled(|sites| sites.total), text("")],
        vec![text("尚未处理的未备案网站数量"), unfiled(|sites| sites.left), text("")],
        vec![text("其中：有异议"), unfiled(|sites| sites.disputed), text("")],
        vec![text("其中：未答复"), unfiled(|sites| sites.unanswered), text("")],
        vec![text("其中：逾期"), unfiled(|sites| sites.overdue), text("")],
        vec![text("本月死灰复燃"), unfiled(|sites| sites.reopened), text("")],
    ];
    for row in overview.kinds.iter().filter(|row| row.kind != crate::facts::finding::Kind::Unfiled)
    {
        let left = format!("尚未处理 {}", row.left);
        rows.push(vec![
            text(&format!("另：{}", row.kind.chinese())),
            Figure::Count(row.total),
            text(&left),
        ]);
    }
    Sheet {
        tab: "概况",
        annex: None,
        title: "概况",
        head: vec![Column("项目", 28), Column("数值", 14), Column("说明", 40)],
        rows,
        merged: None,
        notes: notes(bulletin, "overview"),
    }
}

/// Stock and new apart, and what became of answers.
pub(super) fn ages(bulletin: &Bulletin) -> Sheet {
    let pair = || vec![Column("总量", 9), Column("尚未处理", 9)];
    Sheet {
        tab: "附件4（一）附表",
        annex: None,
        title: "附件4（一）附表 存量与新增、有异议与未答复",
        head: vec![
            number(),
            Column("接入服务商名称", 34),
            Group("存量", pair()),
            Group("新增", pair()),
            Group(
                "尚未处理的未备案网站",
                vec![Column("有异议", 9), Column("未答复", 9), Column("逾期", 9)],
            ),
            Column("本月死灰复燃", 10),
        ],
        rows: numbered(&bulletin.providers, |row| {
            let sites = row.unfiled.as_ref();
            let ages = sites.and_then(|sites| sites.ages.as_ref());
            vec![
                text(&row.provider.name),
                Figure::count(ages.map(|ages| ages.stock_total)),
                Figure::count(ages.map(|ages| ages.stock_left)),
                Figure::count(ages.map(|ages| ages.new_total)),
                Figure::count(ages.map(|ages| ages.new_left)),
                Figure::count(sites.map(|sites| sites.disputed)),
                Figure::count(sites.map(|sites| sites.unanswered)),
                Figure::count(sites.map(|sites| sites.overdue)),
                Figure::count(sites.map(|sites| sites.reopened)),
            ]
        }),
        merged: None,
        notes: notes(bulletin, "ages"),
    }
}

/// Clues to subletting.
pub(super) fn clues(bulletin: &Bulletin) -> Sheet {
    let rows = bulletin.clues.as_deref().unwrap_or_default();
    Sheet {
        tab: "违规转租线索",
        annex: None,
        title: "违规转租线索",
        head: vec![
            number(),
            Column("接入服务商名称", 34),
            Column("监督单位", 10),
            Column("IP地址来源单位", 34),
            Column("地址段数", 9),
            Column("地址段举例", 34),
        ],
        rows: numbered(rows, |row| {
            vec![
                text(&row.lessee.name),
                Figure::text(row.lessee.bureau),
                text(&row.lessor.name),
                Figure::Count(row.ranges),
                text(&row.example),
            ]
        }),
        merged: None,
        notes: notes(bulletin, "clues"),
    }
}

/// Who has no licence number.
pub(super) fn without_licence(bulletin: &Bulletin) -> Sheet {
    Sheet {
        tab: "无许可证编号",
        annex: None,
        title: "名录中没有经营许可证编号的接入服务商",
        head: vec![number(), Column("接入服务商名称", 34), Column("监督单位", 10)],
        rows: numbered(&bulletin.without_licence, |row| {
            vec![text(&row.name), Figure::text(row.bureau)]
        }),
        merged: None,
        notes: vec!["基础电信企业除外；名录未填不等于没有许可证，仅供核查".to_owned()],
    }
}
