//! Bytes of every encoding that pages and files come in.

use std::path::Path;

use encoding_rs::BIG5;
use proptest::prelude::*;

use super::*;

const SENTENCE: &str = "欢迎访问本公司网站，我们提供各类产品与服务，联系电话请见页面底部。";

fn in_gbk(text: &str) -> Vec<u8> {
    GBK.encode(text).0.into_owned()
}

#[test]
fn labels_are_believed_in_order_while_the_bytes_bear_them_out() {
    let meta = |label: &str| format!("<html><head><meta charset={label}></head>{SENTENCE}");
    let equivalent =
        format!("<META content=\"text/html; charset=gb2312\" http-equiv=Content-Type>{SENTENCE}");
    let cases: [(&str, Vec<u8>, Option<&str>); 9] = [
        ("header", in_gbk(SENTENCE), Some("text/html; charset=GB2312")),
        ("quoted header", in_gbk(SENTENCE), Some("text/html; Charset=\"gbk\"")),
        ("meta", in_gbk(&meta("'gb2312'")), None),
        ("http-equiv", in_gbk(&equivalent), None),
        ("lying header", in_gbk(&meta("gbk")), Some("text/html; charset=utf-8")),
        ("default header", in_gbk(&meta("gbk")), Some("text/html; charset=iso-8859-1")),
        ("lying meta", in_gbk(&meta("utf-8")), None),
        ("no label", SENTENCE.into(), None),
        ("utf-16 in ascii", meta("utf-16").into(), Some("text/html")),
    ];
    for (case, body, header) in cases {
        assert!(decode(&body, header).contains(SENTENCE), "{case}");
    }
}

#[test]
fn what_is_plainly_utf8_is_read_as_that_whatever_the_labels_say() {
    let header = Some("text/html; charset=gb2312");
    let page = format!("<meta charset=gbk>{SENTENCE}");
    assert_eq!(decode(page.as_bytes(), header), page);
    // The two characters are sound UTF-8 in GBK, and mean nothing in it.
    let few = in_gbk("目录");
    assert!(std::str::from_utf8(&few).is_ok());
    assert_eq!(decode(&few, header), "目录");
    assert!(matches!(decode(SENTENCE.as_bytes(), header), Cow::Borrowed(_)), "nothing is copied");
}

#[test]
fn a_label_far_behind_is_read_and_one_beyond_a_page_of_comments_is_not_needed() {
    let far = format!("<!-- {} --><meta charset=big5><p>歡迎訪問</p>", "x".repeat(9000));
    let (bytes, ..) = BIG5.encode(&far);
    assert!(decode(&bytes, None).contains("歡迎訪問"));
    let (bytes, ..) = GB18030.encode("<p>𠮷野家，镕基，㐂</p>");
    assert!(decode(&bytes, Some("text/html; charset=gb2312")).contains("𠮷野家，镕基，㐂"));
}

#[test]
fn utf_16_is_known_without_a_mark() {
    let page = format!("<html><head><meta charset=utf-16><title>{SENTENCE}</title>");
    for (bytes, header) in [
        (page.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>(), None),
        (page.encode_utf16().flat_map(u16::to_be_bytes).collect(), None),
        (
            page.encode_utf16().flat_map(u16::to_be_bytes).collect(),
            Some("text/html;charset=utf-16"),
        ),
    ] {
        assert_eq!(decode(&bytes, header), page);
    }
}

#[test]
fn a_byte_order_mark_beats_every_label() {
    let mut body = vec![0xef, 0xbb, 0xbf];
    body.extend_from_slice(SENTENCE.as_bytes());
    assert_eq!(decode(&body, Some("text/html; charset=gbk")), SENTENCE);
    let wide: Vec<u8> = "\u{feff}备案".encode_utf16().flat_map(u16::to_le_bytes).collect();
    assert_eq!(decode(&wide, None), "备案");
}

#[test]
fn a_body_cut_inside_a_character_keeps_its_encoding() {
    let body = in_gbk(SENTENCE);
    let cut = &body[..body.len() - 3];
    assert!(decode(cut, Some("text/html; charset=gbk")).starts_with("欢迎访问"));
    assert!(decode(cut, None).starts_with("欢迎访问"));
}

#[test]
fn unknown_and_dead_labels_are_passed_over() {
    for label in ["none", "hz-gb-2312", "", "\""] {
        let header = format!("text/html; charset={label}");
        assert!(decode(SENTENCE.as_bytes(), Some(&header)).contains(SENTENCE), "{label}");
    }
}

/// The documents of one folder, as read by us and as read in the encoding it is named after. A few
/// broken bytes are in them, so readable characters are compared.
fn check_folder(folder: &str, truth: &'static Encoding) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data/pages").join(folder);
    let Ok(entries) = std::fs::read_dir(&path) else {
        eprintln!("skipped: {} is absent", path.display());
        return;
    };
    for entry in entries {
        let path = entry.unwrap().path();
        let body = std::fs::read(&path).unwrap();
        let expected = truth.decode(&body).0;
        assert_eq!(decode(&body, None), expected, "{}", path.display());
        let lie = Some("text/html; charset=iso-8859-1");
        assert_eq!(decode(&body, lie), expected, "{}", path.display());
    }
}

#[test]
fn real_pages_are_read_in_the_encoding_they_are_in() {
    check_folder("GB2312", GB18030);
    check_folder("Big5", BIG5);
    check_folder("utf-8", UTF_8);
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic(
        body in proptest::collection::vec(any::<u8>(), 0..300),
        header in proptest::option::of("\\PC{0,30}|text/html; ?charset=[a-z0-9\"'-]{0,12}"),
    ) {
        decode(&body, header.as_deref());
    }
}
