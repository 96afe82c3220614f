//! What the people of the invented country are called, and how they are reached.

use crate::lab::filings::pick;

const SURNAMES: [&str; 44] = [
    "王", "李", "张", "刘", "陈", "杨", "黄", "赵", "周", "吴", "徐", "孙", "马", "朱", "胡", "郭",
    "何", "高", "林", "罗", "郑", "梁", "谢", "宋", "唐", "许", "邓", "韩", "冯", "曹", "彭", "曾",
    "肖", "田", "董", "潘", "袁", "蔡", "蒋", "余", "于", "杜", "叶", "程",
];
const COMPOUND: [&str; 5] = ["欧阳", "司马", "上官", "诸葛", "慕容"];
const GIVEN: [&str; 40] = [
    "伟", "芳", "娜", "敏", "静", "强", "磊", "军", "洋", "艳", "勇", "杰", "娟", "涛", "明", "超",
    "秀", "霞", "平", "刚", "桂", "英", "华", "玉", "萍", "红", "玲", "芬", "燕", "彬", "丹", "晨",
    "旭", "佳", "欣", "宇", "浩", "雪", "梅", "波",
];
const MINORITY: [&str; 6] =
    ["阿卜杜拉·买买提", "古丽娜尔·艾山", "扎西次仁", "索朗卓玛", "才让多杰", "巴特尔·乌云"];

/// A person's name: of two or three characters as a rule.
pub(super) fn name(salt: u64) -> String {
    let given = |shift: u32| pick(&GIVEN, salt >> shift);
    match salt % 50 {
        0 => pick(&MINORITY, salt >> 8).to_owned(),
        1 => format!("{}{}{}", pick(&COMPOUND, salt >> 8), given(16), given(24)),
        2..=14 => format!("{}{}", pick(&SURNAMES, salt >> 8), given(16)),
        _ => format!("{}{}{}", pick(&SURNAMES, salt >> 8), given(16), given(24)),
    }
}

/// Digits of which the first two make sure that they neither repeat nor count.
fn digits(count: usize, salt: u64) -> String {
    let first = 2 + salt % 6;
    let second = (first + 5) % 10;
    let rest = format!("{:012}", (salt >> 3) % 1_000_000_000_000);
    let rest: String = rest.chars().rev().take(count.saturating_sub(2)).collect();
    format!("{first}{second}{rest}")
}

/// A fixed telephone in the area: eight digits in the largest cities, seven or eight elsewhere.
pub(super) fn office_phone(area: &str, salt: u64) -> String {
    let count = if area.len() == 3 || salt.is_multiple_of(2) { 8 } else { 7 };
    let local = digits(count, salt);
    match (salt >> 4) % 10 {
        0 => format!("{area}{local}"),
        1 => format!("({area}){local}"),
        2 => format!("{area}-{local}-8{:02}", salt % 100),
        _ => format!("{area}-{local}"),
    }
}

/// A mobile telephone.
pub(super) fn mobile_phone(salt: u64) -> String {
    let operator = pick(&["138", "139", "150", "186", "177", "131", "199"], salt >> 2);
    format!("{operator}{}", digits(8, salt >> 6))
}
