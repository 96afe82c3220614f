//! Tests of XLSX workbooks.

use super::*;
use crate::formats::tables::tests::places;
use crate::formats::tables::tests::read;
use proptest::prelude::*;
use rust_xlsxwriter::ExcelDateTime as Time;
use rust_xlsxwriter::Format;
use rust_xlsxwriter::Formula;
use rust_xlsxwriter::Workbook;
use rust_xlsxwriter::Worksheet;

fn written(fill: impl FnOnce(&mut Worksheet)) -> Vec<u8> {
    let mut workbook = Workbook::new();
    fill(workbook.add_worksheet());
    workbook.add_worksheet().write(0, 0, "another sheet").unwrap();
    workbook.save_to_buffer().unwrap()
}

fn with_heading(fill: impl FnOnce(&mut Worksheet)) -> Vec<u8> {
    written(|sheet| {
        sheet.write_row(0, 0, ["域名", "State"]).unwrap();
        fill(sheet);
    })
}

/// A zip file whose members are stored as they are.
fn zipped(members: &[(&str, &str)]) -> Vec<u8> {
    let (mut bytes, mut directory) = (Vec::new(), Vec::new());
    let number = |bytes: &mut Vec<u8>, numbers: &[u32]| {
        bytes.extend(numbers.iter().flat_map(|number| number.to_le_bytes()));
    };
    for (name, text) in members {
        let at = u32::try_from(bytes.len()).unwrap();
        let length = u32::try_from(text.len()).unwrap();
        let sums = [0, 0, crc32fast::hash(text.as_bytes()), length, length];
        bytes.extend_from_slice(b"PK\x03\x04\x14\0");
        // Flags and method, time, and the checksum between them and the two sizes.
        number(&mut bytes, &sums);
        number(&mut bytes, &[u32::try_from(name.len()).unwrap()]);
        bytes.extend_from_slice(name.as_bytes());
        bytes.extend_from_slice(text.as_bytes());
        directory.extend_from_slice(b"PK\x01\x02\x14\0\x14\0");
        number(&mut directory, &sums);
        number(&mut directory, &[u32::try_from(name.len()).unwrap(), 0, 0, 0]);
        directory.truncate(directory.len() - 2);
        number(&mut directory, &[at]);
        directory.extend_from_slice(name.as_bytes());
    }
    let (at, length) = (bytes.len(), directory.len());
    let count = u16::try_from(members.len()).unwrap().to_le_bytes();
    bytes.append(&mut directory);
    bytes.extend_from_slice(b"PK\x05\x06\0\0\0\0");
    bytes.extend([count, count].concat());
    number(&mut bytes, &[u32::try_from(length).unwrap(), u32::try_from(at).unwrap()]);
    bytes.extend_from_slice(b"\0\0");
    bytes
}

/// A workbook whose only sheet has these rows.
fn forged(rows: &str) -> Vec<u8> {
    forged_with("<sst uniqueCount='0'></sst>", rows)
}

/// A workbook whose only sheet has these rows, with texts that cells share.
fn forged_with(texts: &str, rows: &str) -> Vec<u8> {
    let space = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
    let related = |kind: &str, path: &str| {
        let attributes = format!("Id='r1' Type='{space}/{kind}' Target='{path}'");
        format!("<Relationships><Relationship {attributes}/></Relationships>")
    };
    let sheets = "<sheets><sheet name='S' sheetId='1' r:id='r1'/></sheets>";
    zipped(&[
        ("_rels/.rels", &related("officeDocument", "xl/workbook.xml")),
        ("xl/workbook.xml", &format!("<workbook xmlns:r='{space}'>{sheets}</workbook>")),
        ("xl/_rels/workbook.xml.rels", &related("worksheet", "worksheets/sheet1.xml")),
        ("xl/sharedStrings.xml", texts),
        (
            "xl/worksheets/sheet1.xml",
            &format!("<worksheet><sheetData>{rows}</sheetData></worksheet>"),
        ),
    ])
}

