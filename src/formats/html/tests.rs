//! Pages as they are found: broken, hostile and ordinary.

use proptest::prelude::*;

use super::*;
use crate::facts::language::Language;
use crate::facts::visit::NumberPlace;

mod leading;

const BUDGET: Budget = Budget { cpu: Duration::from_secs(20), nodes: 100_000 };

fn at_example(html: &str) -> Document {
    read(html, &"http://www.example.cn/index.html".parse().unwrap(), BUDGET)
}

/// The numbers of a page: `+` before the page's own, `-` before quoted ones.
fn numbers_of(html: &str) -> Vec<String> {
    let sign = |place| if place == NumberPlace::Own { '+' } else { '-' };
    let numbers = at_example(html).page.numbers;
    numbers.iter().map(|found| format!("{}{}", sign(found.place), found.number)).collect()
}

fn filler(words: usize) -> String {
    format!("<p>{}</p>", "这里是一篇很长的文章。".repeat(words))
}

#[test]
fn a_number_is_the_pages_own_where_the_page_claims_it() {
    let article = filler(40);
    for claim in [
        "<div class='page-Footer'><span>京ICP备</span><b>05014806</b>号-1</div>",
        "<div id=copyright>© 京ICP备05014806号-1</div>",
        "<footer><p>京ICP备05014806号-1</p></footer>",
        "<a href='https://beian.miit.gov.cn/'>京ICP备05014806号-1</a>",
        "<a href='//www.miitbeian.gov.cn'>京ICP备05014806号-1</a>",
        "<a href='http://miibeian.gov.cn:80/x'><i>京ICP备05014806号-1</i></a>",
        "<meta name=ICP content='京ICP备05014806号-1'>",
    ] {
        let html = format!("<body>{claim}{article}{article}");
        assert_eq!(numbers_of(&html), ["+京ICP备05014806号-1"], "{claim}");
    }
    let last_line = format!("<body>{article}<p>某公司 京ICP备05014806号-1</p>");
    assert_eq!(numbers_of(&last_line), ["+京ICP备05014806号-1"]);
    assert_eq!(numbers_of("京ICP备05014806号-1"), ["+京ICP备05014806号-1"]);
}

#[test]
fn a_number_is_quoted_everywhere_else() {
    let article = filler(40);
    let number = "京ICP备05014806号-1";
    for html in [
        format!("<p>{number}</p>{article}"),
        format!("{article}<p>本站引用 {number} {}</p>", "说明文字".repeat(40)),
        format!("<body class=has-footer><p>{number}</p>{article}"),
        format!("<div class=footer-wrap><p>{number}</p>{article}</div>"),
        format!("<div class=margin-bottom-20>{number}</div>{article}"),
        format!("<a href='http://example.cn/beian.miit.gov.cn'>{number}</a>{article}"),
        format!("<a href='http://notbeian.miit.gov.cn.example.cn'>{number}</a>{article}"),
    ] {
        assert_eq!(numbers_of(&html), [format!("-{number}")], "{html}");
    }
}

#[test]
fn own_numbers_come_first_and_win_over_quotes() {
    let html = format!(
        "<p>京ICP备05014807号 京ICP备05014806号</p>{}<footer>京ICP备05014806号 粤B2-20090059</footer>",
        filler(40),
    );
    assert_eq!(numbers_of(&html), ["+京ICP备05014806号", "+粤B2-20090059", "-京ICP备05014807号"],);
}

#[test]
fn a_directory_claims_none_of_its_many_numbers() {
    let item = |i| format!("<li>京ICP备050148{i:02}号</li>");
    let html = (0..60).map(item).collect::<Vec<_>>().concat();
    let numbers = numbers_of(&html);
    assert_eq!(numbers.len(), MOST_NUMBERS);
    assert!(numbers.iter().all(|number| number.starts_with('-')), "{numbers:?}");
}

#[test]
fn text_is_what_visitors_see() {
    let document = at_example(
        "<title>\n 首页 &amp;\t欢迎 </title><style>p{}</style><script>var a=1</script>\
         <noscript>no</noscript><template>t</template><h1>甲</h1>乙\n  丙<br>丁<svg><title>x</title></svg>",
    );
    assert_eq!(document.page.title.as_deref(), Some("首页 & 欢迎"));
    assert_eq!(document.text, "甲 乙 丙 丁");
    assert_eq!(document.text_chars, 7);
    let long = at_example(&format!("<title>{0}</title><p>头{0}尾</p>", "字".repeat(9000)));
    assert_eq!(long.page.title.unwrap().chars().count(), LONGEST_TITLE);
    assert_eq!(long.text_chars, 9002);
    assert!(long.text.starts_with('头') && long.text.ends_with('尾'));
}

