//! Which columns of the registers hold personal data, and how they are shown without giving the
//! person away. A column that is not listed here is hidden whole.

/// Whether personal data may be seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Personal {
    /// Names, numbers and addresses of people are masked.
    #[default]
    Masked,
    /// As the register has them (`--reveal`).
    Revealed,
}

/// What a column holds, seen as data about people.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Holds {
    /// Nothing personal.
    Nothing,
    /// The name of a person.
    Person,
    /// The name of an organisation or of a person.
    Holder,
    /// The number of a licence or an identity card.
    Certificate,
    /// Telephone numbers.
    Phone,
    /// Mail addresses.
    Mail,
    /// Where somebody lives or works.
    Address,
}

const COLUMNS: &[(&str, &str, Holds)] = &[
    ("subject_name", "主办单位名称", Holds::Holder),
    ("subject_kind", "主办单位性质", Holds::Nothing),
    ("certificate_kind", "证件类型", Holds::Nothing),
    ("certificate_number", "证件号码", Holds::Certificate),
    ("investor", "投资者或上级主管单位", Holds::Holder),
    ("address", "通信地址", Holds::Address),
    ("province", "省份", Holds::Nothing),
    ("subject_responsible", "主体负责人", Holds::Person),
    ("site_name", "网站名称", Holds::Nothing),
    ("home_url", "网站首页网址", Holds::Nothing),
    ("responsible_name", "网站负责人姓名", Holds::Person),
    ("office_phone", "办公电话", Holds::Phone),
    ("mobile_phone", "手机号码", Holds::Phone),
    ("email", "电子邮箱", Holds::Mail),
    ("record_id", "记录标识", Holds::Nothing),
    ("unreadable", "无法读取", Holds::Nothing),
    ("subject_id", "主体标识", Holds::Nothing),
    ("access_ids", "接入标识", Holds::Nothing),
    ("addresses", "IP地址列表", Holds::Nothing),
    ("access_kind", "接入方式", Holds::Nothing),
    ("server_place", "服务器放置地", Holds::Nothing),
    ("approvals", "前置或专项审批", Holds::Nothing),
    ("services", "服务内容", Holds::Nothing),
    ("filed_on", "备案日期", Holds::Nothing),
    ("changed_on", "变更日期", Holds::Nothing),
    ("access_limited", "限制接入", Holds::Nothing),
    ("blacklist_level", "黑名单级别", Holds::Nothing),
    ("gateway", "网关", Holds::Nothing),
    ("city", "地市", Holds::Nothing),
    ("user", "使用单位", Holds::Holder),
    ("user_address", "单位地址", Holds::Address),
    ("contact", "联系人", Holds::Person),
    ("contact_phone", "联系人电话", Holds::Phone),
    ("contact_email", "联系人电子邮箱", Holds::Mail),
    ("allocated_on", "分配日期", Holds::Nothing),
];

/// What the name of an organisation has in it and that of a person hardly ever.
const ORGANISATIONS: &[&str] = &[
    "公司",
    "集团",
    "企业",
    "工厂",
    "中心",
    "学校",
    "大学",
    "学院",
    "中学",
    "小学",
    "幼儿园",
    "医院",
    "银行",
    "政府",
    "委员会",
    "协会",
    "学会",
    "基金会",
    "研究",
    "事务所",
    "工作室",
    "合作社",
    "商行",
    "经营部",
    "办公室",
    "报社",
    "出版社",
    "电视台",
    "电信",
    "移动",
    "联通",
    "Ltd",
    "Inc",
    "Co.",
    "Corp",
    "LLC",
];

/// What an organiser is that is no person (主办单位性质): words of registers, and the codes 1 to 4 and 6
/// of the filing interface. Whatever is not among them may be one.
const KINDS_OF_ORGANISATION: [&str; 18] = [
    "企业",
    "公司",
    "政府机关",
    "机关",
    "事业单位",
    "社会团体",
    "社团",
    "军队",
    "民办非企业",
    "基金会",
    "律师执业机构",
    "国防机构",
    "外国在华文化中心",
    "群众性团体组织",
    "司法鉴定机构",
    "宗教团体",
    "境外机构",
    "医疗机构",
];

