//! Numbers of others in places where sites claim their own.

use std::time::Duration;

use crate::facts::visit::NumberPlace;
use crate::formats::html::Budget;
use crate::formats::html::read;

const NUMBER: &str = "京ICP备22000002号-1";

fn article() -> String {
    format!("<p>{}</p>", "欢迎来到我们的网站，这里有很多内容可以看。".repeat(40))
}

/// How the number of the page stands.
#[track_caller]
fn place(html: &str) -> NumberPlace {
    let budget = Budget { cpu: Duration::from_secs(20), nodes: 60_000 };
    let document = read(html, &"http://www.example.cn/".parse().unwrap(), budget);
    assert_eq!(document.page.numbers.len(), 1, "{html}");
    assert_eq!(document.page.numbers[0].number.to_string(), NUMBER);
    document.page.numbers[0].place
}

/// How `part` stands at the end of a page, and in the middle of one.
#[track_caller]
fn places(part: &str) -> [NumberPlace; 2] {
    let (part, article) = (part.replace("OTHER", NUMBER), article());
    let end = format!("<body>{article}{part}</body>");
    let middle = format!("<body>{article}{part}{article}</body>");
    [place(&end), place(&middle)]
}

#[test]
fn a_line_at_the_end_that_tells_of_somebody_else_claims_nothing() {
    for part in [
        "<div class=post><p>昨日，某网站（OTHER）因违规被关停。</p></div>",
        "<ul><li>某网站（OTHER）因违规被关停</li></ul><script src=/footer.js></script>",
        "<li><a href='http://other.cn/'>某公司</a> OTHER</li>",
        "<li><a href='http://other.cn/'><img src=a.png></a> OTHER</li>",
        "<li>OTHER <a href='http://other.cn/'>某公司</a></li>",
        "<li>合作伙伴 某公司 OTHER</li>",
        "<main><p>例如 OTHER，其中 -1 表示第一个网站。</p></main>",
        "<p>备案号的格式为 OTHER</p>",
        "<div class=case><h3>客户案例</h3><p>为某公司（OTHER）建设了官网</p></div>",
        "<p>他们冒用的是 OTHER</p>",
        "<p>我们为某公司做的网站是OTHER。</p>",
        "<p>某公司官网：OTHER</p>",
        "<p>昨天上午有关部门说这家公司的网站用了 OTHER 已经三年</p>",
        "<div><script>var news = {title: '某网站（OTHER）因违规被关停'}</script></div>",
        "<div><img src=a.png alt='某网站（OTHER）因违规被关停'></div>",
    ] {
        let [end, middle] = places(part);
        assert_eq!(end, NumberPlace::Unsure, "{part}");
        assert_eq!(middle, NumberPlace::Quoted, "{part}");
    }
}

#[test]
fn what_is_named_as_a_bottom_or_a_record_claims_by_its_line() {
    for part in [
        "<div class=record>查询记录：OTHER</div>",
        "<div class=bottom-news><p>某网站（OTHER）因违规被关停，这是新闻。</p></div>",
        "<div class=bottom><a href='http://other.cn/'>某公司</a> OTHER</div>",
        "<p>某网站（OTHER）可在<a href='https://beian.miit.gov.cn/'>工信部</a>查到</p>",
    ] {
        assert_eq!(places(part), [NumberPlace::Unsure; 2], "{part}");
    }
    for part in [
        "<div class=record>OTHER</div>",
        "<div class=icp-record>备案序号：OTHER</div>",
        "<div class=bottom><p>某某网络科技有限公司 OTHER</p></div>",
        "<div id=page_bottom>&copy; 2026 某公司，OTHER，<a href='http://t.cn/'>某科技</a>制作</div>",
        "<p>OTHER <a href='http://www.miitbeian.gov.cn'>查询</a></p>",
        "<div class='bottom foot'>某网站（OTHER）</div>",
    ] {
        assert_eq!(places(part), [NumberPlace::Own; 2], "{part}");
    }
}

#[test]
fn a_footer_claims_its_number_unless_its_line_speaks_against_that() {
    for line in [
        "例如 OTHER，其中 -1 表示第一个网站。",
        "友情链接：某站 OTHER",
        "<a href='http://other.cn/'>某公司</a> OTHER",
        "昨天上午有关部门说，这家公司的网站长期使用的（OTHER）不是它的",
    ] {
        for part in
            [format!("<footer><p>{line}</p></footer>"), format!("<div id=foot>{line}</div>")]
        {
            assert_eq!(places(&part), [NumberPlace::Unsure; 2], "{part}");
        }
    }
    for line in [
        "OTHER",
        "某网站（OTHER）",
        "Copyright © 2001-2026 某公司 版权所有，OTHER，未经许可不得转载",
        "技术支持：某某科技 备案号：OTHER",
        "技术支持：某某科技 地址：北京市海淀区中关村大街一号 OTHER",
        "Powered by Discuz! X3.4 OTHER",
        "OTHER <a href='http://other.cn/'>Design by other.cn</a>",
        "邮箱：abc@qq.com www.example.cn OTHER",
        "<a href='http://www.12377.cn/'>违法和不良信息举报中心</a> OTHER",
        "OTHER 技术支持：<a href='http://t.cn/'>某科技</a>",
        "<a href='http://www.beian.gov.cn/'>京公网安备11010802020134号</a> OTHER",
        "<a href='http://www.example.cn/'>某公司</a> OTHER",
        "地址：北京市海淀区中关村大街一号某某大厦三层 电话：010-12345678 ICP备案：OTHER",
        "<a href='http://icp.chinaz.com/'>OTHER</a>",
        "违法和不良信息举报 违规处罚热线 © 某公司 OTHER",
    ] {
        let part = format!("<div class=footer><p>{line}</p></div>");
        assert_eq!(places(&part), [NumberPlace::Own; 2], "{part}");
    }
}

