//! Tests of JSON lines.

use crate::formats::tables::tests::places;
use crate::formats::tables::tests::read;
use proptest::prelude::*;

fn check(lines: &str, expected: &[&str]) {
    assert_eq!(places(lines), expected, "{lines}");
}

#[test]
fn keys_may_be_english_or_chinese_and_each_row_has_its_own() {
    let lines = "\u{feff}\n{\"domain\": \"a.cn\", \"state\": \"x\"}\n\n\
                 {\"状态\": \"y\", \"域名\": \" b.cn \"}\r\n\
                 {\"Domain\": \"c.cn\"}\n{\"domain\": \"d.cn\", \"state\": null}";
    check(lines, &["a.cn=x", "b.cn=y", "c.cn=none", "d.cn="]);
}

#[test]
fn values_are_written_as_cells_are() {
    for (value, cell) in [
        ("\"a\\u4f8b\\n;b\"", "a例\n;b"),
        ("17", "17"),
        ("-17", "-17"),
        ("12.0", "12"),
        ("12.50", "12.5"),
        ("110101199001011234", "110101199001011234"),
        ("18446744073709551615", "18446744073709551615"),
        ("true", "true"),
        ("null", ""),
        ("[]", ""),
        ("[\"甲\", 2, null, false]", "甲;2;;false"),
    ] {
        check(&format!("{{\"domain\":\"a.cn\",\"state\":{value}}}"), &[&format!("a.cn={cell}")]);
    }
}

#[test]
fn a_row_at_fault_names_its_column_and_the_rest_is_taken() {
    for (line, place) in [
        ("{\"state\": 1}", "2 domain"),
        ("{\"domain\": \"bad\"}", "2 domain"),
        ("{\"domain\": {\"name\": \"a.cn\"}}", "2 domain"),
        ("{\"domain\": \"a.cn\", \"state\": [[1]]}", "2 state"),
        ("{\"domain\": \"a.cn\", \"state\": 18446744073709551616}", "2 state"),
        ("{\"domain\": \"a.cn\", \"domain\": \"b.cn\"}", "2 domain"),
        ("{\"domain\": \"a.cn\", \"状态\": 1, \"state\": 1}", "2 state"),
        ("{\"domain\": \"a.cn\"", "2 "),
        ("{\"domain\": \"a.cn\"} {}", "2 "),
        ("[\"a.cn\"]", "2 "),
        ("\"a.cn\"", "2 "),
        ("a.cn,x", "2 "),
        ("{\"domain\": \"a\u{fffd}.cn\"}", "2 "),
    ] {
        let lines = format!("{{\"domain\": 1}}\n{line}\n{{\"domain\": 3}}\n");
        let got = places(&lines);
        assert_eq!(got[0], "1=none");
        assert!(got[1].starts_with(place), "{line}: {got:?}");
        assert_eq!(got[2], "3=none");
    }
}

#[test]
fn what_is_no_json_is_not_quoted() {
    let (rows, _) = read("{}\n\"张三\"\n{\"domain\": 张三}\n").unwrap();
    assert_eq!(rows.len(), 3);
    assert!(rows.iter().all(|row| !row.as_ref().unwrap_err().contains('张')), "{rows:?}");
}

#[test]
fn unknown_keys_are_told_once_and_their_values_are_not_read() {
    let line = |key: &str| format!("{{\"domain\": 1, \"{key}\": {{\"x\": [[]]}}, \"\": 0}}\n");
    let long = "长".repeat(300);
    let (rows, unknown) = read([line("a"), line(" b "), line("a"), line(&long)].concat()).unwrap();
    assert!(rows.iter().all(Result::is_ok), "{rows:?}");
    assert_eq!(unknown, ["a", "b", &"长".repeat(85)]);
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic(bytes: Vec<u8>) {
        let _ = read([b"{", &bytes[..]].concat());
    }

    #[test]
    fn no_line_makes_it_panic(text in "(\\{[\"a-d:,\\[\\]{}0-9.e-]{0,20}\\}?\n){1,4}") {
        let _ = read(text);
    }

    #[test]
    fn what_is_written_is_read_again(domain in "[!-~例子é😀]([ -~例子é😀]{0,19}[!-~例子é😀])?", state: Option<u64>) {
        prop_assume!(domain != "bad");
        let line = serde_json::json!({"域名": domain, "state": state}).to_string();
        let state = state.map(|state| state.to_string()).unwrap_or_default();
        let (rows, unknown) = read(line).unwrap();
        prop_assert_eq!(rows, [Ok(format!("{domain}={state}"))]);
        prop_assert!(unknown.is_empty());
    }
}
