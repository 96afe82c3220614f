//! Messages for the ministry, by every kind of key: their records, and every count that comes with them.

use std::fmt::Write;

use chabei::facts::finding::Finding;
use chabei::facts::finding::Kind;

use crate::desk::Desk;
use crate::matrix::Callers;
use crate::matrix::GOOD;
use crate::matrix::Who;
use crate::matrix::Who::ItsCarrier;
use crate::matrix::Who::Ministry;
use crate::matrix::Who::OtherProvider;
use crate::matrix::Who::RightBureau;
use crate::matrix::not_found;
use crate::served::finding;
use crate::served::office;
use crate::served::write;

const PROVIDERS: &str = "\
id,name,kind,bureau,v3_id
P1,运营商甲,carrier,北京,1001
P4,示例云,provider,北京,2004
P5,别家云,provider,河北,2005
";

/// What the findings of the office are numbered by here: unfiled with an address, and not connected.
const UNFILED: u128 = 10;
const NOT_CONNECTED: u128 = 20;

/// The office, whose findings no message can hold for want of an address, with as many again that one can.
fn office_with_messages() -> Desk {
    let desk = office();
    desk.import("providers", "numbered.csv", PROVIDERS);
    let like = |number: u128| match number {
        1 | 2 => finding(number, "P4", "P1", "北京"),
        3 => finding(number, "P4", "P1", "河北"),
        4 | 5 => finding(number, "P5", "P5", "河北"),
        _ => finding(number, "", "P9", "部"),
    };
    let with_address = |kind: Kind, number: u128, above: u128| {
        let id = number + above;
        let mut found = Finding { id: finding(id, "", "", "部").id, ..like(number) };
        found.key.target = format!("d{id}.cn").parse().unwrap();
        found.key.kind = kind;
        found.seen.addresses = vec![format!("1.2.4.{id}").parse().unwrap()];
        found
    };
    let unfiled = (1..=5).map(|number| with_address(Kind::Unfiled, number, UNFILED));
    let others = (1..=5).map(|number| with_address(Kind::NotConnected, number, NOT_CONNECTED));
    write(&desk, &unfiled.chain(others).collect::<Vec<_>>());
    let mut sites = String::new();
    for number in 1..=5 {
        let id = number + NOT_CONNECTED;
        // Each is filed with the other of the two.
        let unit = if number < 4 { 2005 } else { 2004 };
        let _ = write!(
            sites,
            "<Wz_xx><Wzid>600{id}</Wzid><Ym_xx><Ym>d{id}.cn</Ym></Ym_xx><Jr_xx><Jrid>{id}</Jrid>\
             <Ispid>{unit}</Ispid></Jr_xx><Baxh>京ICP备05014807号-{id}</Baxh></Wz_xx>"
        );
    }
    let feed = format!(
        "<DownloadData><SJTB><ICP><Baxx><Zt_xx><Ztid>50001</Ztid><Dwmc>示例有限公司</Dwmc>\
         <Baxh>京ICP备05014807号</Baxh><Scbbsj>2009-06-01</Scbbsj></Zt_xx>{sites}</Baxx></ICP></SJTB>\
         </DownloadData>"
    );
    desk.import("filings", "feed.xml", &feed);
    desk
}

/// The records of a message, in order.
fn records(message: &str, element: &str) -> Vec<String> {
    let (begin, end) = (format!("<{element}>"), format!("</{element}>"));
    let parts = message.split(&begin).skip(1);
    parts.map(|part| part.split(&end).next().unwrap().to_owned()).collect()
}

#[test]
fn messages_hold_what_the_key_may_see_and_nothing_more() {
    let callers = Callers::at(office_with_messages());
    for (path, element, above) in [
        ("/exports/findings.xml", "Wbawz_xx", UNFILED),
        ("/exports/access.xml", "Jrhc", NOT_CONNECTED),
    ] {
        // The list of each, message by message, with what its first call tells of it.
        let list = |who: Who| {
            let (mut all, mut query, mut told) = (Vec::new(), String::new(), None);
            loop {
                let came = callers.call(who, "GET", &format!("{path}{query}"), None).ends(200);
                let counts = ["x-parts", "x-left-out", "x-mended"];
                let counts = counts.map(|name| came.header(name).unwrap_or("0").to_owned());
                assert_eq!(*told.get_or_insert(counts.clone()), counts, "{path} to {who:?}");
                let (text, _, _) = encoding_rs::GBK.decode(&came.bytes);
                all.extend(records(&text, element));
                let Some(link) = came.header("link") else { return (all, counts) };
                query = link.split(['<', '>']).nth(1).unwrap().to_owned();
            }
        };
        let (of_ministry, _) = list(Ministry);
        assert_eq!(of_ministry.len(), 5, "{path}: {of_ministry:?}");
        for who in GOOD.into_iter().filter(|who| who.sees_findings()) {
            let own: Vec<u128> = who.sees().iter().copied().filter(|number| *number < 6).collect();
            if own.is_empty() {
                let came = callers.call(who, "GET", path, None).ends(204);
                let counts = ["x-parts", "x-left-out", "x-mended", "link"];
                assert_eq!(counts.map(|name| came.header(name)), [None; 4], "{path} to {who:?}");
                continue;
            }
            let (told, counts) = list(who);
            let place = |number: &u128| &of_ministry[usize::try_from(*number).unwrap() - 1];
            let expected: Vec<&String> = own.iter().map(place).collect();
            assert_eq!(told.iter().collect::<Vec<_>>(), expected, "{path} to {who:?}");
            for (number, record) in own.iter().zip(&told) {
                assert!(record.contains(&format!(">d{}.cn<", number + above)), "{record}");
            }
            // One message for each provider; what none can hold is counted as far as it is seen.
            let units = 1 + usize::from(who == Ministry);
            let left_out = if above == UNFILED { who.sees().len() } else { 0 };
            assert_eq!(
                counts,
                [units.to_string(), left_out.to_string(), "0".to_owned()],
                "{who:?}"
            );
        }
        callers.tells_nothing(Who::Reader, &callers.call(Who::Reader, "GET", path, None), path);
        callers.is_closed("GET", path, None);
        // Whoever asks for another's gets what nobody has.
        for (who, provider) in [(OtherProvider, "P4"), (ItsCarrier, "P5"), (RightBureau, "P5")] {
            callers.call(who, "GET", &format!("{path}?provider={provider}"), None).ends(204);
        }
        callers.check("GET", &format!("{path}?part=3"), None, |_| not_found());
    }
}
