//! The numbers of records in lists of unfiled sites, and what was listed under each: answers come back
//! by domain and address, not by number.

use std::net::Ipv4Addr;

use jiff::civil::Date;

use crate::facts::issue::Issue;
use crate::facts::issue::Issued;
use crate::facts::target::Target;
use crate::store::StoreError;
use crate::store::branch::Branch;
use crate::store::encoding;
use crate::store::portable::Kind;
use crate::store::portable::Pairs;
use crate::store::portable::Part;
use crate::store::portable::Tree;

/// `i` finding, address → issued.
const ISSUED: u8 = b'i';
/// `a` address, domain, 0, finding → nothing.
const PLACE: u8 = b'a';
/// `n` → the last number that was given.
const LAST: &[u8] = b"n";

/// All of it as lines.
pub(crate) const TREE: Tree = Tree {
    name: "issues",
    kinds: &[
        Kind::of::<Issued>("issue", &[ISSUED], &[Part::Ulid, Part::Address]).with(place_of),
        Kind::number("last_issue", LAST),
    ],
    derived: &[&[PLACE]],
};

fn place_of(_key: &[u8], value: &[u8]) -> Result<Pairs, StoreError> {
    let issued: Issued = encoding::decode("issue", value)?;
    Ok(vec![(place_key(&issued.issue), Vec::new())])
}

/// The tree. Clones share it.
#[derive(Debug, Clone)]
pub struct Issues {
    tree: Branch,
}

impl Issues {
    pub(crate) fn new(tree: Branch) -> Self {
        Self { tree }
    }

    /// The number under which `issue` is listed on `today`: the one that it had, else a new one. It
    /// counts once [`Issues::flush`] has seen it onto the disk.
    pub fn number(&self, issue: &Issue, today: Date) -> Result<u64, StoreError> {
        let _alone = self.tree.alone();
        let key = issued_key(issue);
        let known = self.tree.get(&key).map_err(self.tree.failed())?;
        let known: Option<Issued> =
            known.map(|bytes| encoding::decode("issue", &bytes)).transpose()?;
        let (number, listed_on) = match &known {
            Some(known) if known.issue == *issue => return Ok(known.number),
            Some(known) => (known.number, known.listed_on),
            None => (self.last()?.saturating_add(1), today),
        };
        let issued = Issued { issue: issue.clone(), number, listed_on };
        let mut batch = sled::Batch::default();
        batch.insert(key, encoding::encode("issue", &issued)?);
        batch.insert(place_key(issue), Vec::new());
        if known.is_none() {
            batch.insert(LAST, &number.to_be_bytes()[..]);
        }
        self.tree.apply_batch(batch).map_err(self.tree.failed())?;
        Ok(number)
    }

    fn last(&self) -> Result<u64, StoreError> {
        let bytes = self.tree.get(LAST).map_err(self.tree.failed())?;
        let number = bytes.and_then(|bytes| bytes.first_chunk::<8>().copied());
        Ok(number.map_or(0, u64::from_be_bytes))
    }

    /// Sees the numbers that were given onto the disk: before a list goes out that has them.
    pub fn flush(&self) -> Result<(), StoreError> {
        self.tree.flush().map_err(self.tree.failed())?;
        Ok(())
    }

    /// What was listed for one address of one finding.
    pub fn of(&self, issue: &Issue) -> Result<Option<Issued>, StoreError> {
        let bytes = self.tree.get(issued_key(issue)).map_err(self.tree.failed())?;
        bytes.map(|bytes| encoding::decode("issue", &bytes)).transpose()
    }

    /// Everything that was ever listed for this domain and address, oldest finding first.
    pub fn at(&self, domain: &Target, address: Ipv4Addr) -> Result<Vec<Issued>, StoreError> {
        let mut found = Vec::new();
        for record in self.tree.scan_prefix(place_prefix(domain, address)) {
            let (key, _) = record.map_err(self.tree.failed())?;
            let finding = key.last_chunk::<16>().copied().unwrap_or_default();
            let key = [&[ISSUED][..], &finding, &address.octets()].concat();
            let bytes = self.tree.get(key).map_err(self.tree.failed())?;
            found.extend(bytes.map(|bytes| encoding::decode("issue", &bytes)).transpose()?);
        }
        Ok(found)
    }
}

fn issued_key(issue: &Issue) -> Vec<u8> {
    [&[ISSUED][..], &issue.finding.to_bytes(), &issue.address.octets()].concat()
}

fn place_prefix(domain: &Target, address: Ipv4Addr) -> Vec<u8> {
    [&[PLACE][..], &address.octets(), domain.to_string().as_bytes(), &[0]].concat()
}

fn place_key(issue: &Issue) -> Vec<u8> {
    [&place_prefix(&issue.domain, issue.address)[..], &issue.finding.to_bytes()].concat()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::findings::Findings;
    use ulid::Ulid;

    #[test]
    fn a_number_is_given_once_and_found_again_by_domain_and_address() {
        let dir = tempfile::tempdir().unwrap();
        let issues = Findings::open(dir.path()).unwrap().issues().unwrap();
        let issue = |finding: u128, address: &str, domain: &str, due: &str| Issue {
            finding: Ulid::from(finding),
            address: address.parse().unwrap(),
            domain: domain.parse().unwrap(),
            access: Some(9002),
            carrier: 9001,
            due: due.parse().unwrap(),
        };
        let day = |day: &str| day.parse().unwrap();
        let one = issue(1, "192.0.2.1", "a.cn", "2009-06-30");
        let later = issue(1, "192.0.2.1", "a.cn", "2009-07-30");
        let other = issue(1, "192.0.2.2", "a.cn", "2009-06-30");
        let another = issue(2, "192.0.2.1", "a.cn", "2009-06-30");
        let longer = issue(3, "192.0.2.1", "a.cn.cn", "2009-06-30");
        for (issue, today, number) in [
            (&one, "2009-06-01", 1),
            (&other, "2009-06-01", 2),
            (&one, "2009-06-02", 1),
            (&later, "2009-06-03", 1),
            (&another, "2009-06-04", 3),
            (&longer, "2009-06-04", 4),
        ] {
            assert_eq!(issues.number(issue, day(today)).unwrap(), number);
        }
        issues.flush().unwrap();
        let found = issues.at(&"a.cn".parse().unwrap(), "192.0.2.1".parse().unwrap()).unwrap();
        let told: Vec<_> = found.iter().map(|one| (one.number, one.listed_on)).collect();
        assert_eq!(told, [(1, day("2009-06-01")), (3, day("2009-06-04"))]);
        assert_eq!(found[0].issue.due, day("2009-07-30"));
        assert_eq!(issues.of(&other).unwrap().unwrap().number, 2);
        assert!(
            issues.at(&"b.cn".parse().unwrap(), "192.0.2.1".parse().unwrap()).unwrap().is_empty()
        );
    }
}
