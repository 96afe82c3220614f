//! Numbers as people write them, and what only looks like one.

use proptest::prelude::*;

use super::*;

/// The table, written down by hand: the text and what it means, `-` where it is no number.
const WRITTEN: &str = include_str!("written.txt");

/// `\u{200b}` in the table is the character of that number.
fn unescaped(text: &str) -> String {
    let mut parts = text.split("\\u{");
    let mut out = parts.next().unwrap().to_owned();
    for part in parts {
        let (code, rest) = part.split_once('}').unwrap();
        out.push(char::from_u32(u32::from_str_radix(code, 16).unwrap()).unwrap());
        out.push_str(rest);
    }
    out
}

/// The parts of a number as a row of the table has them.
fn told(number: &FilingNumber) -> String {
    let registry = match number.registry() {
        Registry::Filing => "备",
        Registry::IcpLicence => "证",
        Registry::ClassedLicence(classes) => classes,
    };
    let site = number.site().map_or("-".to_owned(), |site| site.to_string()[1..].to_owned());
    let year = number.year().map_or("-".to_owned(), |year| year.to_string());
    let province = number.province().map_or("-".to_owned(), String::from);
    let form = if number.is_well_formed() { "ok" } else { "odd" };
    let serial = number.serial();
    format!("{number} | {province} | {registry} | {serial} | {year} | {site} | {form}")
}

#[test]
fn every_way_of_writing_a_number_is_read_as_it_was_written_down_by_hand() {
    let lines = WRITTEN.lines().filter(|line| !line.starts_with("# ") && !line.is_empty());
    let mut rows = 0;
    for line in lines {
        let (written, expected) = line.split_once(" | ").unwrap_or_else(|| panic!("{line}"));
        let got = unescaped(written).parse().map_or("-".to_owned(), |number| told(&number));
        assert_eq!(got, expected, "{line}");
        rows += 1;
    }
    assert!(rows >= 300, "{rows}");
}

#[test]
fn a_cell_of_any_length_is_no_number() {
    assert!(" ".repeat(1000).parse::<FilingNumber>().is_err());
    assert!(format!("京ICP备{}号", "1".repeat(1000)).parse::<FilingNumber>().is_err());
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
        issuer in "(合字|粤|蜀|)", classes in "([AB][12]\\.){0,3}[AB][12]", serial in "20[0-9]{6}",
        suffix in "(-[1-9][0-9]{0,4}[AXK]?)?",
    ) {
        let text = format!("{issuer}{classes}-{serial}{suffix}");
        prop_assert_eq!(text.parse::<FilingNumber>().unwrap().to_string(), text);
    }

    #[test]
    fn icp_licences_read_as_themselves(serial in "[0-9]{5,8}", suffix in "(-[1-9][0-9]{0,4})?") {
        let text = format!("京ICP证{serial}号{suffix}");
        prop_assert_eq!(text.parse::<FilingNumber>().unwrap().to_string(), text);
    }

    #[test]
    fn no_text_makes_it_panic(text in "[京粤川合字ICP备案证号第:AB12０0-9 —、\\-\\.\u{200b}]{0,40}|\\PC{0,60}") {
        if let Ok(number) = text.parse::<FilingNumber>() {
            prop_assert_eq!(number.to_string().parse::<FilingNumber>().unwrap(), number);
        }
    }
}
