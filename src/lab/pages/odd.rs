//! Documents that are hard to read: numbers where pages hide them, encodings that nobody declares, and
//! markup that no browser minds.

use encoding_rs::BIG5;
use encoding_rs::GB18030;

use crate::lab::cast::Cast;
use crate::lab::paper::Charset;
use crate::lab::paper::Hiding;
use crate::lab::paper::Oddity;
use crate::lab::story::Claim;

const SENTENCES: &str = "公司拥有完善的质量管理体系和专业的技术团队，产品销往全国各地，\
                         深受广大客户的信赖与好评。";

/// So many sentences make a page that nobody takes for a notice.
const LONG: usize = 30;

fn page(cast: Cast<'_>, head: &str, main: &str, footer: &str) -> String {
    let name = cast.subject_name();
    format!(
        "<!DOCTYPE html>\n<html lang=\"zh-CN\"><head>{head}<title>{name}</title></head>\n<body><h1>{name}</h1>\n\
         <p>{}</p>\n{main}\n<div class=\"footer\"><p>Copyright &copy; 2026 {name}</p>\n{footer}</div>\n</body></html>\n",
        SENTENCES.repeat(LONG),
    )
}

const UTF8: &str = "<meta charset=\"utf-8\">";

/// A page whose number stands where only who looks for it finds it.
pub(super) fn hidden(cast: Cast<'_>, hiding: Hiding, claim: Claim) -> String {
    let number = cast.claimed(claim).unwrap_or_default();
    let footer = |text: String| page(cast, UTF8, "", &text);
    match hiding {
        Hiding::ImageText => footer(format!("<img src=\"/icp.png\" alt=\"{number}\">")),
        Hiding::Meta => {
            page(cast, &format!("{UTF8}<meta name=\"ICP\" content=\"{number}\">"), "", "")
        }
        Hiding::WrittenByScript => footer(format!(
            "<script>document.write('<a href=\"https://beian.miit.gov.cn/\">{number}<\\/a>');</script>"
        )),
        Hiding::ScriptEscapes => {
            let escaped: String =
                number
                    .chars()
                    .map(|c| {
                        if c.is_ascii() {
                            c.to_string()
                        } else {
                            format!("\\u{:04x}", u32::from(c))
                        }
                    })
                    .collect();
            footer(format!("<script>var icp = \"{escaped}\"; show(icp);</script>"))
        }
        Hiding::References => {
            let reference = |c: char| format!("&#{};", u32::from(c));
            footer(number.chars().map(reference).collect::<Vec<_>>().concat())
        }
        Hiding::FullWidth => footer(number.chars().map(full_width).collect()),
        Hiding::InParts => {
            let parts = number.chars().map(|c| format!("<span>{c}</span>\u{200b}"));
            footer(format!("<p>{}</p>", parts.collect::<String>()))
        }
        Hiding::UnclosedLink => page(
            cast,
            UTF8,
            "",
            &format!(
                "<div><a href=\"http://www.miitbeian.gov.cn\">{number}</div></div></span></font>"
            ),
        ),
    }
}

/// A page in an encoding that its labels do not tell, or tell wrongly.
pub(super) fn encoded(cast: Cast<'_>, charset: Charset, claim: Claim) -> Vec<u8> {
    let number = cast.claimed(claim).unwrap_or_default();
    let footer = format!("<p>{number}</p>");
    let wide = |text: &str| -> Vec<u8> { text.encode_utf16().flat_map(u16::to_le_bytes).collect() };
    match charset {
        Charset::Unlabelled | Charset::WrongHeader => {
            GB18030.encode(&page(cast, "", "", &footer)).0.into_owned()
        }
        Charset::WrongMeta => {
            let meta = "<meta http-equiv=Content-Type content=\"text/html; charset=utf-8\">";
            GB18030.encode(&page(cast, meta, "", &footer)).0.into_owned()
        }
        Charset::LateMeta => {
            let head = format!("<!-- {} --><meta charset=gb2312>", "=".repeat(3000));
            GB18030.encode(&page(cast, &head, "", &footer)).0.into_owned()
        }
        Charset::RareCharacters => {
            let main = "<p>负责人：𠮷野、镕基、㐂</p>";
            let meta = "<meta charset=gb2312>";
            GB18030.encode(&page(cast, meta, main, &footer)).0.into_owned()
        }
        Charset::MarkedUtf8 => {
            let meta = "<meta charset=gb2312>";
            format!("\u{feff}{}", page(cast, meta, "", &footer)).into_bytes()
        }
        Charset::Utf16 => wide(&format!("\u{feff}{}", page(cast, "", "", &footer))),
        Charset::Utf16WithoutMark => wide(&page(cast, "", "", &footer)),
        Charset::Big5 => {
            let number = number.replace('备', "備").replace('号', "號");
            let text =
                "歡迎光臨本公司網站，我們為您提供專業的產品與服務，歡迎來電洽詢。".repeat(LONG);
            let page = format!(
                "<html><head><title>歡迎光臨</title></head><body><p>{text}</p>\
                 <div class=footer>{number}</div></body></html>",
            );
            BIG5.encode(&page).0.into_owned()
        }
    }
}

