//! The table of states, for one answer.

use std::time::Duration;

use super::*;
use crate::facts::domain::Domain;
use crate::facts::visit::NumberPlace;

use SiteState::Live;
use SiteState::Parked;
use SiteState::Redirected;
use SiteState::Stopped;
use SiteState::Unknown;

const PARKING_PAGE: &str = "<title>example.cn - 域名出售</title><p>This domain is for sale.</p>";
const LOGIN_PAGE: &str = "<title>用户登录</title><form>用户名 密码</form>";
const CAPTCHA_PAGE: &str = "<title>安全验证</title><p>请输入验证码后继续访问。</p>";
const BLOCK_PAGE: &str = include_str!("../../../lab/pages/block.html");
const SCRIPT_PAGE: &str = "<title></title><script src=/app.js></script><div id=app></div>";

/// An answer to be read, from `http://example.cn/` unless said otherwise.
#[derive(Clone)]
struct Case {
    target: &'static str,
    url: &'static str,
    status: u16,
    headers: Vec<(HeaderName, Vec<u8>)>,
    body: Vec<u8>,
    is_whole: bool,
}

fn answered(status: u16, body: &str) -> Case {
    Case {
        target: "example.cn",
        url: "http://example.cn/",
        status,
        headers: vec![],
        body: body.as_bytes().to_vec(),
        is_whole: true,
    }
}

fn sent(status: u16, location: &[u8]) -> Case {
    Case { headers: vec![(LOCATION, location.to_vec())], ..answered(status, "") }
}

fn refreshed(url: &str) -> Case {
    answered(200, &format!("<meta http-equiv=refresh content='0; url={url}'><title>跳转</title>"))
}

fn scripted(url: &str) -> Case {
    answered(200, &format!("<script>window.location.href = '{url}';</script>"))
}

fn reading(case: &Case) -> Step {
    let mut headers = HeaderMap::new();
    for (name, value) in &case.headers {
        headers.insert(name, value.as_slice().try_into().unwrap());
    }
    let answer =
        Answer { status: case.status, headers, body: case.body.clone(), is_whole: case.is_whole };
    let url = case.url.parse().unwrap();
    let target = case.target.parse().unwrap();
    let budget = Budget { cpu: Duration::from_mins(1), nodes: 60_000 };
    let reading = Reading::of(&answer, &url, budget);
    meaning(&answer, reading, &target, &Signatures::builtin())
}

#[track_caller]
fn ends(case: &Case, state: SiteState, sign: &Sign) {
    let Step::End { state: got, sign: got_sign, page } = reading(case) else {
        panic!("{} {:?} leads on", case.status, case.headers)
    };
    assert_eq!((got, &got_sign), (state, sign), "{} {:?}", case.status, case.headers);
    assert_eq!(page.is_some(), state == Live, "a page is kept of live sites, and only of them");
}

#[track_caller]
fn follows(case: &Case, expected: &str) {
    match reading(case) {
        Step::Follow(url) => assert_eq!(url.as_str(), expected),
        Step::End { state, sign, .. } => panic!("{state:?} {sign:?} for {:?}", case.headers),
    }
}

fn to(domain: &str) -> Sign {
    Sign::LeadsTo(domain.parse::<Domain>().unwrap())
}

#[test]
fn a_document_is_live_and_its_page_is_kept() {
    for status in [200, 201, 203, 299] {
        let body = "<title>某公司</title><p>欢迎光临某公司的网站，我们生产各种螺丝。</p>";
        ends(&answered(status, body), Live, &Sign::Document);
    }
    ends(&answered(200, "plain text is a document too"), Live, &Sign::Document);
    let (gbk, _, _) = encoding_rs::GBK.encode("<title>某公司</title><p>京ICP备05014806号</p>");
    let case = Case {
        body: gbk.into_owned(),
        headers: vec![(CONTENT_TYPE, b"text/html; charset=gb2312".to_vec())],
        ..answered(200, "")
    };
    let Step::End { page: Some(page), .. } = reading(&case) else { panic!() };
    assert_eq!(page.title.as_deref(), Some("某公司"));
    assert_eq!(page.numbers[0].number, "京ICP备05014806号".parse().unwrap());
}

