//! Numbers as people write them, and what only looks like one.

use proptest::prelude::*;

use super::*;

#[test]
fn a_number_is_read_however_it_is_written() {
    for (text, expected) in [
        ("京ICP备05014806号", "京ICP备05014806号"),
        ("京ICP备05014806", "京ICP备05014806号"),
        ("苏ICP备2025210868号-1", "苏ICP备2025210868号-1"),
        ("黔ICP备20004760号-239", "黔ICP备20004760号-239"),
        ("粤ＩＣＰ備０５０１４８０６號－１２", "粤ICP备05014806号-12"),
        ("滬icp備 05014806 號 — 1", "沪ICP备05014806号-1"),
        ("京\u{200b}ICP\u{a0}备\u{feff}05014806号-1A", "京ICP备05014806号-1A"),
        ("京ICP备05014806号-1x", "京ICP备05014806号-1X"),
        ("京ICP备05014806号-1K", "京ICP备05014806号-1K"),
        ("皖ICP备05001号-1", "皖ICP备05001号-1"),
        ("京ICP备案序號：05014806", "京ICP备05014806号"),
        ("川ICP备05014806号", "蜀ICP备05014806号"),
        ("贵ICP备05014806号", "黔ICP备05014806号"),
        ("雲ICP备05014806号", "滇ICP备05014806号"),
        ("甘ICP备05014806号", "陇ICP备05014806号"),
        ("京ICP证030173号-1", "京ICP证030173号"),
        ("粤B2-20090059-5", "粤B2-20090059"),
        ("粤A2-20044005号-70", "粤A2-20044005"),
        ("合字B2-20180025", "合字B2-20180025"),
        ("合字A1、B1/B2-20180017", "合字A1.B1.B2-20180017"),
        ("ICP证合字B2-20070004号", "合字B2-20070004"),
    ] {
        let number: FilingNumber = text.parse().unwrap_or_else(|_| panic!("{text}"));
        assert_eq!(number.to_string(), expected, "{text}");
    }
}

#[test]
fn what_only_looks_like_a_number_is_none() {
    for text in [
        "",
        "ICP备05014806号",
        "萌ICP备20259514号",
        "彬ICP备12345678号",
        "港ICP备12345678号",
        "京ICP备123号",
        "京ICP备123456789012345号",
        "京ICP备XXXXXXXX号",
        "京ICP备05014806号-",
        "京ICP备05014806号-0",
        "京ICP备05014806号等",
        "京公网安备11010802020134号",
        "粤公网安备 44030502008569号",
        "粤B2-30090059",
        "粤B3-20090059",
        "B2-20090059",
        "京ICP备05014806号 京ICP备05014807号",
    ] {
        assert!(text.parse::<FilingNumber>().is_err(), "{text}");
    }
    assert!(" ".repeat(1000).parse::<FilingNumber>().is_err());
}

#[test]
fn a_subject_is_its_number_without_the_site() {
    let subject: SubjectNumber = "京ICP备05014806号-3".parse().unwrap();
    assert_eq!(subject.to_string(), "京ICP备05014806号");
    assert_eq!(subject.serial(), "05014806");
    assert!("粤B2-20090059".parse::<SubjectNumber>().is_err());
}

proptest! {
    #[test]
    fn the_normal_form_reads_as_itself(
        province in "[京津冀晋蒙辽吉黑沪苏浙皖闽赣鲁豫鄂湘粤桂琼渝蜀黔滇藏陕陇青宁新]",
        serial in "[0-9]{4,14}",
        suffix in "(-[1-9][0-9]{0,4}[AXK]?)?",
    ) {
        let text = format!("{province}ICP备{serial}号{suffix}");
        prop_assert_eq!(text.parse::<FilingNumber>().unwrap().to_string(), text);
    }

    #[test]
    fn licences_read_as_themselves(
        issuer in "(合字|粤|蜀)", classes in "([AB][12]\\.){0,3}[AB][12]", serial in "20[0-9]{6}",
    ) {
        let text = format!("{issuer}{classes}-{serial}");
        prop_assert_eq!(text.parse::<FilingNumber>().unwrap().to_string(), text);
    }

    #[test]
    fn no_text_makes_it_panic(text in "[京粤川合字ICP备案证号第:AB12０0-9 —、\\-\\.\u{200b}]{0,40}|\\PC{0,60}") {
        if let Ok(number) = text.parse::<FilingNumber>() {
            prop_assert_eq!(number.to_string().parse::<FilingNumber>().unwrap(), number);
        }
    }
}