#[test]
fn the_last_line_of_a_page_without_a_footer_claims_its_number() {
    for part in [
        "<p>OTHER</p>",
        "<div>某公司 OTHER</div>",
        "<center>北京某某网络科技有限责任公司 网站备案/许可证号：OTHER</center>",
        "<div>地址：北京市海淀区中关村大街一号某某大厦三层 电话：010-12345678 OTHER</div>",
        "<div>Copyright © 2001-2026 某公司版权所有，OTHER</div>",
        "<div>版权所有 某公司（OTHER） 技术支持：<a href='http://t.cn/'>某科技</a></div>",
        "<td><span>京ICP备</span><b>22000002</b>号-1 京公网安备11010802020134号</td>",
        "<div><script>document.write('OTHER')</script></div>",
        "<p><a href='http://www.example.cn/'>首页</a> <a href=/about>关于</a> OTHER</p>",
    ] {
        assert_eq!(places(part)[0], NumberPlace::Own, "{part}");
    }
}

#[test]
fn a_footer_or_a_link_to_the_ministry_claims_no_number_that_its_words_give_to_others() {
    let linked = format!("<a href=https://beian.miit.gov.cn/>{NUMBER}</a>");
    for part in [
        // Who built or hosts the site.
        "© 2020 某某公司 技术支持：某某科技 OTHER",
        "© 某公司 技术支持：<a href='http://t.cn/'>某科技</a> OTHER",
        "<p>© 某某公司 版权所有</p><p>技術支持：某某科技 OTHER</p>",
        "Powered by 某某建站 OTHER",
        "本站由某某科技提供网站建设 OTHER",
        "网站建设：某某科技（OTHER）",
        "主机提供：某某云 OTHER 违法信息举报",
        "<p>©2018 某某公司</p><p>某某商城系统提供技术支持</p><p>OTHER</p>",
        "<p>©2018 某某公司</p><p><a href='http://t.cn'>某某商城系统</a> | OTHER</p>",
        // Another host, and what the page says of others.
        "<ul><li>other.cn OTHER</li></ul>",
        "<p>据查，www.other.com.cn 的备案号为 OTHER，主办单位为某某。</p>",
        "<table><tr><th>网站</th><th>备案号</th></tr><tr><td>other.cn</td><td>OTHER</td></tr></table>",
        "<dl><dt>合作单位</dt><dd>某某银行 OTHER</dd></dl>",
        "<p>声明：近期有网站冒用本站名义，其备案号 OTHER 与本站无关</p>",
        "本站与“某某网（OTHER）”無任何關係，谨防假冒",
        "<div class=ad><a href='/go?u=other.cn'>某某商城 OTHER</a></div>",
        "廣告：某某商城 正品保障 OTHER",
        "本站内容轉載自某某网 ©版权归某某网所有 OTHER",
        "图片版权归某某图库所有 OTHER",
        "原备案号：OTHER",
        "备案号 OTHER（已註銷）",
        "备案变更：由 OTHER 变更为新号",
        "<article>某公司 OTHER</article>",
        "<div class=footer-news>某公司 OTHER</div>",
        "<textarea>OTHER</textarea>",
        "<xmp>OTHER</xmp>",
    ] {
        let part = format!("<footer>{part}</footer>");
        assert_eq!(places(&part), [NumberPlace::Unsure; 2], "{part}");
        if !part.contains("<textarea>") && !part.contains("<xmp>") {
            let part = part.replace("OTHER", &linked);
            assert_eq!(places(&part), [NumberPlace::Unsure; 2], "{part}");
        }
    }
    for part in
        ["<div class=icp-result>备案号：OTHER</div>", "<p>例如 OTHER，其中 -1 表示第一个网站。</p>"]
    {
        assert_eq!(places(&part.replace("OTHER", &linked)), [NumberPlace::Unsure; 2], "{part}");
    }
}

