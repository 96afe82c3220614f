//! The tables of a bulletin under the headings of the plan, in its order, and beside them what it does
//! not have: the whole in short, stock and new apart, clues.

mod extra;

use crate::facts::declared::Stage;
use crate::publish::bulletin::Bulletin;
use crate::publish::bulletin::Problems;
use crate::publish::bulletin::ProvinceRow;
use crate::publish::bulletin::Sites;
use crate::publish::bulletin::sheet::Head;
use crate::publish::bulletin::sheet::Head::Column;
use crate::publish::bulletin::sheet::Head::Group;
use crate::publish::bulletin::sheet::Sheet;
use crate::publish::grid::Figure;

const ANNEX_4: Option<&str> = Some("附件4");
const ANNEX_6: Option<&str> = Some("附件6");

/// Every table.
pub(super) fn sheets(bulletin: &Bulletin) -> Vec<Sheet> {
    let mut sheets = vec![
        extra::overview(bulletin),
        providers(bulletin),
        extra::ages(bulletin),
        punished(bulletin),
        systems(bulletin),
        sublets(bulletin),
        tasks(bulletin),
        provinces(bulletin),
        punished_by_province(bulletin),
        systems_by_province(bulletin),
    ];
    sheets.extend(by_province(bulletin));
    sheets.push(extra::clues(bulletin));
    sheets.push(extra::without_licence(bulletin));
    sheets
}

/// The remarks on `table`.
fn notes(bulletin: &Bulletin, table: &str) -> Vec<String> {
    let own = bulletin.notes.iter().filter(|note| note.table == table);
    own.map(|note| note.text.clone()).collect()
}

fn text(text: &(impl ToString + ?Sized)) -> Figure {
    Figure::Text(text.to_string())
}

fn numbered<T>(rows: &[T], cells: impl Fn(&T) -> Vec<Figure>) -> Vec<Vec<Figure>> {
    let numbered = (1..).zip(rows);
    numbered.map(|(number, row)| [vec![Figure::Count(number)], cells(row)].concat()).collect()
}

fn number() -> Head {
    Column("序号", 6)
}

/// The three groups of figures that providers and provinces have.
fn figures() -> [Head; 3] {
    [
        Group(
            "未备案网站接入情况",
            vec![Column("接入未备案网站总量", 12), Column("尚未处理的未备案网站数量", 14)],
        ),
        Group(
            "ICP备案信息准确率",
            vec![
                Column("首次抽查的ICP备案信息准确率", 15),
                Column("本次抽查的ICP备案信息准确率", 15),
            ],
        ),
        Group(
            "系统提示的IP地址报备问题",
            vec![
                Column("系统提示的IP地址报备问题总量", 15),
                Column("尚未处理的IP地址报备问题数量", 15),
            ],
        ),
    ]
}

fn figures_of(
    unfiled: Option<&Sites>,
    accuracy: [Option<f64>; 2],
    problems: Option<&Problems>,
) -> Vec<Figure> {
    vec![
        Figure::count(unfiled.map(|sites| sites.total)),
        Figure::count(unfiled.map(|sites| sites.left)),
        Figure::share(accuracy[0]),
        Figure::share(accuracy[1]),
        Figure::count(problems.map(|problems| problems.total)),
        Figure::count(problems.map(|problems| problems.left)),
    ]
}

fn providers(bulletin: &Bulletin) -> Sheet {
    let head = [number(), Column("接入服务商名称", 34)].into_iter().chain(figures());
    Sheet {
        tab: "附件4（一）",
        annex: ANNEX_4,
        title: "（一）集中清理期间接入服务商工作落实情况通报",
        head: head.collect(),
        rows: numbered(&bulletin.providers, |row| {
            let accuracy = [row.accuracy_first, row.accuracy_current];
            let figures = figures_of(row.unfiled.as_ref(), accuracy, row.problems.as_ref());
            [vec![text(&row.provider.name)], figures].concat()
        }),
        merged: None,
        notes: notes(bulletin, "4.1"),
    }
}

fn punished(bulletin: &Bulletin) -> Sheet {
    Sheet {
        tab: "附件4（二）",
        annex: ANNEX_4,
        title: "（二）新增问题查处情况通报",
        head: vec![number(), Column("被查处的接入服务商名称", 34), Column("被查处原因", 50)],
        rows: numbered(&bulletin.punished, |row| vec![text(&row.provider.name), text(&row.reason)]),
        merged: None,
        notes: notes(bulletin, "4.2"),
    }
}

const STAGES: [&str; 5] = ["立项", "可研", "开发", "测试", "上线"];

fn systems(bulletin: &Bulletin) -> Sheet {
    let stages = STAGES.map(|stage| Column(stage, 9)).into();
    let stage = |stage: &Option<Stage>| Figure::text(stage.map(Stage::chinese));
    Sheet {
        tab: "附件4（三）",
        annex: ANNEX_4,
        title: "（三）接入服务商技术手段落实情况通报",
        head: vec![number(), Column("接入服务商名称", 34), Group("本月系统建设进度", stages)],
        rows: numbered(&bulletin.systems, |row| {
            let name = vec![text(&row.provider.name)];
            [name, row.stages.iter().map(stage).collect()].concat()
        }),
        merged: None,
        notes: notes(bulletin, "4.3"),
    }
}

fn sublet_heads() -> [Head; 2] {
    [Column("需要被清理的下级接入服务商总量", 22), Column("尚未被清理的下级接入服务商数量", 22)]
}