#[test]
fn cells_are_read_as_csv_would_have_them() {
    let format = |text: &str| Format::new().set_num_format(text);
    let bytes = with_heading(|sheet| {
        for (row, domain) in (1..=9).zip('a'..) {
            sheet.write(row, 0, format!(" {domain}.cn ")).unwrap();
        }
        sheet.write(1, 1, "例子\n\"x\",").unwrap();
        sheet.write(2, 1, 13_800_000_000_u64).unwrap();
        sheet.write(3, 1, 12.5).unwrap();
        sheet.write(4, 1, true).unwrap();
        let day = Time::from_ymd(2024, 2, 29).unwrap();
        sheet.write_with_format(5, 1, &day, &format("yyyy-mm-dd")).unwrap();
        let time = day.and_hms(13, 5, 0).unwrap();
        sheet.write_with_format(6, 1, &time, &format("yyyy/m/d h:mm")).unwrap();
        sheet.write(7, 1, Formula::new("=1+1").set_result("2")).unwrap();
        sheet.write_blank(8, 1, &format("0.00")).unwrap();
    });
    let expected = [
        "a.cn=例子\n\"x\",",
        "b.cn=13800000000",
        "c.cn=12.5",
        "d.cn=true",
        "e.cn=2024-02-29",
        "f.cn=2024-02-29 13:05:00",
        "g.cn=2",
        "h.cn=",
        "i.cn=",
    ];
    assert_eq!(places(bytes), expected);
}

#[test]
fn rows_have_their_numbers_and_those_without_cells_are_none() {
    let bytes = written(|sheet| {
        sheet.write_row(2, 0, ["domain", "x", "state"]).unwrap();
        sheet.write_row(4, 0, ["a.cn", "", "1"]).unwrap();
        sheet.write_row(6, 0, ["bad"]).unwrap();
        sheet.write_row(7, 0, ["b.cn", "", "", "4"]).unwrap();
        sheet.write_row(9, 0, ["c.cn", " ", " ", " "]).unwrap();
    });
    let (rows, unknown) = read(bytes).unwrap();
    let expected = [
        Ok("a.cn=1"),
        Err("7 domain it is bad"),
        Err("8  4 cells where the heading has 3"),
        Ok("c.cn="),
    ];
    assert_eq!(rows, expected.map(|row| row.map(str::to_owned).map_err(str::to_owned)));
    assert_eq!(unknown, ["x"]);
}

#[test]
fn rows_beyond_all_measure_are_refused_and_the_rest_is_taken() {
    let bytes = with_heading(|sheet| {
        sheet.write_row(1, 0, ["a.cn"]).unwrap();
        sheet.write(1, 1000, "x").unwrap();
        sheet.write_row(2, 0, ["b.cn"]).unwrap();
        sheet.write(2, 16_383, " ").unwrap();
    });
    assert_eq!(places(bytes), ["2 ", "b.cn="]);
    let text = |text: &str| format!("<c t=\"inlineStr\"><is><t>{text}</t></is></c>");
    let row = |cells: &[&str]| {
        let cells = cells.iter().map(|cell| text(cell)).collect::<String>();
        format!("<row>{cells}</row>")
    };
    let (half, more) = ("x".repeat(600_000), "x".repeat(LONGEST_ROW + 1));
    let rows = [row(&["domain", "state"]), row(&[&half, &half]), row(&["a.cn", &more, ""])];
    let bytes = forged(&[rows.concat(), row(&["b.cn", "1"])].concat());
    assert_eq!(places(bytes), ["2 ", "3 ", "b.cn=1"]);
}

#[test]
fn a_row_beyond_all_measure_still_tells_its_other_cells() {
    let bytes = with_heading(|sheet| {
        sheet.write_row(1, 0, ["a.cn", "1"]).unwrap();
        sheet.write(1, 1000, "x").unwrap();
    });
    let mut rows = records(Box::new(io::Cursor::new(bytes)), Room::FILE).unwrap().skip(1);
    let Some(Err((RowError::Refused(_), cells))) = rows.next() else { panic!("it is taken") };
    assert_eq!(cells, ["a.cn", "1"]);
}