#[test]
fn what_a_field_holds_and_what_there_is_to_choose_claims_nothing() {
    for part in [
        "<footer><input value='OTHER'></footer>",
        "<form class=icp><input type=text value='OTHER'></form>",
        "<footer><p data-x=1 value='OTHER'>x</p></footer>",
    ] {
        assert_eq!(places(part), [NumberPlace::Unsure; 2], "{part}");
    }
    for part in ["<select><option>OTHER</select>", "<datalist><option value=1>OTHER</datalist>"] {
        let html = format!("{}<footer>{part}</footer>", article()).replace("OTHER", NUMBER);
        let budget = Budget { cpu: Duration::from_secs(20), nodes: 60_000 };
        let document = read(&html, &"http://www.example.cn/".parse().unwrap(), budget);
        assert_eq!(document.page.numbers, [], "{part}");
    }
}

#[test]
fn a_script_claims_no_number_in_its_comments_or_its_data() {
    let link = "<a href=\"https://beian.miit.gov.cn/\">OTHER</a>";
    for code in [
        &format!("/* {link} */"),
        &format!("var a = 1; /* b */ /*\n{link}\n*/"),
        "// 例如 icp = 'OTHER'",
        "var a = 1; // icp = 'OTHER'",
        &format!("<!-- document.write('{link}')"),
        "var demo = {icp: 'OTHER'};",
        "var sites = [{domain: \"other.cn\", icp: \"OTHER\"}]",
        "var a = {\"beian\": \"OTHER\", \"url\": \"https://beian.miit.gov.cn/\"}",
        "var icp = '技术支持：某某科技 OTHER'",
        "var icp = 'other.cn OTHER'",
    ] {
        let part = format!("<script>{code}</script>");
        assert_eq!(places(&part), [NumberPlace::Unsure; 2], "{part}");
    }
    for code in [
        format!("document.write('{link}')"),
        format!("var a = '//x.cn/a.js'; /* b */ document.write('{link}')"),
        format!("<!--\ndocument.write('{link}')\n//-->"),
        "location.protocol == 'https:' || b; var icp = 'OTHER'".to_owned(),
    ] {
        let part = format!("<script>{code}</script>");
        assert_eq!(places(&part), [NumberPlace::Own; 2], "{part}");
    }
    for kind in ["application/json", "text/template"] {
        let html = format!("<script type={kind}>icp = '{NUMBER}'</script><p>x");
        let budget = Budget { cpu: Duration::from_secs(20), nodes: 60_000 };
        let document = read(&html, &"http://www.example.cn/".parse().unwrap(), budget);
        assert_eq!(document.page.numbers, [], "{kind}");
    }
}

#[test]
fn a_number_whose_digits_are_torn_is_whatever_it_may_be_and_claims_nothing() {
    let claim = |digits: &str| {
        let html = format!(
            "{}<footer><a href=//beian.miit.gov.cn>京ICP备{digits}</a></footer>",
            article()
        );
        let budget = Budget { cpu: Duration::from_secs(20), nodes: 60_000 };
        let document = read(&html, &"http://www.example.cn/".parse().unwrap(), budget);
        let told = |place| match place {
            NumberPlace::Own => '+',
            NumberPlace::Unsure => '?',
            NumberPlace::Quoted => '-',
        };
        let numbers = document.page.numbers;
        numbers
            .iter()
            .map(|n| format!("{}{}", told(n.place), n.number))
            .collect::<Vec<_>>()
            .join(" ")
    };
    for (digits, expected) in [
        ("22000002</a><span>24小时热线</span>", "?京ICP备22000002号 ?京ICP备2200000224号"),
        ("22000002</a><a>7x24小时</a>", ""),
        ("20210001<b>24</b>小时", "?京ICP备20210001号 ?京ICP备2021000124号"),
        ("2200<br>0002号-1", "?京ICP备2200号 ?京ICP备22000002号-1"),
        ("<div>2200</div><div>0002号</div>", "?京ICP备2200号 ?京ICP备22000002号"),
        ("2200 0002号", "?京ICP备2200号 ?京ICP备22000002号"),
        ("<b>2200</b>000<i>2号-1</i>", "+京ICP备22000002号-1"),
        ("22000<wbr>002号", "+京ICP备22000002号"),
        ("<b>2200000</b>2", "?京ICP备2200000号 ?京ICP备22000002号"),
        ("2200_______号", ""),
        ("22000002</a><br>24小时热线<a>", "+京ICP备22000002号"),
        ("22000002号<span>-2024 版权所有</span>", "+京ICP备22000002号-2024"),
    ] {
        assert_eq!(claim(digits), expected, "{digits}");
    }
}

#[test]
fn a_number_that_is_claimed_and_quoted_is_claimed() {
    let html = format!(
        "{}<footer>{NUMBER}</footer><p>例如 {NUMBER}，其中 -1 表示第一个网站。</p>",
        article()
    );
    assert_eq!(place(&html), NumberPlace::Own);
}

#[test]
fn of_a_page_with_very_many_numbers_no_line_is_read() {
    let footer = format!("<footer>{}</footer>", format!("{NUMBER} ").repeat(300));
    let html = format!("{}{footer}", article().repeat(10));
    assert_eq!(place(&html), NumberPlace::Unsure);
}