fn is_kind_of_organisation(kind: &str) -> bool {
    matches!(kind, "1" | "2" | "3" | "4" | "6")
        || KINDS_OF_ORGANISATION.iter().any(|word| kind.starts_with(word))
}

/// The columns of one row, masked unless `personal` reveals them.
pub fn details(row: &[(String, String)], personal: Personal) -> Vec<(String, String)> {
    if personal == Personal::Revealed {
        return row.to_vec();
    }
    let is_organisation = is_organisation(row);
    let shown = |(column, value): &(String, String)| {
        (column.clone(), shown(column, value, is_organisation))
    };
    row.iter().map(shown).collect()
}

/// Whether the subject of `row` is no person; `None` where it does not tell the subject's nature.
fn is_organisation(row: &[(String, String)]) -> Option<bool> {
    let kind =
        row.iter().find(|(column, kind)| column == "subject_kind" && !kind.trim().is_empty());
    kind.map(|(_, kind)| is_kind_of_organisation(kind.trim()))
}

/// One value of `column`, masked as the nature of the subject asks for it.
fn shown(column: &str, value: &str, is_organisation: Option<bool>) -> String {
    match is_organisation.filter(|_| column == "subject_name") {
        Some(true) => value.to_owned(),
        // A person who files a site is named in this column whatever the name looks like.
        Some(false) => each(value, person),
        None => detail(column, value),
    }
}

/// One value of `column`, masked.
pub fn detail(column: &str, value: &str) -> String {
    let holds = COLUMNS.iter().find(|(name, ..)| *name == column).map(|(.., holds)| *holds);
    match holds {
        Some(Holds::Nothing) => value.to_owned(),
        Some(Holds::Person) => each(value, person),
        Some(Holds::Holder) => each(value, holder),
        Some(Holds::Certificate) => each(value, |number| ends_kept(number, 3, 2)),
        Some(Holds::Phone) => each(value, |number| ends_kept(number, 3, 2)),
        Some(Holds::Mail) => each(value, mail),
        Some(Holds::Address) => address(value),
        None if value.is_empty() => String::new(),
        None => "***".to_owned(),
    }
}

/// The cell of `column` in `row`, masked where either the column or the nature of the subject asks for it;
/// `None` where the row has no such column.
pub fn cell(row: &[(String, String)], column: &str) -> Option<String> {
    let (_, given) = row.iter().find(|(name, _)| name == column)?;
    let masked = detail(column, given);
    let is_masked = masked != *given;
    Some(if is_masked { masked } else { shown(column, given, is_organisation(row)) })
}

/// A cell that holds what its column is not for, and so perhaps what belongs into another: shown only where
/// it cannot be anybody's name, number or mail address.
pub fn stray(value: &str) -> String {
    const LONGEST_NUMBER: usize = 6;
    let has_long_number =
        value.split(|c: char| !c.is_ascii_digit()).any(|digits| digits.len() > LONGEST_NUMBER);
    let is_harmless = value.is_ascii() && !value.contains(['@', ' ']) && !has_long_number;
    if is_harmless { value.to_owned() } else { "***".to_owned() }
}

/// The Chinese heading of `column`, or the column's own name.
pub fn heading(column: &str) -> &str {
    COLUMNS.iter().find(|(name, ..)| *name == column).map_or(column, |(_, chinese, _)| chinese)
}

/// Masks each of several values in a cell.
fn each(value: &str, mask: impl Fn(&str) -> String) -> String {
    let masked = |part: &str| if part.is_empty() { String::new() } else { mask(part) };
    value.split(';').map(str::trim).map(masked).collect::<Vec<_>>().join(";")
}

fn person(name: &str) -> String {
    name.chars().take(1).chain("**".chars()).collect()
}

fn holder(name: &str) -> String {
    if ORGANISATIONS.iter().any(|word| name.contains(word)) {
        name.to_owned()
    } else {
        person(name)
    }
}

