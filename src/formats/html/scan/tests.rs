//! Pages gone through once, against the tree of the same page.

use std::borrow::Cow;
use std::time::Duration;

use proptest::prelude::*;

use super::*;
use crate::formats::html::Budget;
use crate::formats::html::tree;

/// The outline in one line: text, and what else there is.
fn gathered(outline: &Outline<'_>) -> String {
    let joined = |texts: &[Cow<'_, str>]| texts.join("|");
    format!(
        "{} title={:?} base={:?} refresh={} icp={} frames={} scripts={:?} {} {} {}",
        outline.text.folded,
        outline.title,
        outline.base,
        joined(&outline.refreshes),
        joined(&outline.number_metas),
        joined(&outline.frames),
        outline.scripts,
        outline.has_script,
        outline.pictures,
        outline.links,
    )
}

#[track_caller]
fn same_as_tree(html: &str) {
    let scanned = scan(html, usize::MAX);
    let budget = Budget { cpu: Duration::from_mins(1), nodes: 1_000_000 };
    let (tree, _) = tree::parse(html, budget);
    assert_eq!(gathered(&scanned.outline), gathered(&tree::outline(&tree)), "{html}");
}

#[test]
fn tags_are_read_as_browsers_read_them() {
    for html in [
        "<p>甲<b>乙</b>丙<div>丁</div>",
        "a < b <3 <中 </ x> <? php ?> <!doctype html> c",
        "<p title='a>b' data-x=\"</p>\" y=z/>x</p>",
        "<P CLASS=Footer>X<BR>Y</P >z",
        "<!-- a --> b <!--> c <!---> d <!-- e --!> f <!-- open",
        "<script>if (a<b) document.write('<p>no</p>')</script>x<style>p{}</style>y",
        "<title>a &amp; <b>b</b></title><title>second</title>c",
        "<ScRiPt src=a.js></sCrIpT >x",
        "<noscript><p>no</p></noscript><iframe src=a.html>no</iframe><template>t</template>z",
        "<a href=x>1<a href=y>2</a>3",
        "<ul><li>1<li>2<ul><li>3</ul><li>4</ul>",
        "<dl><dt>a<dd>b<dt>c</dl><select><option>1<option>2</select>",
        "<table><tr><td>1<td>2<tr><td>3</table>4",
        "<table><tr><td>a</div>b</td></tr></table></div>c",
        "<svg><path d=1 /><path d=2 /></svg>x",
        "<p>x</p",
        "<p>x<a href='",
        "<meta http-equiv=refresh content='0;url=/a?b=1&amp;c=2'><base href=/d/>",
        "<img src=a alt=b><frame src=x.html><embed><video></video>",
        "<title>t</title><frameset rows=*><frame src=x.html><frame src=y.html></frameset>",
        "ab \u{b}c\r\nd",
        "<x-custom-element-with-a-long-name>a</x-custom-element-with-a-long-name>b",
    ] {
        same_as_tree(html);
    }
}

#[test]
fn what_a_tree_would_put_elsewhere_is_told() {
    let is_tangled = |html: &str| scan(html, usize::MAX).is_tangled;
    let link = "<a href=https://beian.miit.gov.cn/>";
    assert!(is_tangled(&format!("<div>{link}京ICP备05014806号</div>x")));
    assert!(is_tangled(&format!("{link}<div>京ICP备05014806号</a>x</div>")));
    for html in [
        &format!("<div>{link}京ICP备05014806号</a></div>x"),
        "<div><span>a</div></span></b>c</div></div>",
        "<p>a<p>b<ul><li>c</ul>",
    ] {
        assert!(!is_tangled(html), "{html}");
    }
}

#[test]
fn a_page_costs_in_proportion_to_its_size_whatever_it_is() {
    for shape in [
        "<div>",
        "</div>",
        "<b>",
        "</b><i>",
        "<a href=http://a.cn>",
        "<p>x",
        "<td>",
        "<",
        "<!--",
        "<!-",
        "</",
        "<a b=\"",
        "&",
        "&#",
        "&notit",
        "<title>",
        "<script>",
        "<x y=z ",
        "<li><ul>",
        "<svg><a/>",
    ] {
        let html = shape.repeat(200_000 / shape.len());
        let scanned = scan(&html, usize::MAX);
        assert!(scanned.outline.size() <= html.len() / 2 + 2, "{shape}");
        assert!(scanned.outline.text.folded.len() <= 2 * html.len(), "{shape}");
        let cut = scan(&html, 1_000);
        assert!(cut.outline.size() <= 1_003, "{shape}");
    }
}

/// Pieces that nest as they should, so that a tree has nothing to mend.
fn sound(depth: u32) -> BoxedStrategy<String> {
    let leaf = prop_oneof![
        Just("京ICP备05014806号-1".to_owned()),
        Just(" 文字 ".to_owned()),
        Just("<br>".to_owned()),
        Just("&nbsp;&amp;".to_owned()),
        Just("<img src=x alt='图'>".to_owned()),
        Just("<script>var a='</p>';</script>".to_owned()),
        Just("<!-- <p> -->".to_owned()),
    ];
    leaf.prop_recursive(depth, 40, 4, |inner| {
        let element = prop_oneof![
            Just("div"),
            Just("section"),
            Just("ul"),
            Just("footer"),
            Just("span"),
            Just("article"),
            Just("b"),
            Just("div class=footer"),
            Just("x-y")
        ];
        (element, proptest::collection::vec(inner, 0..4)).prop_map(|(tag, inside)| {
            let name = tag.split(' ').next().unwrap_or_default();
            format!("<{tag}>{}</{name}>", inside.concat())
        })
    })
    .boxed()
}

proptest! {
    #[test]
    fn a_sound_page_reads_like_its_tree(html in sound(5)) {
        let scanned = scan(&html, usize::MAX);
        prop_assert!(!scanned.is_tangled);
        let budget = Budget { cpu: Duration::from_mins(1), nodes: 1_000_000 };
        let (tree, _) = tree::parse(&html, budget);
        let outline = tree::outline(&tree);
        prop_assert_eq!(gathered(&scanned.outline), gathered(&outline));
        // Blocks and what they seem to be are the same ones; the tree adds the body's.
        let blocks = |outline: &Outline<'_>| {
            let regions = outline.regions.iter().skip(1);
            regions.map(|region| (region.chars.clone(), region.role, region.is_block)).collect::<Vec<_>>()
        };
        prop_assert_eq!(blocks(&scanned.outline), blocks(&outline));
    }

    #[test]
    fn no_text_makes_it_panic(
        html in "(<|>|/|!|-|'|\"|=|&|#|a|p|div|title|script|td|li|备| |\\PC){0,60}",
    ) {
        let scanned = scan(&html, 40);
        prop_assert!(scanned.outline.size() <= 43);
    }
}