/// A page with markup that no browser minds.
pub(super) fn odd(cast: Cast<'_>, oddity: Oddity, claim: Claim) -> String {
    let own = cast.claimed(claim).map(|number| format!("<p>{number}</p>")).unwrap_or_default();
    let usual = |main: &str| page(cast, UTF8, main, &own);
    match oddity {
        Oddity::NoTitle => {
            format!("<p>{}</p><div class=footer>{own}</div>", SENTENCES.repeat(LONG))
        }
        Oddity::Frames => format!(
            "<html><head><title>{}</title></head><frameset rows=\"80,*\"><frame src=\"/top.html\">\
             <frame src=\"/main.html\"><noframes>您的浏览器不支持框架</noframes></frameset></html>",
            cast.subject_name(),
        ),
        Oddity::Unclosed => usual("<table><tr><td><b><font color=red>甲<td>乙<tr><td>丙</b></div></table><p>丁<p>戊"),
        Oddity::HugeAttribute => {
            usual(&format!("<img alt=图 src=\"data:image/png;base64,{}\">", "QUJD".repeat(30_000)))
        }
        Oddity::ManyAttributes => {
            let attributes: Vec<String> = (0..8_000).map(|n| format!("a{n}=1")).collect();
            usual(&format!("<div {}>甲</div>", attributes.join(" ")))
        }
        Oddity::ManyReferences => usual(&format!("<p>{}</p>", "&#22791;&amp;&notit;&bogus".repeat(4_000))),
        Oddity::FormattingRepeated => {
            let format = |n| format!("<b class=c{n}>");
            let open = (0..1_000).map(format).collect::<Vec<_>>().concat();
            usual(&format!("{open}{}", "<p>甲".repeat(5_000)))
        }
        Oddity::NestedLists => usual(&"<ul>".repeat(65_000)),
        Oddity::HelpAboutFiling => usual(&format!(
            "<h2>域名未备案怎么办</h2><p>网站未备案时，访问者会看到“该网站暂时无法进行访问”。{}</p>",
            "备案号已注销、域名未备案、未完成备案的，请联系接入服务商。".repeat(20),
        )),
        Oddity::ForumWithLogin => usual(
            "<p><a href=/login>登录</a> <a href=/register>注册</a> 请先登录 请输入验证码</p>\
             <ul><li><a href=/t/1>新人报到</a><li><a href=/t/2>版规</a></ul>",
        ),
        Oddity::FriendsNumber => {
            let friend = cast.number_of_another();
            page(cast, UTF8, "", &format!("<p>友情链接：<a href=\"http://www.example.net/\">友站 {friend}</a></p>{own}"))
        }
        Oddity::Directory => {
            let row = |n| format!("<li>网站{n} 京ICP备0701{n:04}号</li>");
            usual(&format!("<ul>{}</ul>", (1..60).map(row).collect::<String>()))
        }
        Oddity::SlowRefresh => page(cast, &format!("{UTF8}<meta http-equiv=refresh content=\"600\">"), "", &own),
        Oddity::RefreshWithin => {
            format!("<html><head>{UTF8}<meta http-equiv=\"Refresh\" content=\"0;URL=index.html\"><title>跳转</title></head></html>")
        }
        Oddity::ScriptWithin => {
            "<html><body><script language=javascript>location.replace('/index.html');</script></body></html>".to_owned()
        }
    }
}

fn full_width(character: char) -> char {
    match character {
        '!'..='~' => char::from_u32(u32::from(character) + 0xfee0).unwrap_or(character),
        other => other,
    }
}
