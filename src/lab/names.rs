//! What the sites of a world are called, and which host a line of a candidate list names.

use crate::facts::domain::Domain;
use crate::facts::domain::Host;

const FIRST: [&str; 16] = [
    "hong", "rui", "jin", "tian", "xin", "hua", "sheng", "yong", "ming", "de", "an", "guang",
    "zhong", "jia", "feng", "kai",
];
const SECOND: [&str; 12] =
    ["da", "xing", "yuan", "tong", "cheng", "wei", "lin", "he", "chuang", "bo", "yi", "mao"];
const SUFFIXES: [&str; 12] =
    ["cn", "com", "cn", "com.cn", "net", "com", "top", "net.cn", "org.cn", "gd.cn", "vip", "xyz"];
const CHINESE_FIRST: [&str; 6] = ["鸿达", "瑞兴", "锦源", "天通", "新诚", "华明"];
const CHINESE_SUFFIXES: [&str; 3] = ["中国", "公司", "网络"];

fn pick<'a>(words: &[&'a str], salt: u32) -> &'a str {
    words[salt as usize % words.len()]
}

/// The name of the site at `index`; the index makes it one of a kind.
pub(crate) fn plain_domain(index: usize, salt: u32) -> Domain {
    let front = format!("{}{}{index}", pick(&FIRST, salt), pick(&SECOND, salt >> 4));
    let name = format!("{front}.{}", pick(&SUFFIXES, salt >> 8));
    name.parse().expect("letters, digits and a listed suffix make a Domain")
}

/// A name in Chinese letters for the site at `index`.
pub(crate) fn chinese_domain(index: usize, salt: u32) -> Domain {
    let front = format!("{}{index}", pick(&CHINESE_FIRST, salt));
    let name = format!("{front}.{}", pick(&CHINESE_SUFFIXES, salt >> 8));
    name.parse().expect("Chinese letters, digits and a listed suffix make a Domain")
}

/// The host that a line of a plain list names, whether bare or in a URL; `None` for comments,
/// addresses and what is no name.
pub(crate) fn host_of_line(line: &str) -> Option<Host> {
    let line = line.trim();
    if line.starts_with('#') {
        return None;
    }
    let rest = line.split_once("://").map_or(line, |(_, rest)| rest);
    let authority = rest.split(['/', '?', '#', ',', ' ', '\t']).next()?;
    let host = authority.rsplit('@').next()?;
    host.split(':').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn no_two_sites_share_a_name() {
        let salt = |n: usize| u32::try_from(n).unwrap().wrapping_mul(2_654_435_761);
        let names: BTreeSet<_> = (0..2000)
            .flat_map(|n| [plain_domain(n, salt(n)), chinese_domain(n, salt(n))])
            .collect();
        assert_eq!(names.len(), 4000);
    }

    #[test]
    fn a_line_names_a_host_in_many_ways() {
        for (line, host) in [
            ("example.cn", Some("example.cn")),
            ("  WWW.Example.CN.  ", Some("www.example.cn")),
            ("http://user@m.example.cn:8080/a?b#c", Some("m.example.cn")),
            ("https://例子.中国", Some("xn--fsqu00a.xn--fiqs8s")),
            ("example.cn,list", Some("example.cn")),
            ("# example.cn", None),
            ("127.0.0.1", None),
            ("", None),
            ("://", None),
        ] {
            assert_eq!(host_of_line(line).as_ref().map(Host::as_str), host, "{line}");
        }
    }
}
