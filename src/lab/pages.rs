//! What the documents of the simulated internet look like, from templates under `pages/`.

mod odd;

use encoding_rs::GBK;

use crate::lab::cast::Cast;
use crate::lab::paper::Paper;
use crate::lab::story::Claim;

/// Where sites that send visitors on send them: a name reserved for documentation.
pub(crate) const ELSEWHERE: &str = "http://www.example.net/";

/// The provider's block page.
pub(crate) const BLOCK: &str = include_str!("pages/block.html");

/// A block page of an older make, known by its frame.
pub(crate) const BLOCK_FRAME: &str = "<html><head><meta charset=\"utf-8\"><title>该网站暂时无法访问</title></head>\
    <body><iframe src=\"http://batit.aliyun.com/alww.html\" width=\"100%\"></iframe></body></html>";

/// The block page of a smaller provider.
pub(crate) const BLOCK_WORDS: &str = "<html><head><meta charset=\"utf-8\"><title>提示</title></head>\
    <body><h1>温馨提示</h1><p>您访问的域名未备案，请网站主办者联系接入服务商办理备案。</p></body></html>";

const ORDINARY: &str = include_str!("pages/ordinary.html");
const ARTICLE: &str = include_str!("pages/article.html");
const PARKING: &str = include_str!("pages/parking.html");
const DEFAULT: &str = include_str!("pages/default.html");
const LOGIN: &str = include_str!("pages/login.html");
const CAPTCHA: &str = include_str!("pages/captcha.html");
const SCRIPT: &str = include_str!("pages/script.html");
const META_REFRESH: &str = include_str!("pages/meta_refresh.html");
const SCRIPT_REDIRECT: &str = include_str!("pages/script_redirect.html");

/// How deeply [`Paper::Nested`] is nested.
const DEPTH: usize = 20_000;

/// The document that the site of `cast` serves, encoded.
pub(crate) fn document(cast: Cast<'_>, paper: Paper, claim: Claim) -> Vec<u8> {
    let text = match paper {
        Paper::Ordinary => filled(ORDINARY, cast, claim, "utf-8"),
        Paper::Gbk => return GBK.encode(&filled(ORDINARY, cast, claim, "gb2312")).0.into_owned(),
        Paper::Article => filled(ARTICLE, cast, claim, "utf-8"),
        Paper::Parking => PARKING.replace("{domain}", &cast.target().unicode()),
        Paper::Default => DEFAULT.to_owned(),
        Paper::Login => LOGIN.to_owned(),
        Paper::Captcha => CAPTCHA.to_owned(),
        Paper::Script => SCRIPT.to_owned(),
        Paper::Nested => nested(cast),
        Paper::Hidden(hiding) => odd::hidden(cast, hiding, claim),
        Paper::In(charset) => return odd::encoded(cast, charset, claim),
        Paper::Odd(oddity) => odd::odd(cast, oddity, claim),
        Paper::Notice(title, text) => format!(
            "<html><head><meta charset=\"utf-8\"><title>{title}</title></head><body><p>{text}</p></body></html>"
        ),
    };
    text.into_bytes()
}

/// A document whose meta refresh leads to `url`.
pub(crate) fn meta_refresh(url: &str) -> String {
    META_REFRESH.replace("{url}", url)
}

/// A document whose script leads to `url`.
pub(crate) fn script_redirect(url: &str) -> String {
    SCRIPT_REDIRECT.replace("{url}", url)
}

/// A paragraph of the document that never ends.
pub(crate) fn endless_paragraph(cast: Cast<'_>) -> String {
    format!("<p>{}的新闻没有尽头，{}</p>\n", cast.subject_name(), "一条接着一条，".repeat(40))
}

fn filled(template: &str, cast: Cast<'_>, claim: Claim, charset: &str) -> String {
    let mut page = String::with_capacity(32 * 1024);
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        page.push_str(before);
        // Braces of style sheets and scripts are followed by a space or a line end.
        let slot = after.split_once('}').filter(|(name, _)| {
            name.bytes().all(|byte| byte.is_ascii_lowercase()) && !name.is_empty()
        });
        let Some((name, after)) = slot else {
            page.push('{');
            rest = after;
            continue;
        };
        match name {
            "charset" => page.push_str(charset),
            "name" => page.push_str(&cast.subject_name()),
            "friend" => page.push_str(&cast.friend().to_string()),
            "province" => page.push_str(cast.province()),
            "quoted" => page.push_str(&cast.number_of_another()),
            "invented" => page.push_str(&cast.number_of_nobody()),
            "items" => page.extend((0..2 + cast.salt() % 118).map(|n| item(cast.salt(), n))),
            "claim" => page.push_str(&footer(cast, claim)),
            _ => {}
        }
        rest = after;
    }
    page.push_str(rest);
    page
}

