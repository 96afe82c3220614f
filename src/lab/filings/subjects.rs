//! The subjects of the invented country: what they are, what they are called, where they are.

use crate::facts::subject::SubjectKind;
use crate::lab::filings::certificates;
use crate::lab::filings::people;
use crate::lab::filings::pick;
use crate::lab::filings::places::PLACES;
use crate::lab::filings::places::Place;

const WORDS: [&str; 24] = [
    "鸿达", "瑞兴", "锦源", "天通", "新诚", "华明", "恒泰", "金鼎", "宏图", "启航", "博雅", "联创",
    "永盛", "嘉禾", "卓越", "正阳", "佳美", "远景", "德润", "安捷", "益康", "东升", "西子", "南洋",
];
const TRADES: [&str; 16] = [
    "机械",
    "食品",
    "建材",
    "电子商务",
    "旅行社",
    "化工",
    "服装",
    "物流",
    "装饰工程",
    "环保科技",
    "仪器",
    "园林",
    "汽车配件",
    "家具",
    "信息技术",
    "贸易",
];
const HOBBIES: [&str; 8] = ["收藏", "日记", "相册", "笔记", "小站", "摄影", "园艺", "手工"];
const ROADS: [&str; 10] = [
    "人民路",
    "解放路",
    "中山路",
    "建设大街",
    "和平街",
    "新华路",
    "文昌路",
    "长江路",
    "朝阳路",
    "学府街",
];

/// A subject.
#[derive(Debug, Clone)]
pub(super) struct Subject {
    /// Which one.
    index: u64,
    salt: u64,
    /// What it is.
    pub(super) kind: SubjectKind,
    /// Where it is, by its place in [`PLACES`].
    pub(super) place: usize,
    name: String,
}

impl Subject {
    pub(super) fn new(index: u64, salt: u64) -> Self {
        let kind = match salt % 1_000 {
            0..=699 => SubjectKind::Enterprise,
            700..=919 => SubjectKind::Person,
            920..=949 => SubjectKind::Institution,
            950..=969 => SubjectKind::Government,
            970..=984 => SubjectKind::Society,
            985..=991 => SubjectKind::PrivateNonEnterprise,
            992..=996 => SubjectKind::Foundation,
            _ => SubjectKind::Army,
        };
        let place = usize::try_from(index).unwrap_or(0) % PLACES.len();
        let name = name(kind, &PLACES[place], salt >> 10);
        Self { index, salt: salt >> 10, kind, place, name }
    }

