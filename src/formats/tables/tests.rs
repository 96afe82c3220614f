//! Tests of tables, however they are written.

use super::*;
use proptest::prelude::*;

const COLUMNS: &[Column] =
    &[Column { name: "domain", chinese: &["域名"] }, Column { name: "state", chinese: &["状态"] }];

/// Rows, refusals as line, column and reason; and the columns that are not known.
pub(super) type Taken = (Vec<Result<String, String>>, Vec<String>);

pub(super) fn read(bytes: impl AsRef<[u8]>) -> Result<Taken, FileError> {
    let input = io::Cursor::new(bytes.as_ref().to_vec());
    let convert = |record: &Record<'_>| match record.cell("domain") {
        "bad" => Err(Flaw::of("domain", "it is bad")),
        text => Ok(format!("{text}={}", record.column("state").unwrap_or("none"))),
    };
    let mut rows = Rows::of_table(input, COLUMNS, &["domain"], convert)?;
    let told = rows.by_ref().map(|row| match row {
        Ok(row) => Ok(row),
        Err(RowError::Refused(Refusal { line, column, reason })) => {
            Err(format!("{line} {} {reason}", column.unwrap_or_default()))
        }
        Err(RowError::Io(error)) => panic!("{error}"),
    });
    let told = told.collect();
    Ok((told, rows.unknown_columns()))
}

/// The rows without the reasons of refusals.
pub(super) fn places(bytes: impl AsRef<[u8]>) -> Vec<String> {
    let (rows, _) = read(bytes).unwrap();
    let place = |reason: String| reason.split(' ').take(2).collect::<Vec<_>>().join(" ");
    rows.into_iter().map(|row| row.unwrap_or_else(place)).collect()
}

#[test]
fn headings_may_be_english_or_chinese_in_any_order() {
    for heading in ["domain,state", " Domain ,STATE", "域名,状态", "\"域名\",\"状态\""] {
        let (rows, unknown) = read(format!("{heading}\na.cn,x\n")).unwrap();
        assert_eq!(rows, [Ok("a.cn=x".to_owned())], "{heading}");
        assert!(unknown.is_empty());
    }
    let (rows, unknown) = read("x,状态,y,域名\n1,2,3,a.cn\n").unwrap();
    assert_eq!(rows, [Ok("a.cn=2".to_owned())]);
    assert_eq!(unknown, ["x", "y"]);
}

#[test]
fn a_refusal_has_its_line_and_the_rest_is_taken() {
    let text =
        "domain,state\na.cn,1\nbad,2\nb.cn\n\n\"c\nd\",3\n\"open,4\ne.cn,5\nf.cn,6,7\ng.cn,8";
    let (rows, _) = read(text).unwrap();
    let expected = [
        Ok("a.cn=1"),
        Err("3 domain it is bad"),
        Err("4  1 cells where the heading has 2"),
        Ok("c\nd=3"),
        Err("8  a quote is opened and not closed before the next row"),
        Ok("e.cn=5"),
        Err("10  3 cells where the heading has 2"),
        Ok("g.cn=8"),
    ];
    assert_eq!(rows, expected.map(|row| row.map(str::to_owned).map_err(str::to_owned)));
}

#[test]
fn a_file_without_its_columns_is_refused_whole() {
    assert!(matches!(read(""), Err(FileError::Empty)));
    assert!(matches!(read("state\nx\n"), Err(FileError::MissingColumn("domain", "域名"))));
    assert!(matches!(read("domain,域名\nx,y\n"), Err(FileError::TwiceColumn("domain"))));
}

#[test]
fn a_table_is_told_by_how_it_begins() {
    for (start, form) in [
        ("", Form::Csv),
        ("domain,state", Form::Csv),
        ("PK,domain", Form::Csv),
        ("{\"domain\": 1}", Form::JsonLines),
        ("\u{feff}\r\n \t{", Form::JsonLines),
        ("[{}]", Form::Csv),
        ("PK\u{3}\u{4}", Form::Workbook),
    ] {
        let (got, mut input) = Form::of(io::Cursor::new(start)).unwrap();
        let mut whole = String::new();
        input.read_to_string(&mut whole).unwrap();
        assert_eq!((got, whole.as_str()), (form, start));
    }
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic(bytes: Vec<u8>) {
        let _ = read(&bytes);
        let _ = read([b"domain,state\n", &bytes[..]].concat());
    }

    #[test]
    fn no_cells_make_it_panic(text in "([a-c,\"\r ]{0,6}\n){0,9}") {
        let _ = read(format!("domain,state\n{text}"));
    }

    #[test]
    fn what_is_written_is_read_again(
        cells in proptest::collection::vec("[!-~例子]([ -~例子\"\n]{0,9}[!-~例子])?", 2),
    ) {
        prop_assume!(cells[1] != "bad");
        // A line of a cell that has a comma cannot be told from a row.
        prop_assume!(cells.iter().all(|cell| !(cell.contains('\n') && cell.contains(','))));
        let mut writer = ::csv::Writer::from_writer(Vec::new());
        writer.write_record(["state", "domain"]).unwrap();
        writer.write_record(&cells).unwrap();
        let (rows, _) = read(writer.into_inner().unwrap()).unwrap();
        prop_assert_eq!(rows, [Ok(format!("{}={}", cells[1], cells[0]))]);
    }
}

#[test]
fn a_quote_within_a_cell_swallows_no_row() {
    let text = "domain,state\na.cn,5\" disk\nb.cn,bee\nc.cn,\"6\"\" disk\"\nd.cn,\"e\"f\ng.cn,\n";
    let (rows, _) = read(text).unwrap();
    let expected = ["a.cn=5\" disk", "b.cn=bee", "c.cn=6\" disk", "d.cn=ef", "g.cn="];
    assert_eq!(rows, expected.map(|row| Ok(row.to_owned())));
}

#[test]
fn two_stray_quotes_swallow_no_row_between_them() {
    for (first, last) in [
        ("a.cn,\"1", "d.cn,\"4"),
        ("a.cn,\"1", "d.cn,4\""),
        ("a.cn,\"1", "d.cn,\"4\""),
        ("a.cn,\"1", "\"d.cn\",4"),
        ("\"a.cn,1", "\"d.cn,4"),
        ("\"a.cn,1", "d.cn\",4"),
    ] {
        for between in ["", "b.cn,2\n", "b.cn,2\n\nc.cn,3\n"] {
            let text = format!("domain,state\n{first}\n{between}{last}\ne.cn,5\n");
            let got = places(&text);
            assert_eq!(got[0], "2 ", "{text} {got:?}");
            let rows = got[1..got.len() - 2].join("\n").replace('=', ",");
            assert_eq!(rows, between.replace("\n\n", "\n").trim(), "{text}");
            let last_told = &got[got.len() - 2];
            let line = 3 + between.matches('\n').count();
            let is_refused = *last_told == format!("{line} ");
            assert!(is_refused || last_told.starts_with("d.cn"), "{text} {got:?}");
            assert_eq!(got[got.len() - 1], "e.cn=5", "{text}");
        }
    }
    let text = "domain,state,x\n\"b\n\nc\",\"2\n3\",\"\"\"4\"\"\n5\"\nf.cn,6,\n";
    assert_eq!(places(text), ["b\n\nc=2\n3", "f.cn=6"]);
}
