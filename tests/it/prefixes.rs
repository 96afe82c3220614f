//! The carriers' real announcements as a register, looked up address by address.

use std::fs;
use std::net::Ipv4Addr;
use std::path::Path;

use crate::desk::Desk;
use crate::town::text;

const CARRIERS: [&str; 3] = ["chinanet", "unicom", "cmcc"];

/// An IPv4 block as its first and last address.
type Block = (u32, u32);

fn block(line: &str) -> Option<Block> {
    let (address, length) = line.trim().split_once('/')?;
    let first = u32::from(address.parse::<Ipv4Addr>().ok()?);
    let size = 1_u64 << (32 - length.parse::<u32>().ok()?);
    Some((first, u32::try_from(u64::from(first) + size - 1).ok()?))
}

fn holds(blocks: &[Block], address: u32) -> bool {
    blocks.iter().any(|(first, last)| (*first..=*last).contains(&address))
}

#[test]
fn real_prefixes_name_their_carrier_and_a_prefix_of_two_is_disputed() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data/prefixes");
    if !folder.is_dir() {
        println!("skipped: the real prefixes are not at {}", folder.display());
        return;
    }
    let desk = Desk::new();
    desk.run(&["import", "providers", "builtin"]).ends(0);
    let mut lists: Vec<Vec<Block>> = Vec::new();
    for carrier in CARRIERS {
        let path = folder.join(format!("{carrier}.txt"));
        lists.push(fs::read_to_string(&path).unwrap().lines().filter_map(block).collect());
        let path = path.to_str().unwrap();
        let ran = desk.run(&["import", "allocations", path, "--provider", carrier, "--strict"]);
        ran.ends(0).says("0 refused");
        assert!(!ran.err.contains("no provider bears"), "{carrier}: {}", ran.err);
    }
    let id = |answer: &serde_json::Value| text(answer, "/provider/id").map(str::to_owned);
    let look_up = |address: u32| {
        let address = Ipv4Addr::from(address).to_string();
        desk.run(&["lookup", &address, "--format", "json"]).json().remove(0)
    };
    let mut ids = Vec::new();
    for (index, blocks) in lists.iter().enumerate() {
        let others = || lists.iter().enumerate().filter(|(other, _)| *other != index);
        let alone = |block: &&Block| others().all(|(_, list)| !holds(list, block.1));
        let alone: Vec<_> = blocks.iter().filter(alone).collect();
        let answer = look_up(alone[alone.len() / 2].1);
        assert_eq!(text(&answer, "/placement"), Some("mainland"), "{answer}");
        ids.push(id(&answer).unwrap_or_else(|| panic!("{}: {answer}", CARRIERS[index])));
    }
    assert!(ids[0] != ids[1] && ids[1] != ids[2] && ids[0] != ids[2], "{ids:?}");

    let mut pairs = [(0, 1), (0, 2), (1, 2)].into_iter();
    let (one, two, shared) = pairs
        .find_map(|(one, two)| {
            let both = lists[one].iter().find(|block| lists[two].contains(block));
            both.map(|block| (one, two, block.0))
        })
        .expect("some prefix stands in two lists");
    let answer = look_up(shared);
    let claimants = answer["disputed_by"].as_array().unwrap();
    let claimants: Vec<_> = claimants.iter().filter_map(|one| text(one, "/id")).collect();
    for index in [one, two] {
        assert!(claimants.contains(&ids[index].as_str()), "{answer}");
    }
    assert_eq!(id(&answer), None);
}
