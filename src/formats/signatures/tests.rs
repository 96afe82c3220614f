//! Signature files: what they match, and what is refused of them.

use super::*;

const EMPTY: Seen<'static> = Seen {
    status: 200,
    server: None,
    location: None,
    frames: &[],
    title: None,
    text: "",
    text_chars: 0,
    links: 0,
};

fn url(text: &str) -> Url {
    text.parse().unwrap()
}

/// What the built-in patterns make of an answer, as `block aliyun`.
fn recognised(seen: Seen<'_>) -> String {
    let text_chars = seen.text_chars.max(seen.text.chars().count());
    match Signatures::builtin().recognise(&Seen { text_chars, ..seen }) {
        None => "-".to_owned(),
        Some(Recognised::Block(name)) => format!("block {name}"),
        Some(Recognised::Parking(name)) => format!("parking {name}"),
        Some(Recognised::Wall(name)) => format!("wall {name}"),
    }
}

#[test]
fn what_was_seen_rests_on_a_pattern_of_its_own_kind_or_on_none() {
    let name = || "aliyun".to_owned();
    for (sign, is_supported) in [
        (Sign::BlockPage(name()), true),
        (Sign::ParkingPage(name()), false),
        (Sign::Wall(name()), false),
        (Sign::BlockPage("aliyun-of-old".to_owned()), false),
        (Sign::ParkingPage("wanwang".to_owned()), true),
        (Sign::Wall("human-proof".to_owned()), true),
        (Sign::Wall(PASSWORD.to_owned()), true),
        (Sign::Document, true),
        (Sign::BlockPageFlaps, true),
    ] {
        assert_eq!(Signatures::builtin().support(&sign), is_supported, "{sign:?}");
    }
}

#[test]
fn block_pages_of_the_clouds_are_known() {
    let block = [url("http://www.aliyun.com/beian/beian-block?id=0")];
    let old = [url("http://batit.aliyun.com/alww.html")];
    let tencent = url("https://dnspod.qcloud.com/static/webblock.html?d=example.cn");
    let older = url("https://dnspod.qcloud.com/webblock.html");
    let english = Some("Non-compliance ICP Filing");
    for (expected, seen) in [
        ("block aliyun", Seen { status: 403, server: Some("Beaver"), title: english, ..EMPTY }),
        ("block aliyun", Seen { frames: &block, title: english, ..EMPTY }),
        ("block aliyun-frame", Seen { status: 403, frames: &old, ..EMPTY }),
        ("block aliyun-frame", Seen { frames: &old, text: "该网站暂时无法进行访问", ..EMPTY }),
        ("block tencent", Seen { status: 302, location: Some(&tencent), ..EMPTY }),
        ("block tencent", Seen { status: 302, location: Some(&older), ..EMPTY }),
        (
            "block refusal-by-status",
            Seen { status: 403, text: "您的域名未备案，请联系接入商", ..EMPTY },
        ),
        (
            "block refusal-notice",
            Seen { title: Some("未备案提示"), text: "本网站尚未进行备案", ..EMPTY },
        ),
    ] {
        assert_eq!(recognised(seen), expected, "{seen:?}");
    }
}

#[test]
fn one_signal_makes_no_block_page() {
    let frame = [url("http://batit.aliyun.com/alww.html")];
    let tencent = url("https://dnspod.qcloud.com/static/webblock.html");
    let elsewhere = url("https://dnspod.qcloud.com/statistics");
    let footer = "某公司 京ICP备05014806号 未备案网站举报";
    let help = "域名未备案怎么办？".repeat(200);
    let shop = "因分站的域名未备案，论坛功能停用，商城照常营业";
    let quoted = "出现“该网站暂时无法访问，未完成备案”的提示，说明网站尚未备案";
    for seen in [
        Seen { status: 403, ..EMPTY },
        Seen { status: 403, server: Some("Beaver"), ..EMPTY },
        Seen { title: Some("Non-compliance ICP Filing"), ..EMPTY },
        Seen { frames: &frame, ..EMPTY },
        Seen { status: 200, location: Some(&tencent), ..EMPTY },
        Seen { status: 302, location: Some(&elsewhere), ..EMPTY },
        Seen { text: "本网站尚未进行备案", ..EMPTY },
        Seen { title: Some("未备案提示"), ..EMPTY },
        Seen { status: 403, text: footer, ..EMPTY },
        Seen { status: 403, text: &help, title: Some("域名未备案怎么办"), ..EMPTY },
        Seen { title: Some("论坛暂停访问公告 - 某某商城"), text: shop, ..EMPTY },
        Seen {
            title: Some("域名未备案、网站未备案代办 - 某某"),
            text: "网站未备案怎么办",
            ..EMPTY
        },
        Seen {
            title: Some("提示“该网站暂时无法访问”怎么办"), text: quoted, ..EMPTY
        },
        Seen { title: Some("未备案提示"), text: &help, text_chars: 201, ..EMPTY },
        Seen {
            title: Some("未备案提示"), text: "本网站尚未进行备案", links: 4, ..EMPTY
        },
        Seen { status: 418, server: Some("CloudWAF"), ..EMPTY },
    ] {
        assert!(!recognised(seen).starts_with("block"), "{seen:?}");
    }
}

