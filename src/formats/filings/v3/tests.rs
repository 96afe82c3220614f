//! What messages of the mirror feed and of cancellations tell, and what is wrong with them.

use super::*;
use encoding_rs::GBK;
use std::io::Cursor;

fn filing(entry: Entry) -> Filing {
    let Entry::Filing(filing) = entry else { panic!("{entry:?}") };
    filing
}

fn feed(subject: &str, site: &str) -> Vec<Result<Filing, RowError>> {
    let text = format!(
        "<?xml version=\"1.0\" encoding=\"GBK\"?>\n<DownloadData><SJTB><ICP>\n<Baxx><Zt_xx>{subject}\
         </Zt_xx><Wz_xx><Wzid>60001</Wzid>{site}</Wz_xx></Baxx></ICP></SJTB></DownloadData>"
    );
    let (bytes, ..) = GBK.encode(&text);
    read(Cursor::new(bytes.into_owned())).map(|row| row.map(filing)).collect()
}

const SUBJECT: &str = "<Dwmc>示例科技有限公司</Dwmc><Dwxz>4</Dwxz><Txdz><Shengid>440000</Shengid></Txdz>\
    <Zj><Zjlx>1</Zjlx><Zjhm>EXAMPLE-0001</Zjhm></Zj><Baxh>京ICP备12345679号</Baxh>\
    <Scbbsj>2009-06-01 08:00:00</Scbbsj>";

#[test]
fn each_domain_of_a_site_is_a_row_with_all_its_accesses() {
    let access = |unit: u32, start: u32| {
        format!(
            "<Jr_xx><Ispid>{unit}</Ispid><Wzjrfs><Jrfs>3</Jrfs></Wzjrfs><Ip_xx><Qsip>{start}</Qsip>\
             <Zzip>{start}</Zzip></Ip_xx></Jr_xx>"
        )
    };
    let site = format!(
        "<Wzmc>示例网站</Wzmc><Ym_xx><Ym>example.org</Ym></Ym_xx><Ym_xx><Ym>例子.cn</Ym></Ym_xx>{}{}\
         <Baxh>京ICP备12345679号-1</Baxh>",
        access(9002, 3_325_256_724),
        access(9003, 3_325_256_725)
    );
    let rows: Vec<Filing> = feed(SUBJECT, &site).into_iter().map(Result::unwrap).collect();
    let domains: Vec<String> = rows.iter().map(|row| row.domain.to_string()).collect();
    assert_eq!(domains, ["example.org", "xn--fsqu00a.cn"]);
    let row = &rows[0];
    assert_eq!(row.site_number.as_ref().unwrap().to_string(), "京ICP备12345679号-1");
    let providers: Vec<&str> = row.providers.iter().flatten().map(ProviderName::as_str).collect();
    assert_eq!(providers, ["v3:9002", "v3:9003"]);
    let detail = |name: &str| {
        let found = row.details.iter().find(|(column, _)| column == name);
        found.map(|(_, text)| text.as_str())
    };
    assert_eq!(detail("addresses"), Some("198.51.100.20;198.51.100.21"));
    assert_eq!([detail("province"), detail("filed_on")], [Some("广东"), Some("2009-06-01")]);
    assert_eq!([detail("subject_kind"), detail("record_id")], [Some("4"), Some("60001")]);
    assert_eq!(detail("approvals"), Some(""));
}

#[test]
fn approvals_are_told_with_their_numbers() {
    let site = "<Nrlx><Nrlx_xx><Nrlx_id>1</Nrlx_id><Qzsph>国新网1012006001</Qzsph></Nrlx_xx><Nrlx_xx>\
                <Nrlx_id>3</Nrlx_id></Nrlx_xx></Nrlx><Ym_xx><Ym>a.cn</Ym></Ym_xx>";
    let rows = feed(SUBJECT, site);
    let [Ok(row)] = &rows[..] else { panic!("{rows:?}") };
    assert_eq!(row.detail("approvals"), Some("1:国新网1012006001;3:"));
}

