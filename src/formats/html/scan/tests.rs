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
        "<noscript><p>no</p><meta http-equiv=refresh content='0;url=/a'></noscript><iframe src=a.html>no</iframe><template>t</template>z",
        "<a href=x>1<a href=y>2</a>3",
        "<ul><li>1<li>2<ul><li>3</ul><li>4</ul>",
        "<dl><dt>a<dd>b<dt>c</dl><select><option>1<option>2</select>",
        "<table><tr><td>1<td>2<tr><td>3</table>4",
        "<table><tr><td>a</div>b</td></tr></table></div>c",
        "<svg><path d=1 /><path d=2 /></svg>x",
        "<textarea>a<b>&amp;</p><meta http-equiv=refresh content='0;url=/a'></textarea>x",
        "<xmp>a<b>&amp;</p><a href=x></xmp >x<textarea>open <p>",
        "<template><script>a</script></template><script type=text/template>b</script>x",
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

/// The text of each block that has any, outermost first, and what it seems to be.
fn blocks(outline: &Outline<'_>) -> Vec<(Role, std::ops::Range<usize>)> {
    let regions = outline.regions.iter().filter(|region| !region.chars.is_empty());
    regions.map(|region| (region.role, region.chars.clone())).collect()
}

#[test]
fn of_a_page_with_too_many_parts_the_head_and_the_tail_are_read_as_if_it_were_whole() {
    let middle = "<li><a href=//b.cn>乙</a><img alt='京ICP备05014807号'></li>".repeat(2_000);
    let html = format!(
        "<title>t</title><div>甲<article><ul>{middle}</ul>{middle}</article><section>{middle}         <footer><p>丙{}</p></footer></section></div>丁",
        "<b>x</b>".repeat(20),
    );
    let whole = scan(&html, usize::MAX).outline;
    let cut = scan(&html, 1_000);
    assert!(cut.was_cut && cut.outline.size() < 1_003 + DEEPEST, "{}", cut.outline.size());
    assert_eq!(cut.outline.links, whole.links);
    let text = &cut.outline.text.folded;
    assert!(text.starts_with("甲 乙 乙") && text.ends_with("丙xxxxxxxxxxxxxxxxxxxx 丁"), "{text}");
    assert_eq!(text.matches("……").count(), 1);
    // Longer by the sign that stands for the middle.
    assert_eq!(cut.outline.text.chars, whole.text.chars + 3);
    let [cut, whole] = [&cut.outline, &whole].map(blocks);
    let last = |blocks: &[(Role, std::ops::Range<usize>)]| {
        let tail = blocks.iter().rev().take(2);
        tail.map(|(role, chars)| (*role, chars.len())).collect::<Vec<_>>()
    };
    assert_eq!(last(&cut), last(&whole));
    assert_eq!(last(&cut), [(Role::Plain, 22), (Role::Footer, 22)]);
    assert_eq!(scan(&html, 100_000).outline.text.folded.matches("……").count(), 0);
}

#[test]
fn what_is_deeper_than_browsers_nest_stands_at_that_depth_and_ends_where_it_should() {
    let number = "<a href=//beian.miit.gov.cn><b>号</b></a>";
    let footer = format!("<p>x</p><div class=footer><p>甲{number}</p></div>乙");
    let roles = |html: &str| {
        let outline = scan(html, usize::MAX).outline;
        let all = blocks(&outline).into_iter();
        all.filter(|(role, _)| *role != Role::Plain)
            .map(|(role, chars)| (role, chars.len()))
            .collect::<Vec<_>>()
    };
    let shallow = roles(&footer);
    assert_eq!(shallow, [(Role::Footer, 3), (Role::Ministry, 1)]);
    // All that was open ends, and with it what was deeper.
    let fonts = format!("<table><tr><td>{}x</td></tr></table>", "<font>".repeat(2_000));
    let closed = format!("{}x{}", "<div><i>".repeat(2_000), "</i></div>".repeat(2_000));
    assert_eq!(roles(&format!("{fonts}{footer}")), shallow);
    assert_eq!(roles(&format!("{closed}{footer}")), shallow);
    // A block that stays open: what stands in it, one after another.
    let open = "<div>".repeat(2_000);
    assert_eq!(roles(&format!("{open}<div class=footer>{number}</div>乙")), [(Role::Ministry, 1)]);
    assert_eq!(roles(&format!("{open}<div class=footer>甲<i>1</i></div>乙")), [(Role::Footer, 2)]);
    let article = format!("{open}<article>甲<p>{number}</p>乙</article>丙");
    assert_eq!(roles(&article), [(Role::Article, 4)]);
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
        assert!(cut.outline.size() <= 1_003 + DEEPEST, "{shape}");
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

/// Whether everything in the outline stands in a region that is there.
fn is_coherent(outline: &Outline<'_>) -> bool {
    let regions = outline.regions.len();
    outline.regions.iter().enumerate().all(|(index, region)| region.parent <= index)
        && outline.spans.is_sorted_by_key(|span| span.start)
        && outline.spans.iter().all(|span| span.region < regions)
        && outline.asides.iter().all(|aside| aside.region < regions)
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
        for most in [4, 8, 16, 32] {
            let cut = scan(&html, most).outline;
            prop_assert!(is_coherent(&cut));
            let left_out = 3 * usize::from(cut.text.folded.contains("……"));
            prop_assert_eq!(cut.links, scanned.outline.links);
            // There may be a space before and after the sign that stands for the middle.
            prop_assert!(cut.text.chars.abs_diff(scanned.outline.text.chars + left_out) <= 2);
        }
    }

    #[test]
    fn no_text_makes_it_panic(
        html in "(<|>|/|!|-|'|\"|=|&|#|a|p|div|title|script|td|li|备| |\\PC){0,60}",
    ) {
        let scanned = scan(&html, 40);
        prop_assert!(scanned.outline.size() <= 63);
        prop_assert!(is_coherent(&scanned.outline));
    }
}