#[test]
fn words_of_a_block_page_or_an_empty_host_with_more_beside_them_tell_nothing() {
    let more = "请联系客服办理，如有疑问请咨询。".repeat(10);
    for (expected, title, text, links) in [
        ("wall refusal-in-words", "未备案提示 - 某某云", "本网站尚未进行备案", 0),
        ("wall refusal-in-words", "未备案提示", &*format!("本网站尚未进行备案。{more}"), 9),
        ("wall empty-host-in-words", "example.cn", &format!("虚拟主机已经开通。{more}"), 0),
        ("-", "某某主机", &format!("虚拟主机已经开通。{more}"), 4),
        ("wall name-offered-in-words", "example.cn", &format!("本域名诚意转让。{more}"), 2),
        ("-", "某某域名店", &format!("本域名诚意转让。{more}"), 4),
    ] {
        let seen =
            Seen { title: Some(title), text, text_chars: text.chars().count(), links, ..EMPTY };
        assert_eq!(recognised(seen), expected, "{title} {text}");
    }
}

#[test]
fn pages_of_nobody_and_walls_are_known_while_they_are_short() {
    let wanwang = url("https://wanwang.aliyun.com/domain/parking?x=1");
    let auction = [url("https://www.4.cn/detail")];
    let unrelated = [url("https://www.notjuming.com/")];
    let tutorial = "nginx 的安装 ".repeat(200);
    for (expected, seen) in [
        ("parking wanwang", Seen { status: 302, location: Some(&wanwang), ..EMPTY }),
        ("parking marketplace-cn", Seen { frames: &auction, ..EMPTY }),
        ("-", Seen { frames: &unrelated, ..EMPTY }),
        ("parking name-for-sale", Seen { text: "This domain is for sale! 域名出售", ..EMPTY }),
        ("parking nginx", Seen { title: Some("Welcome to nginx!"), text: "If you see", ..EMPTY }),
        ("-", Seen { title: Some("Welcome to nginx!"), text: &tutorial, ..EMPTY }),
        ("-", Seen { title: Some("How to say Welcome to nginx!"), ..EMPTY }),
        ("parking iis", Seen { title: Some("IIS Windows Server"), ..EMPTY }),
        ("parking apache", Seen { title: Some("Apache2 Ubuntu Default Page: It works"), ..EMPTY }),
        ("parking tomcat", Seen { title: Some("Apache Tomcat/8.5.100"), ..EMPTY }),
        ("parking baota-panel", Seen { title: Some("没有找到站点"), status: 404, ..EMPTY }),
        ("parking apache-it-works", Seen { text: "It works!", ..EMPTY }),
        ("wall human-proof", Seen { title: Some("安全验证"), ..EMPTY }),
        ("wall human-proof", Seen { text: "请输入验证码", ..EMPTY }),
        ("wall too-many-requests", Seen { text: "您的访问过于频繁，请稍后再试", ..EMPTY }),
        ("wall login-page", Seen { text: "请先登录", ..EMPTY }),
        ("wall login-page", Seen { title: Some("登录 - 某某系统"), text: "用户名 密码", ..EMPTY }),
        (
            "-",
            Seen {
                title: Some("某公司"), text: "首页 登录 注册 产品 联系我们", ..EMPTY
            },
        ),
        ("-", EMPTY),
    ] {
        assert_eq!(recognised(seen), expected, "{seen:?}");
    }
}

#[test]
fn one_word_makes_no_page_of_nobody_and_no_wall_where_there_is_more_beside_it() {
    let beside = |text: &str| format!("{text}{}", "欢迎来电咨询本公司的产品。".repeat(9));
    for (title, text) in [
        ("某某域名店", "域名交易 域名出售 本店出售的域名：a.com"),
        ("域名知识", "很多站长问，域名已过期怎么办？"),
        ("网站建设中，敬请期待 - 某某五金厂", "网站建设中，产品如下"),
        ("某某主机", "您的主机已开通，请查收邮件"),
        ("网站维护_网站建设_某某网络公司", "我们承接企业建站业务"),
        ("安全验证码产品 - 某某科技", "拖动式的图片"),
        ("某某论坛", "请先登录后发帖"),
        ("某某生鲜", "您所在的地区暂不支持货到付款"),
        ("某某短信接口", "接口请求过于频繁请联系客服"),
    ] {
        let text = beside(text);
        let seen = Seen { title: Some(title), text: &text, links: 9, ..EMPTY };
        assert_eq!(recognised(seen), "-", "{title}");
    }
    // Two that say the same are believed, and so is one that is the whole title or the whole text.
    let text = beside("域名已过期，请续费。");
    for (expected, title, text) in [
        ("parking name-expired", "example.cn 域名已过期", &*text),
        ("parking name-for-sale", "example.cn", "域名出售，请联系 123"),
        ("parking hosting-empty", "网站建设中", "网址导航"),
        ("wall in-maintenance", "系统维护公告", "系统维护中，请稍候"),
        ("wall human-proof", "安全验证", &*text),
    ] {
        assert_eq!(recognised(Seen { title: Some(title), text, ..EMPTY }), expected, "{title}");
    }
}

#[test]
fn patterns_that_cannot_be_meant_are_refused() {
    for (block, expected) in [
        ("[[page]]\nname = 'a'\nstatus = [403]", "`a` has 1 kinds of signals and needs 2"),
        ("[[page]]\nname = 'a'\nstatus = [403]\ntext = ['未备案']", "`未备案`"),
        ("[[page]]\nname = 'a'\nstatus = [403]\ntitle = ['ICP备']", "`icp备`"),
        ("[[page]]\nname = 'a'\nstatus = [403]\ntitle = ['']", "``"),
        (
            "[[page]]\nname = 'a'\nstatus = [403]\nserver = ['beaver']\nrequired = ['text']",
            "requires `text`",
        ),
        ("[[page]]\nname = 'a'\nstatsu = [403]", "block-pages.toml is not in the shape"),
    ] {
        let error = Signatures::parse(block, "", "").unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
    }
    assert!(Signatures::parse("", "", "").is_ok());
}