#[test]
fn a_body_that_is_no_html_is_text() {
    for (body, text) in [
        ("", ""),
        ("{\"code\":404}", "{\"code\":404}"),
        ("plain\r\ntext", "plain text"),
        ("\u{0}\u{1b}[31m", "[31m"),
        ("<", "<"),
        ("<!-- open", ""),
    ] {
        let document = at_example(body);
        assert_eq!(document.text.replace('\u{fffd}', ""), text);
        assert_eq!(document.barrier, text.is_empty().then_some(Barrier::Blank), "{body:?}");
        assert!(!document.was_cut && document.page.title.is_none());
    }
}

#[test]
fn frames_are_known_even_where_a_script_fills_them() {
    let listed = at_example("<iframe src=//a.com/f></iframe><iframe src='about:blank'></iframe>");
    assert_eq!(listed.frames.iter().map(Url::as_str).collect::<Vec<_>>(), ["http://a.com/f"]);
    let filled = at_example(
        "<title>Non-compliance ICP Filing</title><iframe id=mainFrame src=''></iframe><script>\
         window.onload=function(){document.getElementById('mainFrame').src = \
         \"http://www.aliyun.com/beian/beian-block?id=0\";}</script>",
    );
    assert_eq!(filled.frames[0].as_str(), "http://www.aliyun.com/beian/beian-block?id=0");
    assert_eq!(filled.barrier, None);
    let beacon = at_example("<script>new Image().src='http://hm.baidu.com/hm.gif'</script>");
    assert_eq!(beacon.frames, []);
}

#[test]
fn a_page_of_script_alone_is_told_from_a_page() {
    let app = "<div id=app>Loading…</div><noscript>Please enable JavaScript to run this app, \
               it does not work without it</noscript><script src=/app.js></script>";
    assert_eq!(at_example(app).barrier, Some(Barrier::Script));
    assert_eq!(at_example("<p>敬请期待</p>").barrier, None);
    assert_eq!(at_example(&format!("{}{app}", filler(10))).barrier, None);
    let gallery = format!("{}{app}", "<img src=a.jpg>".repeat(5));
    assert_eq!(at_example(&gallery).barrier, None);
}

#[test]
fn a_link_beside_a_number_is_told() {
    let link = |html: &str| {
        let numbers = at_example(html).page.numbers;
        numbers[0].link.as_ref().map(|host| host.as_str().to_owned())
    };
    let article = filler(40);
    let inside = "<a href=https://beian.miit.gov.cn/>京ICP备05014806号-1</a>";
    assert_eq!(link(inside).as_deref(), Some("beian.miit.gov.cn"));
    let beside = "<p>京ICP备05014806号-1 <a href=http://www.miitbeian.gov.cn>查询</a></p>";
    assert_eq!(link(beside).as_deref(), Some("www.miitbeian.gov.cn"));
    assert_eq!(numbers_of(&format!("{beside}{article}")), ["+京ICP备05014806号-1"]);
    assert_eq!(link("<p>京ICP备05014806号-1</p>"), None);
}

#[test]
fn a_friends_number_in_the_footer_is_the_friends() {
    let article = filler(40);
    let html = format!(
        "{article}<footer>友情链接 <a href=http://friend.com/>某站 京ICP备05014807号</a> \
         <a href=http://www.example.cn/>京ICP备05014806号-1</a> \
         <a href=https://icp.chinaz.com/example.cn>粤ICP备2021012345号</a></footer>",
    );
    assert_eq!(
        numbers_of(&html),
        ["+京ICP备05014806号-1", "+粤ICP备2021012345号", "-京ICP备05014807号"],
    );
    let at_the_end = format!("{article}<article><p>来源 京ICP备05014807号</p></article>");
    assert_eq!(numbers_of(&at_the_end), ["-京ICP备05014807号"]);
}