#[test]
fn a_large_page_is_live_by_its_head_and_tail() {
    let page = format!(
        "<meta charset=gb2312><title>某论坛</title>{}\
         <div id=footer><a href=https://beian.miit.gov.cn/>京ICP备05014806号-1</a></div></html>",
        "<p>贴".repeat(100_000),
    );
    let (gbk, _, _) = encoding_rs::GBK.encode(&page);
    for body in [page.replacen("gb2312", "utf-8", 1).into_bytes(), gbk.into_owned()] {
        let Step::End { state, sign, page: Some(page) } =
            reading(&Case { body, ..answered(200, "") })
        else {
            panic!()
        };
        assert_eq!(sign, Sign::DocumentInPart(None));
        assert_eq!((state, page.title.as_deref()), (Live, Some("某论坛")));
        let number = page.numbers.first().unwrap();
        assert_eq!(number.number, "京ICP备05014806号-1".parse().unwrap());
        assert_eq!(number.place, NumberPlace::Own);
        assert_eq!(number.link.as_ref().unwrap().as_str(), "beian.miit.gov.cn");
    }
}

#[test]
fn every_status_that_says_nothing_is_unknown() {
    for status in [400, 401, 403, 404, 410, 418, 429, 451, 500, 502, 503, 504, 999] {
        let body = "<title>出错了</title><p>您访问的页面出错了，请稍后再试。</p>";
        ends(&answered(status, body), Unknown, &Sign::Status(status));
        ends(&answered(status, ""), Unknown, &Sign::Status(status));
    }
    for status in [200, 204] {
        ends(&answered(status, ""), Unknown, &Sign::Status(status));
    }
    for status in [300, 302, 304] {
        ends(&answered(status, "<p>a page</p>"), Unknown, &Sign::Status(status));
    }
    // A parking page that comes with an error says no more than the error.
    ends(&answered(404, PARKING_PAGE), Unknown, &Sign::Status(404));
    ends(&answered(503, &refreshed_body("http://example.com/")), Unknown, &Sign::Status(503));
}

fn refreshed_body(url: &str) -> String {
    String::from_utf8(refreshed(url).body).unwrap()
}

#[test]
fn redirects_within_the_domain_are_followed() {
    for (location, expected) in [
        ("/index.html", "http://example.cn/index.html"),
        ("home/", "http://example.cn/home/"),
        ("https://example.cn/", "https://example.cn/"),
        ("http://www.example.cn/", "http://www.example.cn/"),
        ("//m.example.cn/x", "http://m.example.cn/x"),
        ("http://WWW.EXAMPLE.CN:8080/?a=b", "http://www.example.cn:8080/?a=b"),
        ("/a b", "http://example.cn/a%20b"),
        ("/已%41", "http://example.cn/%E5%B7%B2%41"),
    ] {
        for status in [301, 302, 303, 307, 308] {
            follows(&sent(status, location.as_bytes()), expected);
        }
    }
    let (gbk, _, _) = encoding_rs::GBK.encode("/首页.asp");
    follows(&sent(302, &gbk), "http://example.cn/%CA%D7%D2%B3.asp");
    for case in [refreshed("http://www.example.cn/a"), scripted("http://www.example.cn/a")] {
        follows(&case, "http://www.example.cn/a");
    }
    follows(&refreshed("main.html"), "http://example.cn/main.html");
    follows(&scripted("main.html"), "http://example.cn/main.html");
    follows(&scripted("/index.php?m=home"), "http://example.cn/index.php?m=home");
    // What a link holds of a password goes nowhere and stands nowhere.
    for case in [refreshed("http://u:p@example.cn/a"), sent(302, b"http://u:p@example.cn/a")] {
        follows(&case, "http://example.cn/a");
    }
    let nowhere = Sign::LeadsNowhere("http://192.0.2.1/".to_owned());
    ends(&sent(302, b"http://u:p@192.0.2.1/"), Unknown, &nowhere);
    ends(&scripted("http://example.com/?from=example.cn"), Redirected, &to("example.com"));
}