/// One piece of news; as many of them stand on a page as give it 4 to 28 KB.
fn item(salt: u32, number: u32) -> String {
    const HEADLINES: [&str; 8] = [
        "热烈祝贺我公司顺利通过质量管理体系年度监督审核",
        "公司召开上半年经营工作总结会议",
        "我公司参加第十二届行业博览会取得圆满成功",
        "关于国庆节放假安排的通知",
        "新产品正式上线，欢迎新老客户前来咨询",
        "公司组织全体员工开展消防安全演练",
        "行业协会领导莅临我公司参观指导",
        "公司与高校签订产学研合作协议",
    ];
    let headline = HEADLINES[(salt.wrapping_add(number * 5) % 8) as usize];
    let (month, day) = (1 + number % 12, 1 + (salt >> 5).wrapping_add(number) % 28);
    format!(
        "<li><a href=\"/news/{}.html\" title=\"{headline}\">{headline}</a>\
         <span>2026-{month:02}-{day:02}</span></li>\n",
        1000 + number,
    )
}

/// What the footer claims. A police number stands beside a filing number, as on most pages, and is
/// none.
fn footer(cast: Cast<'_>, claim: Claim) -> String {
    let Some(number) = cast.claimed(claim) else { return String::new() };
    if claim == Claim::Licence {
        return format!("<p>增值电信业务经营许可证：{number}</p>\n");
    }
    let police = 11_010_802_010_000 + cast.index();
    format!(
        "<p><a href=\"https://beian.miit.gov.cn/\" target=\"_blank\">{number}</a> \
         <a href=\"https://beian.mps.gov.cn/#/query/webSearch?code={police}\">京公网安备 {police}号</a></p>\n",
    )
}

fn nested(cast: Cast<'_>) -> String {
    format!(
        "<!DOCTYPE html>\n<html><head><meta charset=\"utf-8\"><title>{name}</title></head>\n\
         <body>{}<p>{name}欢迎您。公司拥有完善的质量管理体系和专业的技术团队。</p>{}</body></html>\n",
        "<div>".repeat(DEPTH),
        "</div>".repeat(DEPTH),
        name = cast.subject_name(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lab::world::WorldSettings;
    use crate::lab::world::plan;

    #[test]
    fn ordinary_pages_have_the_usual_size_and_no_open_slot() {
        let world = plan(&WorldSettings { sites: 300, ..WorldSettings::default() });
        for cast in world.casts() {
            for paper in [Paper::Ordinary, Paper::Gbk] {
                let size = document(cast, paper, Claim::Own).len();
                assert!((3_000..=28 * 1024).contains(&size), "{size}");
            }
            let page = String::from_utf8(document(cast, Paper::Ordinary, Claim::Own)).unwrap();
            assert!(page.contains(&format!(">{}</a>", cast.site_number())));
            for slot in ["{name}", "{items}", "{claim}", "{charset}", "{province}"] {
                assert!(!page.contains(slot), "{slot}");
            }
            assert!(page.contains("body { margin"), "style sheets stay as they are");
        }
    }

    #[test]
    fn a_gbk_page_reads_back_only_as_gbk() {
        let world = plan(&WorldSettings { sites: 3, ..WorldSettings::default() });
        let cast = world.landmark();
        let bytes = document(cast, Paper::Gbk, Claim::Nobody);
        assert!(std::str::from_utf8(&bytes).is_err());
        let (text, _, had_errors) = GBK.decode(&bytes);
        assert!(!had_errors);
        assert!(text.contains(&cast.number_of_nobody()) && text.contains("charset=\"gb2312\""));
    }

    #[test]
    fn an_article_quotes_others_and_claims_its_own() {
        let world = plan(&WorldSettings { sites: 3, ..WorldSettings::default() });
        let cast = world.casts().nth(2).unwrap();
        let page = String::from_utf8(document(cast, Paper::Article, Claim::Own)).unwrap();
        assert!(page.contains(&format!("“{}”", cast.number_of_another())));
        assert!(page.contains(&format!(">{}</a>", cast.site_number())));
    }

    #[test]
    fn a_page_without_a_claim_shows_no_number() {
        let world = plan(&WorldSettings { sites: 3, ..WorldSettings::default() });
        let page = document(world.landmark(), Paper::Ordinary, Claim::Nothing);
        assert!(!String::from_utf8(page).unwrap().contains("ICP"));
    }
}