/// `text` with stars between its first `head` and last `tail` characters; all stars where nothing
/// would be left to hide.
fn ends_kept(text: &str, head: usize, tail: usize) -> String {
    let characters: Vec<char> = text.chars().collect();
    let hidden = characters.len().saturating_sub(head + tail);
    if hidden == 0 {
        return "*".repeat(characters.len());
    }
    let star = |(index, c): (usize, &char)| {
        if (head..head + hidden).contains(&index) { '*' } else { *c }
    };
    characters.iter().enumerate().map(star).collect()
}

fn mail(address: &str) -> String {
    match address.rsplit_once('@') {
        Some((user, domain)) => {
            let first: String = user.chars().take(1).collect();
            format!("{first}***@{domain}")
        }
        None => "***".to_owned(),
    }
}

fn address(place: &str) -> String {
    let kept: String = place.chars().take(6).collect();
    if kept.len() == place.len() { kept } else { format!("{kept}***") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_column_is_masked_in_its_own_way() {
        for (column, value, expected) in [
            ("responsible_name", "王小明", "王**"),
            ("responsible_name", "王", "王**"),
            ("subject_responsible", "王小明; 李雷", "王**;李**"),
            ("certificate_number", "110101199001011234", "110*************34"),
            ("certificate_number", "12345", "*****"),
            ("mobile_phone", "13812345678", "138******78"),
            ("office_phone", "010-12345678;021-87654321", "010*******78;021*******21"),
            ("email", "wang@example.cn", "w***@example.cn"),
            ("email", "not a mail address", "***"),
            ("address", "北京市海淀区中关村大街1号", "北京市海淀区***"),
            ("address", "北京市", "北京市"),
            ("user", "示例科技有限公司", "示例科技有限公司"),
            ("user", "王小明", "王**"),
            ("site_name", "示例网站", "示例网站"),
            ("contact", "", ""),
            ("a_column_of_tomorrow", "王小明", "***"),
            ("a_column_of_tomorrow", "", ""),
        ] {
            assert_eq!(detail(column, value), expected, "{column} {value}");
        }
    }

    #[test]
    fn what_strayed_into_a_column_is_not_shown() {
        for (value, expected) in [
            ("192.168.1.X", "192.168.1.X"),
            ("www..cn", "www..cn"),
            ("13912345678", "***"),
            ("wang@example.cn", "***"),
            ("王小明", "***"),
            ("Wang Xiaoming", "***"),
        ] {
            assert_eq!(stray(value), expected, "{value}");
        }
    }

    #[test]
    fn a_cell_is_masked_by_its_column_or_by_the_nature_of_its_subject() {
        let row = |kind: &str, name: &str| {
            [("subject_kind", kind), ("subject_name", name)]
                .map(|(column, value)| (column.to_owned(), value.to_owned()))
        };
        let name = |kind: &str, name: &str| cell(&row(kind, name), "subject_name").unwrap();
        assert_eq!(name("企业", "示例有限公司"), "示例有限公司");
        assert_eq!(name("企业", "110101199001011234"), "1**");
        assert_eq!(name("个人", "王公司"), "王**");
        assert_eq!(cell(&row("企业", ""), "email"), None);
    }

    #[test]
    fn the_nature_of_the_subject_decides_on_its_name() {
        let row = |kind: &str, name: &str| {
            [("subject_kind", kind), ("subject_name", name)]
                .map(|(column, value)| (column.to_owned(), value.to_owned()))
        };
        for (kind, name, expected) in [
            ("企业", "示例商号", "示例商号"),
            ("个人", "王公司", "王**"),
            ("5", "王小明", "王**"),
            ("", "王小明", "王**"),
            ("", "示例有限公司", "示例有限公司"),
        ] {
            assert_eq!(details(&row(kind, name), Personal::Masked)[1].1, expected, "{kind} {name}");
            assert_eq!(details(&row(kind, name), Personal::Revealed)[1].1, name);
        }
    }
}