#[test]
fn a_number_is_read_where_pages_hide_it() {
    let article = filler(40);
    for claim in [
        "<footer><img src=icp.png alt='京ICP备05014806号-1'></footer>",
        "<footer><img src=icp.png title='京&#73;CP备05014806号-1'></footer>",
        "<div class=footer><input type=button value='京ICP备05014806号-1'></div>",
        "<footer>京&#x49;&#67;P&#22791;05014806&#21495;-1</footer>",
        "<footer>京ＩＣＰ備０５０１４８０６號－１</footer>",
        "<footer>京<span>ICP</span>备&nbsp;05014806&nbsp;号&#8203;-1</footer>",
        "<footer><script>document.write('京ICP备05014806号-1')</script></footer>",
        "<script>document.write('<a href=\"https://beian.miit.gov.cn/\">京ICP备05014806号-1</a>')</script>",
        "<script>document.write('\\u4eacICP\\u590705014806\\u53f7-1');//beian.miit.gov.cn</script>",
        "<script>// © 某\nvar icp = \"京ICP备05014806号-1\";</script>",
        "<script>/* 备案 */ var beian='京ICP备05014806号-1' /* 完 */</script>",
        "<script>window.beianNumber='京ICP备05014806号-1';</script>",
        "<meta property=ICP content='京ICP备05014806号-1'>",
    ] {
        for html in [format!("<body>{article}{claim}"), format!("<body>{claim}{article}")] {
            assert_eq!(numbers_of(&html), ["+京ICP备05014806号-1"], "{claim}");
        }
    }
    for other in [
        "<li><a href=/n title='关于京ICP备05014806号-1的通知'>新闻</a></li>",
        "<img src=a alt='某站 京ICP备05014806号-1'>",
        "<script>var news = ['京ICP备05014806号-1'];</script>",
    ] {
        let html = format!("<body>{other}{article}");
        assert_eq!(numbers_of(&html), ["-京ICP备05014806号-1"], "{other}");
    }
}

#[test]
fn a_directory_with_links_to_the_ministry_claims_none() {
    let item = |i| {
        format!("<li>公司{i} <a href=https://beian.miit.gov.cn>京ICP备050148{i:02}号-1</a></li>")
    };
    let html = (0..9).map(item).collect::<Vec<_>>().concat();
    assert!(numbers_of(&html).iter().all(|number| number.starts_with('-')));
    let one_subject =
        |i| format!("<a href=https://beian.miit.gov.cn>京ICP备05014806号-{}</a>", i + 1);
    let html = (0..9).map(one_subject).collect::<Vec<_>>().concat();
    assert!(numbers_of(&html).iter().all(|number| number.starts_with('+')));
}

#[test]
fn a_tangled_page_with_a_number_is_read_by_its_tree_and_others_are_not() {
    let article = filler(40);
    // The unclosed link goes on in a tree, so that what comes later stands in it, too.
    let tangled = "<div><a href=https://beian.miit.gov.cn/>备案</div>";
    let document = at_example(&format!("{tangled}<p>京ICP备05014806号-1</p>{article}"));
    assert!(document.tree_nodes.is_some());
    assert_eq!(document.page.numbers[0].place, NumberPlace::Own);
    assert_eq!(at_example(&format!("{tangled}{article}")).tree_nodes, None);
    let sound = at_example(&format!("<p>京ICP备05014806号-1</p></div></span><b>{article}"));
    assert_eq!(sound.tree_nodes, None);
}

#[test]
fn what_else_is_kept_of_a_page() {
    let html = "<html lang=zh-CN><p>欢迎访问我们的网站，今天是2026年11月24日。</p>\
                <a href=http://bbs.example.cn/>论坛</a><a href=//www.friend.com.cn/x>友</a>\
                <a href='HTTPS://friend.com.cn:8443'>友</a><a href=http://1.2.3.4/>机</a>\
                <a href=/about>我们</a><a href='http://例子.中国/'>例</a>";
    let page = at_example(html).page;
    assert_eq!(page.language, Language::SimplifiedChinese);
    let links: Vec<_> = page.links.iter().map(Domain::unicode).collect();
    assert_eq!(links, ["friend.com.cn", "例子.中国"]);
    let later = at_example(&html.replace("11月24日", "12月1日").replace("<p>", "<div> ")).page;
    assert_eq!(page.text_sha256, later.text_sha256);
    assert!(page.text_sha256.is_some() && page.text_chars > 30);
    let link = |i| format!("<a href=http://a{i}.com>x</a>");
    let many = (0..99).map(link).collect::<Vec<_>>().concat();
    assert_eq!(at_example(&many).page.links.len(), Page::MOST_LINKED_DOMAINS);
}