fn sublets(bulletin: &Bulletin) -> Sheet {
    Sheet {
        tab: "附件4（四）",
        annex: ANNEX_4,
        title: "（四）接入服务商违规转租行为清理情况通报",
        head: [number()].into_iter().chain(sublet_heads()).collect(),
        rows: numbered(&bulletin.sublets, |row| {
            vec![Figure::count(row.total), Figure::count(row.left)]
        }),
        merged: None,
        notes: notes(bulletin, "4.4"),
    }
}

fn tasks(bulletin: &Bulletin) -> Sheet {
    let rows = bulletin.tasks.iter().map(|row| {
        let task = &row.task;
        let texts = [&task.task, &task.content, &task.lead, &task.others, &task.due].map(text);
        let progress = Figure::text(row.progress.as_ref());
        [vec![Figure::Count(task.number.into())], texts.to_vec(), vec![progress]].concat()
    });
    Sheet {
        tab: "附件6（一）",
        annex: ANNEX_6,
        title: "（一）总体进度通报表",
        head: vec![
            number(),
            Column("工作任务", 18),
            Column("工作内容和要求", 32),
            Column("牵头单位", 20),
            Column("参加单位", 32),
            Column("时间要求", 16),
            Column("本月进度", 32),
        ],
        rows: rows.collect(),
        merged: Some(1),
        notes: notes(bulletin, "6.1"),
    }
}

fn provinces(bulletin: &Bulletin) -> Sheet {
    let last = [
        Column("管局超期未审核的备案申请量", 14),
        Column("需管局处理的垃圾数据", 12),
        Column("当地接入服务商超期未核实的自主备案申请量", 18),
    ];
    let head = [number(), Column("省份", 9)].into_iter().chain(figures()).chain(last);
    Sheet {
        tab: "附件6（二）1",
        annex: ANNEX_6,
        title: "（二）1、集中清理期间各省工作进展情况通报表",
        head: head.collect(),
        rows: numbered(&bulletin.provinces, |row| {
            let accuracy = [row.accuracy_first, row.accuracy_current];
            let figures = figures_of(row.unfiled.as_ref(), accuracy, row.problems.as_ref());
            let last =
                [row.overdue_at_bureau, row.garbage, row.overdue_at_providers].map(Figure::count);
            [vec![text(&row.bureau)], figures, last.to_vec()].concat()
        }),
        merged: None,
        notes: notes(bulletin, "6.2.1"),
    }
}

fn punished_by_province(bulletin: &Bulletin) -> Sheet {
    Sheet {
        tab: "附件6（二）2",
        annex: ANNEX_6,
        title: "（二）2、各省新增问题查处情况通报",
        head: vec![
            number(),
            Column("省份", 9),
            Column("被查处的接入服务商名称", 34),
            Column("被查处原因", 50),
        ],
        rows: numbered(&bulletin.punished, |row| {
            vec![Figure::text(row.bureau), text(&row.provider.name), text(&row.reason)]
        }),
        merged: None,
        notes: notes(bulletin, "6.2.2"),
    }
}

fn systems_by_province(bulletin: &Bulletin) -> Sheet {
    let stage =
        |stage| Group(stage, vec![Column("重点接入服务商总量", 10), Column("已完成数量", 8)]);
    Sheet {
        tab: "附件6（二）3",
        annex: ANNEX_6,
        title: "（二）3、各省接入服务商技术手段落实情况通报",
        head: vec![
            number(),
            Column("省份", 9),
            Group("该省接入服务商系统建设进度", STAGES.map(stage).into()),
        ],
        rows: numbered(&bulletin.provinces, |row| {
            let stages = row.stages_done.iter();
            let stages =
                stages.flat_map(|done| [Figure::Count(row.key_providers), Figure::count(*done)]);
            [text(&row.bureau)].into_iter().chain(stages).collect()
        }),
        merged: None,
        notes: notes(bulletin, "6.2.3"),
    }
}

/// The province tables four to seven.
fn by_province(bulletin: &Bulletin) -> Vec<Sheet> {
    let of = |tab, table, title, heads: Vec<Head>, cells: fn(&ProvinceRow) -> Vec<Figure>| Sheet {
        tab,
        annex: ANNEX_6,
        title,
        head: [number(), Column("省份", 9)].into_iter().chain(heads).collect(),
        rows: numbered(&bulletin.provinces, |row| [vec![text(&row.bureau)], cells(row)].concat()),
        merged: None,
        notes: notes(bulletin, table),
    };
    vec![
        of(
            "附件6（二）4",
            "6.2.4",
            "（二）4、各省接入服务商违规转租接入行为清理情况通报",
            sublet_heads().into(),
            |row| vec![Figure::count(row.sublets_total), Figure::count(row.sublets_left)],
        ),
        of(
            "附件6（二）5",
            "6.2.5",
            "（二）5、各省超期未审核的备案申请数量",
            vec![Column("超期未审核的备案申请量", 22)],
            |row| vec![Figure::count(row.overdue_at_bureau)],
        ),
        of(
            "附件6（二）6",
            "6.2.6",
            "（二）6、需管局处理的垃圾数据",
            vec![Column("需管局处理的垃圾数据", 22)],
            |row| vec![Figure::count(row.garbage)],
        ),
        of(
            "附件6（二）7",
            "6.2.7",
            "（二）7、当地接入服务商超期未核实的自主备案申请量",
            vec![Column("当地接入服务商超期未核实的自主备案申请量", 30)],
            |row| vec![Figure::count(row.overdue_at_providers)],
        ),
    ]
}