    fn at(&self) -> &'static Place {
        &PLACES[self.place]
    }

    /// When it was first filed.
    fn year(&self) -> u64 {
        2005 + (self.index / 31 / 1_000_000 + self.salt % 2 * 10) % 20
    }

    /// Its number: no two are alike, of eight digits for one half and ten for the other.
    pub(super) fn number(&self) -> String {
        let serial = self.index / 31 % 1_000_000;
        let year = self.year();
        let prefix = self.at().prefix;
        if self.salt.is_multiple_of(2) {
            format!("{prefix}ICP备{:02}{serial:06}号", year % 100)
        } else {
            format!("{prefix}ICP备{year}{serial:06}号")
        }
    }

    /// The name of one of its sites.
    pub(super) fn site_name(&self, site: u32) -> String {
        let word = pick(&WORDS, (self.salt >> 3) + u64::from(site));
        match self.kind {
            SubjectKind::Person => format!("{word}{}", pick(&HOBBIES, self.salt >> 7)),
            SubjectKind::Enterprise if site == 1 && self.salt.is_multiple_of(3) => {
                self.name.clone()
            }
            SubjectKind::Enterprise => format!("{word}{}", pick(&TRADES, self.salt >> 11)),
            _ if site == 1 => self.name.clone(),
            _ => format!("{}{word}服务平台", self.at().city),
        }
    }

    /// The columns that are the same in all its records.
    pub(super) fn details(&self) -> Vec<(String, String)> {
        let at = self.at();
        let (certificate, number) = certificates::certificate(self.kind, at.code, self.salt);
        let responsible = if self.kind == SubjectKind::Person {
            self.name.clone()
        } else {
            people::name(self.salt >> 5)
        };
        let (month, day) = (1 + self.salt % 12, 1 + (self.salt >> 4) % 28);
        let filed = format!("{}-{month:02}-{day:02}", self.year());
        let changed = if self.salt.is_multiple_of(3) {
            format!("{}-{month:02}-{day:02}", self.year() + 1)
        } else {
            String::new()
        };
        let columns = [
            ("subject_name", self.name.clone()),
            ("subject_kind", kind_word(self.kind).to_owned()),
            ("certificate_kind", certificate.to_owned()),
            ("certificate_number", number),
            ("investor", self.investor()),
            ("address", self.address()),
            ("province", at.province.to_owned()),
            ("subject_responsible", responsible.clone()),
            (
                "responsible_name",
                if self.salt.is_multiple_of(4) {
                    people::name(self.salt >> 9)
                } else {
                    responsible
                },
            ),
            ("office_phone", people::office_phone(at.area, self.salt >> 2)),
            ("mobile_phone", people::mobile_phone(self.salt >> 6)),
            ("approvals", String::new()),
            ("filed_on", filed),
            ("changed_on", changed),
        ];
        columns.map(|(column, text)| (column.to_owned(), text)).to_vec()
    }

    fn investor(&self) -> String {
        match self.kind {
            SubjectKind::Enterprise if self.salt.is_multiple_of(2) => people::name(self.salt >> 13),
            SubjectKind::Institution | SubjectKind::Government => {
                format!("{}市人民政府", self.at().city)
            }
            _ => String::new(),
        }
    }

    fn address(&self) -> String {
        let front = self.at().address;
        let number = 1 + (self.salt >> 8) % 400;
        match self.salt % 20 {
            0 | 1 => format!(
                "{front}{}镇{}村",
                pick(&WORDS, self.salt >> 3),
                pick(&WORDS, self.salt >> 9)
            ),
            2 => format!("{front}{number}信箱"),
            _ => {
                format!("{front}{}{number}号{}室", pick(&ROADS, self.salt >> 5), 101 + number % 30)
            }
        }
    }
}

pub(super) fn kind_word(kind: SubjectKind) -> &'static str {
    match kind {
        SubjectKind::Army => "军队",
        SubjectKind::Government => "政府机关",
        SubjectKind::Institution => "事业单位",
        SubjectKind::Enterprise => "企业",
        SubjectKind::Person => "个人",
        SubjectKind::Society => "社会团体",
        SubjectKind::PrivateNonEnterprise => "民办非企业单位",
        SubjectKind::Foundation => "基金会",
        SubjectKind::Other => "其他",
    }
}

fn name(kind: SubjectKind, at: &Place, salt: u64) -> String {
    let (word, trade) = (pick(&WORDS, salt), pick(&TRADES, salt >> 6));
    let city = at.city;
    match kind {
        SubjectKind::Enterprise => match salt % 12 {
            0 => format!("{city}市{word}{trade}经营部"),
            1 => format!("{city}{word}{trade}股份有限公司"),
            _ => format!("{city}{word}{trade}有限公司"),
        },
        SubjectKind::Person => people::name(salt),
        SubjectKind::Institution => {
            format!("{city}市{}", pick(&["图书馆", "博物馆", "第一中学", "气象台"], salt))
        }
        SubjectKind::Government => {
            format!("{city}市{}", pick(&["人民政府", "公安局", "财政局", "水务局"], salt))
        }
        SubjectKind::Society => format!("{city}市{trade}{}", pick(&["行业协会", "学会"], salt)),
        SubjectKind::PrivateNonEnterprise => format!("{city}市{word}培训中心"),
        SubjectKind::Foundation => format!("{city}市{word}基金会"),
        SubjectKind::Army | SubjectKind::Other => {
            format!("中国人民解放军{}部队", 61_000 + salt % 30_000)
        }
    }
}