#[test]
fn hostile_pages_end_within_the_budget() {
    let budget = Budget { cpu: Duration::from_millis(50), nodes: 20_000 };
    let base = "http://a.cn/".parse().unwrap();
    let attributes = (0..20_000).map(|i| format!(" a{i}=1")).collect::<Vec<_>>().concat();
    let distinct = (0..3000).map(|i| format!("<b a={i}>")).collect::<Vec<_>>().concat();
    let links = (0..9_000).map(|i| format!("<a href=//a{i}.cn>x</a>")).collect::<Vec<_>>().concat();
    let tangle = "<div><a href=http://beian.miit.gov.cn>京ICP备05014806号</div>";
    for (shape, html) in [
        ("divs", "<div>".repeat(40_000)),
        ("tangled divs", format!("{tangle}{}", "<div>".repeat(40_000))),
        ("formatting", format!("{tangle}{}", "<b><i><u><p>".repeat(20_000))),
        ("reconstruction", format!("{tangle}{distinct}{}", "<p>x".repeat(20_000))),
        ("anchors", format!("{tangle}{}", "<a href=x>".repeat(20_000))),
        ("tables", format!("{tangle}{}", "<table><tr><td>".repeat(15_000))),
        ("attributes", format!("<p{attributes}>")),
        ("entities", "&notit;&".repeat(30_000)),
        ("templates", "<template><select><option>".repeat(8_000)),
        ("numbers", "京ICP备05014806号".repeat(10_000)),
        ("scripts", "<script>'京ICP备05014806号'</script>".repeat(10_000)),
        ("a script without quotes", format!("<script>{}", "京ICP备05014806号".repeat(20_000))),
        ("a comment", format!("<script>/*{}*/", "icp:'京ICP备05014806号'".repeat(20_000))),
        ("links", links),
    ] {
        let document = read(&html, &base, budget);
        assert!(document.text_chars <= html.len() && document.page.numbers.len() <= 1, "{shape}");
        assert!(document.parts <= budget.nodes + 3 + 512, "{shape}: {} parts", document.parts);
        let nodes = document.tree_nodes.unwrap_or_default();
        assert!(nodes < 200_000, "{shape}: {nodes}");
    }
    let document = read(&"<div>".repeat(40_000), &base, Budget { nodes: 1_000, ..budget });
    assert!(document.was_cut);
    assert!(read("<p>1", &base, Budget { cpu: Duration::ZERO, nodes: 0 }).text.len() <= 9);
}

/// A page of at least so many bytes of `part`, with a title at its head and at its tail what is given.
fn large(part: &str, size: usize, tail: &str) -> String {
    format!("<title>首页</title><body>{}{tail}</body></html>", part.repeat(size / part.len()))
}

#[test]
fn the_number_at_the_end_of_a_large_page_is_found_and_whose_it_is() {
    let budget = Budget { cpu: Duration::from_millis(100), nodes: 60_000 };
    let claim = "<div class=footer>版权所有 <a href=https://beian.miit.gov.cn>京ICP备05014806号-1</a></div>";
    let friend = "<div class=footer><a href=http://friend.com>某站 京ICP备05014806号-1</a></div>";
    let article = "<article><p>来源 京ICP备05014806号-1</p></article>";
    let base = "http://www.example.cn/".parse().unwrap();
    for (part, size) in [
        ("<p>x", 500_000),
        ("<li><a href=//b.cn>字</a></li>", 500_000),
        ("<b>字</b>", 500_000),
        ("<div>", 200_000),
        ("<div><b>", 200_000),
        ("<font>", 200_000),
        ("<table><tr><td>", 200_000),
        ("<!-- x --><p>", 500_000),
    ] {
        for (tail, place) in [
            (claim, NumberPlace::Own),
            (friend, NumberPlace::Quoted),
            (article, NumberPlace::Quoted),
        ] {
            let html = large(part, size, tail);
            let document = read(&html, &base, budget);
            assert_eq!(document.page.title.as_deref(), Some("首页"), "{part}");
            assert!(document.parts <= budget.nodes + 3 + 512, "{part}: {}", document.parts);
            let number = document
                .page
                .numbers
                .first()
                .map(|found| (found.number.to_string(), found.place, found.link.is_some()));
            let expected = ("京ICP备05014806号-1".to_owned(), place, tail != article);
            assert_eq!(number, Some(expected), "{part} {tail}");
        }
    }
    // What is left out between joins nothing.
    let html = large("<p>京ICP备", 400_000, &"<p>05014806号".repeat(20_000));
    assert_eq!(read(&html, &base, budget).page.numbers, []);
}

#[test]
fn a_title_of_megabytes_costs_its_length_once() {
    let html = format!("<title>{}", "标题&amp;".repeat(200_000));
    let document = at_example(&html);
    assert_eq!(document.page.title.unwrap().chars().count(), LONGEST_TITLE);
    assert!(document.parts <= 2 && document.text.is_empty());
}

const SOUP: &str = "(<(/?(div|p|b|i|a|table|tr|td|select|option|template|svg|title|script|frameset|\
                    form|iframe|base|meta|button|math|html|body)( (id|class|href|src|content|name|\
                    http-equiv)=['\"]?(foot|icp|refresh|0;url=/x|//a|http://\\[))?>)|京ICP备05014806号|\
                    location.href='/x'|\\PC|<!--|&#x0;|\u{200b}| ){0,40}";

proptest! {
    #[test]
    fn no_page_makes_it_panic(html in SOUP) {
        let document = at_example(&html);
        prop_assert!(document.text.chars().count() <= document.text_chars);
    }
}