#[test]
fn a_record_at_fault_names_its_element_and_nobody() {
    for (subject, site, column) in [
        (SUBJECT, "<Ym_xx><Ymid>1</Ymid></Ym_xx>", "Ym"),
        (SUBJECT, "<Ym_xx><Ym>com.cn</Ym></Ym_xx>", "Ym"),
        (SUBJECT, "<Ym_xx><Ym>a.cn</Ym></Ym_xx><Jr_xx/>", "Ispid"),
        (SUBJECT, "<Ym_xx><Ym>a.cn</Ym></Ym_xx><Baxh>12</Baxh>", "Baxh"),
    ] {
        let rows = feed(subject, site);
        let [Err(RowError::Refused(refusal))] = &rows[..] else { panic!("{rows:?}") };
        assert_eq!((refusal.line, refusal.column.as_deref()), (3, Some(column)), "{site}");
        assert!(!refusal.reason.contains("示例"));
    }
}

#[test]
fn a_record_that_is_refused_tells_every_name_in_it() {
    let told = |baxx: &str| {
        let text =
            format!("<DownloadData><SJTB><ICP>\n<Baxx>{baxx}</Baxx></ICP></SJTB></DownloadData>");
        let mut rows = read(Cursor::new(text));
        let (mut refused, mut names) = (0, Vec::new());
        while let Some(row) = rows.next() {
            assert!(matches!(row, Err(RowError::Refused(_))), "{row:?}");
            let cells = rows.spoilt();
            let told = cells.iter().filter(|(name, _)| matches!(*name, "domain" | "home_url"));
            names.extend(told.map(|(_, text)| text.clone()));
            refused += 1;
        }
        (refused, names.join(" "))
    };
    let subject = format!("<Zt_xx>{SUBJECT}</Zt_xx>");
    let home = "<Syurl>www.a.cn</Syurl>";
    let domain = "<Ym_xx><Ym>b.cn</Ym></Ym_xx>";
    for (record, expected) in [
        (format!("{subject}<Wz_xx><Wzid>1</Wzid>{home}</Wz_xx>"), (1, "www.a.cn")),
        (format!("<Wz_xx><Wzid>1</Wzid>{domain}{home}</Wz_xx>"), (1, "b.cn www.a.cn")),
        (format!("<Wzxx><Ymlb>{domain}</Ymlb>{home}</Wzxx>"), (1, "b.cn www.a.cn")),
        (subject.clone(), (0, "")),
    ] {
        let (refused, names) = told(&record);
        assert_eq!((refused, &*names), expected, "{record}");
    }
}

#[test]
fn a_cancellation_names_what_it_takes_back() {
    let told = |message: &str| {
        let text = format!(
            "<DownloadData><ICP><ZXSJ>\n<Zxxx>{message}</Zxxx></ZXSJ></ICP></DownloadData>"
        );
        read(Cursor::new(text)).next().unwrap()
    };
    for (level, expected) in [(0, Level::Subject), (1, Level::Site), (2, Level::Access)] {
        let entry = told(&format!("<Zxlb>{level}</Zxlb><Jlid>60002</Jlid>")).unwrap();
        let what = Cancelled { level: expected, id: 60002 };
        assert_eq!(entry, Entry::Cancelled { line: 2, what });
    }
    for (message, column) in [
        ("<Zxlb>3</Zxlb><Jlid>1</Jlid>", "Zxlb"),
        ("<Jlid>1</Jlid>", "Zxlb"),
        ("<Zxlb>1</Zxlb><Jlid>x</Jlid>", "Jlid"),
        ("<Zxlb>1</Zxlb>", "Jlid"),
    ] {
        let Err(RowError::Refused(refusal)) = told(message) else { panic!("{message}") };
        assert_eq!((refusal.line, refusal.column.as_deref()), (2, Some(column)));
    }
}