#[test]
fn a_site_that_leads_to_another_domain_is_redirected() {
    for url in ["http://www.example.com/", "https://example.com/x", "//a.b.example.com"] {
        for status in [301, 302, 303, 307, 308] {
            ends(&sent(status, url.as_bytes()), Redirected, &to("example.com"));
        }
        ends(&refreshed(url), Redirected, &to("example.com"));
        ends(&scripted(url), Redirected, &to("example.com"));
    }
    ends(&sent(302, b"http://notexample.cn/"), Redirected, &to("notexample.cn"));
    ends(&sent(302, "http://例子.中国/".as_bytes()), Redirected, &to("例子.中国"));
    // Two names under one private suffix are one Domain.
    let hosted = Case {
        target: "github.io",
        url: "http://a.github.io/",
        ..sent(302, b"http://b.github.io/")
    };
    follows(&hosted, "http://b.github.io/");
}

#[test]
fn what_leads_to_no_domain_is_unknown() {
    for (location, shown) in [
        ("http://1.2.3.4/", "http://1.2.3.4/"),
        ("http://[2400::1]/", "http://[2400::1]/"),
        ("http://localhost/", "http://localhost/"),
        ("mailto:a@example.com", "mailto:a@example.com"),
        ("javascript:history.back()", "javascript:history.back()"),
        ("ftp://example.cn/", "ftp://example.cn/"),
        ("ftp://example.com/", "ftp://example.com/"),
        ("weixin://example.com/", "weixin://example.com/"),
    ] {
        let nowhere = Sign::LeadsNowhere(shown.to_owned());
        ends(&sent(302, location.as_bytes()), Unknown, &nowhere);
    }
    ends(&sent(302, b"http://"), Unknown, &Sign::Status(302));
    ends(&sent(302, b"http://[not]/"), Unknown, &Sign::Status(302));
}

#[test]
fn the_block_pages_of_the_clouds_are_stopped() {
    let beaver = (SERVER, b"Beaver".to_vec());
    let aliyun = Case { headers: vec![beaver.clone()], ..answered(403, BLOCK_PAGE) };
    let block = |name: &str| Sign::BlockPage(name.to_owned());
    ends(&aliyun, Stopped, &block("aliyun"));
    // The script fills a frame, which is the second signal where status and server say nothing.
    ends(&answered(200, BLOCK_PAGE), Stopped, &block("aliyun"));
    let tencent = b"https://dnspod.qcloud.com/static/webblock.html?d=example.cn";
    ends(&sent(302, tencent), Stopped, &block("tencent"));
    // One signal is not enough.
    let server_alone = Case { headers: vec![beaver], ..answered(403, "<title>Forbidden</title>") };
    ends(&server_alone, Unknown, &Sign::Status(403));
    let elsewhere = sent(302, b"https://dnspod.qcloud.com/statistics");
    ends(&elsewhere, Redirected, &to("qcloud.com"));
}

#[test]
fn parking_walls_and_scripts_are_no_documents() {
    ends(&answered(200, PARKING_PAGE), Parked, &Sign::ParkingPage("name-for-sale".to_owned()));
    let default = "<title>Welcome to nginx!</title><p>If you see this page, nginx works.</p>";
    ends(&answered(200, default), Parked, &Sign::ParkingPage("nginx".to_owned()));
    let market = sent(302, b"http://wanwang.aliyun.com/domain/parking?d=example.cn");
    ends(&market, Parked, &Sign::ParkingPage("wanwang".to_owned()));
    ends(&answered(200, LOGIN_PAGE), Unknown, &Sign::Wall("login-page".to_owned()));
    ends(&answered(200, CAPTCHA_PAGE), Unknown, &Sign::Wall("human-proof".to_owned()));
    ends(&answered(200, SCRIPT_PAGE), Unknown, &Sign::ScriptOnly);
}

