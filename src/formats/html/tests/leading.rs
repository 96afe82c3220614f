//! Where pages lead without being asked: by refreshes and scripts.

use super::*;

#[test]
fn a_refresh_leads_where_a_browser_would_go() {
    for (content, expected) in [
        ("0;url=http://a.com/x", Some("http://a.com/x")),
        ("3; URL='/next'", Some("http://www.example.cn/next")),
        ("0.5,url = \"b.html\" ", Some("http://www.example.cn/b.html")),
        ("1;//a.com", Some("http://a.com/")),
        ("600;url=http://a.com/", None),
        ("5", None),
        ("0;url=", None),
        ("0;url=/index.html#top", None),
        ("0;url=javascript:alert(1)", None),
        ("x;url=http://a.com/", None),
        ("0;url=http://[", None),
        ("备;案", None),
    ] {
        let html =
            format!("<meta http-equiv=Refresh content=\"{}\">", content.replace('"', "&quot;"));
        let refresh = at_example(&html).refresh;
        assert_eq!(refresh.as_ref().map(Url::as_str), expected, "{content}");
    }
    let for_scriptless = "<noscript><meta http-equiv=refresh content='0;url=/no'></noscript>";
    assert_eq!(at_example(for_scriptless).refresh, None);
    for around in ["template", "textarea", "xmp", "noscript"] {
        let quoted = format!("<{around}><meta http-equiv=refresh content='0;url=/x'></{around}>y");
        let document = at_example(&quoted);
        assert_eq!((document.refresh, document.text.ends_with('y')), (None, true), "{around}");
    }
    let based = "<base href=http://b.com/dir/><meta http-equiv=refresh content='0;url=x'>";
    assert_eq!(at_example(based).refresh.unwrap().as_str(), "http://b.com/dir/x");
    let itself = "<base href=/a/><meta http-equiv=refresh content='0;url=/index.html'>";
    assert_eq!(at_example(itself).refresh, None);
}

#[test]
fn a_script_redirect_is_plain_or_none() {
    for (code, expected) in [
        ("location.href=\"http://a.com/\"", Some("http://a.com/")),
        ("window.location = '/home';", Some("http://www.example.cn/home")),
        ("top.location.replace( 'http://a.com/' )", Some("http://a.com/")),
        ("setTimeout(\"location.href='/x'\",1000)", Some("http://www.example.cn/x")),
        ("var verify=1;\nself.location.assign('/x')", Some("http://www.example.cn/x")),
        ("location.href='http://a.com/'+document.title", None),
        ("if(/mobile/.test(ua)) location.href='http://m.a.com/'", None),
        ("ok && (location.href='/x')", None),
        ("// location.href='/old'", None),
        ("mylocation='/x'; page.location='/y'", None),
        ("if (location.href=='http://a.com/') {}", None),
        ("location.href='javascript:void(0)'", None),
        ("<!--\nlocation.href='/x';\n//-->", Some("http://www.example.cn/x")),
        ("var a = /[\"']/.test(1); location.href='/x'", Some("http://www.example.cn/x")),
        ("function f(){ var s = '}'; }\nf()\nlocation.href='/x'", Some("http://www.example.cn/x")),
        ("function go(){ location.href='/admin/login.php'; }", None),
        ("b.onclick=function(){window.location.href='/order.php';}", None),
        ("b.onclick=()=>location.href='/order.php'", None),
        ("switch(navigator.language){case 'en': location.href='/en/';}", None),
        ("try{ init(); }catch(e){ location.href='/error.html'; }", None),
        ("setTimeout(function(){ if(x) location.href='/x' }, 9)", None),
        ("/* location.href='/old'; */ var a = 1;", None),
        ("var s='location.href=\"/old\"';", None),
        ("document.all || (location.href='/noie.html')", None),
        ("for(;m;) location.href='/m/'", None),
        ("} location.href='/x'", None),
        ("function f(s){ return s.replace(/[}]/, ''); location.href='/x'; }", None),
        ("var s = 'it\nis'; location.href='/x'", None),
        ("location", None),
    ] {
        let html = format!("<body>请稍候<script>{code}</script>");
        let redirect = at_example(&html).script_redirect;
        assert_eq!(redirect.as_ref().map(Url::as_str), expected, "{code}");
    }
    let with_text = format!("{}<script>location.href='/x'</script>", filler(40));
    assert_eq!(at_example(&with_text).script_redirect, None);
    for (kind, runs) in [
        ("", true),
        ("module", true),
        ("Text/JavaScript", true),
        ("application/x-javascript", true),
        ("text/template", false),
        ("application/json", false),
        ("speculationrules", false),
    ] {
        let html = format!("<script type='{kind}'>location.href='/x'</script>");
        assert_eq!(at_example(&html).script_redirect.is_some(), runs, "{kind}");
    }
    let template = "<template><script>location.href='/x'</script></template>";
    assert_eq!(at_example(template).script_redirect, None);
}
