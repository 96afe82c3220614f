//! Notices that are to go out, and those that went, in a tree of their own beside the findings: each is
//! on the disk before it is tried, and known as sent right after, so that a crash sends one again at
//! the most, with the same key.

use crate::facts::notice::Delivery;
use crate::facts::notice::Notice;
use crate::store::StoreError;
use crate::store::branch::Branch;
use crate::store::encoding;
use crate::store::portable::Kind;
use crate::store::portable::Part;
use crate::store::portable::Tree;

/// All of it as lines.
pub(crate) const TREE: Tree = Tree {
    name: "notices",
    kinds: &[Kind::of::<Notice>("notice", &[], &[Part::Text])],
    derived: &[],
};

/// The notices. Clones share the tree.
#[derive(Debug, Clone)]
pub struct Outbox {
    tree: Branch,
}

impl Outbox {
    pub(crate) fn new(tree: Branch) -> Self {
        Self { tree }
    }

    /// Keeps notices that are to go out; those that are known already stay as they are. Returns how
    /// many are new.
    pub fn add(&self, notices: &[Notice]) -> Result<u64, StoreError> {
        let _alone = self.tree.alone();
        let mut new = 0;
        for notice in notices {
            let value = encoding::encode("notice", notice)?;
            let old: Option<&[u8]> = None;
            let swapped = self.tree.compare_and_swap(&notice.key, old, Some(value));
            new += u64::from(swapped.map_err(self.tree.failed())?.is_ok());
        }
        self.tree.flush().map_err(self.tree.failed())?;
        Ok(new)
    }

    /// Keeps how far a notice is.
    pub fn put(&self, notice: &Notice) -> Result<(), StoreError> {
        self.tree.put(&notice.key, "notice", notice)
    }

    /// Every notice, by key.
    pub fn all(&self) -> impl Iterator<Item = Result<Notice, StoreError>> + use<> {
        self.tree.values("notice", &[])
    }

    /// Those that still are to go out.
    pub fn waiting(&self) -> Result<Vec<Notice>, StoreError> {
        let is_waiting = |notice: &Notice| matches!(notice.delivery, Delivery::Waiting { .. });
        self.all().filter(|notice| notice.as_ref().map_or(true, is_waiting)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::bureau::Bureau;
    use crate::facts::notice::NoticeCounts;
    use crate::facts::notice::Recipient;
    use crate::facts::notice::Way;
    use crate::store::findings::Findings;
    use jiff::Timestamp;

    fn notice(key: &str) -> Notice {
        Notice {
            key: key.to_owned(),
            night: 3,
            at: Timestamp::UNIX_EPOCH,
            recipient: Recipient::Bureau(Bureau::MINISTRY),
            way: Way::Mail("icp@example.cn".to_owned()),
            counts: NoticeCounts::default(),
            delivery: Delivery::Waiting { attempts: 0, next: Timestamp::UNIX_EPOCH },
        }
    }

    #[test]
    fn a_notice_that_is_known_is_not_added_again_and_stays_sent() {
        let dir = tempfile::tempdir().unwrap();
        {
            let outbox = Findings::open(dir.path()).unwrap().notices().unwrap();
            assert_eq!(outbox.add(&[notice("a"), notice("b")]).unwrap(), 2);
            let sent = Delivery::Sent { at: Timestamp::UNIX_EPOCH };
            outbox.put(&Notice { delivery: sent, ..notice("a") }).unwrap();
            assert_eq!(outbox.add(&[notice("a"), notice("b"), notice("c")]).unwrap(), 1);
        }
        let outbox = Findings::open(dir.path()).unwrap().notices().unwrap();
        let waiting = outbox.waiting().unwrap();
        let keys: Vec<&str> = waiting.iter().map(|notice| notice.key.as_str()).collect();
        assert_eq!(keys, ["b", "c"]);
        assert_eq!(outbox.all().count(), 3);
    }
}