#[test]
fn what_only_a_person_or_a_browser_can_pass_is_no_document() {
    let wall = |body: &str, name: &str| {
        ends(&answered(200, body), Unknown, &Sign::Wall(name.to_owned()));
    };
    let field = "<input name=p TYPE='Password'>";
    let login =
        format!("<title>华东ERP管理系统</title><form>用户名<input name=u> 密码{field}</form>");
    wall(&login, "password");
    wall("<title>提示</title><p>请点击下方图中所有的汉字，完成身份核验</p>", "human-proof");
    wall("<title>通知</title><p>网站维护中，暂停访问</p>", "in-maintenance");
    let stopped = "<title>抱歉，站点已暂停</title><p>该站点已经被管理员停止运行</p>";
    ends(&answered(200, stopped), Parked, &Sign::ParkingPage("baota-panel".to_owned()));
    let challenge = "<title>某某公司</title><p>正在为您加载页面，请稍候片刻，页面将自动刷新，如长时间没有反应请手动刷新本页。                     感谢您的耐心等待与支持。</p><script>document.cookie = 'k=' + f(7);                      location.reload();</script>";
    ends(&answered(200, challenge), Unknown, &Sign::ScriptOnly);
    for blank in
        ["   \n\n ", "<html><head><title>某公司</title></head><body> <p></p></body></html>"]
    {
        ends(&answered(200, blank), Unknown, &Sign::Status(200));
    }
    for shown in ["<img src=a.jpg>", "<a href=/in><p></p></a>", "<iframe src=/in></iframe>", "x"] {
        ends(&answered(200, shown), Live, &Sign::Document);
    }
    // A site is one all the same, whatever stands in its corner.
    let shop =
        format!("<title>某某商城</title>{login}<p>{}</p>", "新品上市，欢迎选购。".repeat(40));
    ends(&answered(200, &shop), Live, &Sign::Document);
    let reads = challenge.replace("document.cookie =", "var c = document.cookie +");
    ends(&answered(200, &reads), Live, &Sign::Document);
    let news = format!("<p>昨夜网站维护中，暂停访问。{}</p>", "今天恢复正常。".repeat(60));
    ends(&answered(200, &news), Live, &Sign::Document);
}

#[test]
fn a_body_that_was_cut_shows_no_site() {
    let long = format!("<title>某公司</title><p>{}</p>", "新闻没有尽头，".repeat(500));
    let cut = |case: Case| Case { is_whole: false, ..case };
    ends(&cut(answered(200, &long)), Unknown, &Sign::TooLarge);
    ends(&cut(answered(200, "")), Unknown, &Sign::TooLarge);
    // Where it sends visitors on, and what it is stopped by, is told before the cut.
    follows(&cut(sent(302, b"/a")), "http://example.cn/a");
    ends(&cut(refreshed("http://example.com/")), Redirected, &to("example.com"));
    ends(&cut(answered(404, &long)), Unknown, &Sign::Status(404));
    ends(&cut(answered(403, BLOCK_PAGE)), Stopped, &Sign::BlockPage("aliyun".to_owned()));
}

#[test]
fn a_bare_address_leads_only_to_itself() {
    let bare = |location: &'static [u8]| Case {
        target: "1.2.3.4",
        url: "http://1.2.3.4/",
        ..sent(302, location)
    };
    follows(&bare(b"/index.php"), "http://1.2.3.4/index.php");
    follows(&bare(b"https://1.2.3.4:8443/"), "https://1.2.3.4:8443/");
    ends(&bare(b"http://www.example.cn/"), Redirected, &to("example.cn"));
    let other = Sign::LeadsNowhere("http://1.2.3.5/".to_owned());
    ends(&bare(b"http://1.2.3.5/"), Unknown, &other);
    let v6 = |location: &'static [u8]| Case {
        target: "2400::1",
        url: "http://[2400::1]/",
        ..sent(302, location)
    };
    follows(&v6(b"http://[2400:0::1]/a"), "http://[2400::1]/a");
    let other = Sign::LeadsNowhere("http://[2400::2]/".to_owned());
    ends(&v6(b"http://[2400::2]/"), Unknown, &other);
    let document =
        Case { target: "1.2.3.4", url: "http://1.2.3.4/", ..answered(200, "<p>某公司</p>") };
    ends(&document, Live, &Sign::Document);
}

#[test]
fn no_url_is_followed_or_told_that_would_not_fit_into_a_record() {
    let path = "a".repeat(LONGEST_URL);
    let long = |start: &str| format!("{start}{path}").into_bytes();
    ends(&sent(302, &long("/")), Unknown, &Sign::TooLarge);
    ends(&sent(302, &long("http://192.0.2.1/")), Unknown, &Sign::TooLarge);
    ends(&sent(302, &long("javascript:")), Unknown, &Sign::TooLarge);
    let gbk = [&b"/"[..], &[0xb1; LONGEST_URL / 3]].concat();
    ends(&sent(302, &gbk), Unknown, &Sign::TooLarge);
    let elsewhere: Domain = "elsewhere.com".parse().unwrap();
    let leads = Sign::LeadsTo(elsewhere);
    ends(&sent(302, &long("http://elsewhere.com/")), Redirected, &leads);
}