#[test]
fn a_workbook_that_needs_more_room_than_there_is_is_refused() {
    let texts = format!("<sst uniqueCount='1'><si><t>{}</t></si></sst>", "x".repeat(1000));
    let rows = "<row><c t='s'><v>0</v></c></row>".repeat(20);
    let bytes = forged_with(&texts, &(rows + &"<row><c/></row>".repeat(500)));
    let fits = Room { members: 5, texts: 2000, whole: 20_000, sheet: 20_000, rows: 20 };
    let refused = |room: Room| {
        records(Box::new(io::Cursor::new(bytes.clone())), room).err().map(|error| error.to_string())
    };
    assert_eq!(refused(fits), None);
    for (room, why) in [
        (Room { members: 4, ..fits }, "too many parts"),
        (Room { texts: 1000, ..fits }, "its texts are too large"),
        (Room { whole: 5000, ..fits }, "it is too large"),
        (Room { sheet: 18_000, ..fits }, "its sheet is too large"),
        (Room { rows: 19, ..fits }, "more than 19 rows"),
    ] {
        let told = refused(room).unwrap();
        assert!(told.contains(why), "{why}: {told}");
    }
}

#[test]
fn a_broken_workbook_is_refused_whole() {
    let whole = with_heading(|sheet| {
        sheet.write_row(1, 0, ["a.cn"]).unwrap();
    });
    let cell = |place: &str| format!("<row><c r=\"{place}\"><v>1</v></c></row>");
    for bytes in [
        whole[..whole.len() / 2].to_vec(),
        whole[..4].to_vec(),
        zipped(&[("a.txt", "domain")]),
        forged(&cell("ABCDEFGHIJKLMNOP1")),
        forged(&cell("A99999999999999")),
        forged("<row><c><v>1</v></row>"),
        forged_with("<sst uniqueCount='99999999999999'></sst>", &cell("A1")),
        forged_with("<sst uniqueCount='9999999999999999999'></sst>", &cell("A1")),
        forged("<row><c t=\"s\"><v>7</v></c></row>"),
    ] {
        assert!(matches!(read(&bytes), Err(FileError::Workbook(_))), "{:?}", read(&bytes));
    }
    let texts = "<sst uniqueCount='1'><si><t>domain</t></si></sst>";
    let rows = "<row><c t='s'><v>0</v></c></row><row><c><v>7</v></c></row>";
    assert_eq!(places(forged_with(texts, rows)), ["7=none"]);
    assert!(matches!(read(forged("")), Err(FileError::Empty)));
    assert!(matches!(read(forged(&cell("A1"))), Err(FileError::MissingColumn("domain", _))));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn no_bytes_make_it_panic(bytes: Vec<u8>) {
        let _ = read([b"PK\x03\x04", &bytes[..]].concat());
    }

    #[test]
    fn no_sheet_makes_it_panic(
        rows in "(<row>|</row>|<c r=\"[A-Z]{0,9}[0-9]{0,12}\">|<c>|</c>|<v>|</v>|[a-z]){0,20}",
    ) {
        let _ = read(forged(&rows));
    }

    #[test]
    fn no_change_makes_it_panic(
        changes in proptest::collection::vec(any::<(prop::sample::Index, u8)>(), 1..9),
    ) {
        let mut bytes = with_heading(|sheet| {
            sheet.write_row(1, 0, ["a.cn", "1"]).unwrap();
        });
        for (place, byte) in changes {
            let place = place.index(bytes.len() - 4) + 4;
            bytes[place] = byte;
        }
        let _ = read(bytes);
    }

    #[test]
    fn what_is_written_is_read_again(
        rows in proptest::collection::vec(("[!-~例子]{1,9}", any::<u32>()), 1..9),
    ) {
        prop_assume!(rows.iter().all(|(domain, _)| domain != "bad"));
        let bytes = with_heading(|sheet| {
            for (number, (domain, state)) in (1..).zip(&rows) {
                sheet.write_string(number, 0, domain).unwrap();
                sheet.write(number, 1, *state).unwrap();
            }
        });
        let expected: Vec<_> =
            rows.iter().map(|(domain, state)| Ok(format!("{domain}={state}"))).collect();
        prop_assert_eq!(read(bytes).unwrap().0, expected);
    }
}
