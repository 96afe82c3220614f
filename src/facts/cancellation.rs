//! What the ministry takes back (注销数据, interface V3.0 ZXSJ): a subject with all its sites, one site, or
//! one access of a site, named by the bureau's number of it and by nothing else.

use std::collections::BTreeMap;

use crate::facts::filing::Filing;
use crate::facts::filing::FilingState;
use crate::facts::provider::ProviderName;

/// The detail of a [`Filing`] with the bureau's number of the site (Wzid).
pub const RECORD_ID: &str = "record_id";
/// The same of the subject (Ztid).
pub const SUBJECT_ID: &str = "subject_id";
/// The same of each access with its provider, `Jrid:Ispid`, separated by `;`.
pub const ACCESS_IDS: &str = "access_ids";
/// Where the accesses of a site serve from, whichever of them.
const ADDRESSES: &str = "addresses";

/// What is cancelled (Zxlb).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// 0 主体
    Subject,
    /// 1 网站
    Site,
    /// 2 接入
    Access,
}

/// One message: what is cancelled, and the bureau's number of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Cancelled {
    /// What it is.
    pub level: Level,
    /// Its number.
    pub id: u64,
}

/// The bureau's numbers in a record.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct BureauIds<'a> {
    /// Of the subject.
    pub subject: Option<&'a str>,
    /// Of the site.
    pub site: Option<&'a str>,
    /// Of the accesses, as [`ACCESS_IDS`] has them.
    pub accesses: Option<&'a str>,
}

/// The cancellations of one import, and whether each named something that the register has.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Cancellations(BTreeMap<Cancelled, bool>);

impl<'a> BureauIds<'a> {
    /// Those of `filing`.
    pub fn of(filing: &'a Filing) -> Self {
        Self {
            subject: filing.detail(SUBJECT_ID),
            site: filing.detail(RECORD_ID),
            accesses: filing.detail(ACCESS_IDS),
        }
    }

    /// Everything that could be cancelled of the record.
    fn named(self) -> impl Iterator<Item = Cancelled> {
        let of = |level, text: Option<&str>| {
            text.and_then(|text| text.parse().ok()).map(|id| Cancelled { level, id })
        };
        let accesses = self.accesses.into_iter().flat_map(|list| list.split(';'));
        let accesses = accesses.filter_map(|access| Some(access.split_once(':')?.0));
        let accesses = accesses.filter_map(move |id| of(Level::Access, Some(id)));
        [of(Level::Subject, self.subject), of(Level::Site, self.site)]
            .into_iter()
            .flatten()
            .chain(accesses)
    }
}

impl Cancellations {
    /// Takes one more message.
    pub fn add(&mut self, cancelled: Cancelled) {
        self.0.insert(cancelled, false);
    }

    /// Whether nothing is cancelled.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many things are cancelled.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// What none of the records that were seen has.
    pub fn unfound(&self) -> impl Iterator<Item = Cancelled> {
        self.0.iter().filter(|(_, is_found)| !**is_found).map(|(cancelled, _)| *cancelled)
    }

    /// A record that comes after the messages is filed again: what they say of it is over.
    pub fn take_back(&mut self, ids: BureauIds<'_>) {
        if self.0.is_empty() {
            return;
        }
        for named in ids.named() {
            self.0.remove(&named);
        }
    }

    /// Whether anything of a record with these numbers is cancelled; notes that it was found.
    pub fn concern(&mut self, ids: BureauIds<'_>) -> bool {
        let mut is_concerned = false;
        for named in ids.named() {
            if let Some(is_found) = self.0.get_mut(&named) {
                *is_found = true;
                is_concerned = true;
            }
        }
        is_concerned
    }

    /// `filing` without what is cancelled of it. A cancelled record keeps all that was known of it; where
    /// only one of several accesses is gone, nothing tells which addresses were its own, so that none are
    /// held against the others.
    pub fn applied(&self, mut filing: Filing) -> Filing {
        let has = |level, text: &str| {
            text.parse().is_ok_and(|id| self.0.contains_key(&Cancelled { level, id }))
        };
        let ids = BureauIds::of(&filing);
        let is_over = ids.subject.is_some_and(|id| has(Level::Subject, id))
            || ids.site.is_some_and(|id| has(Level::Site, id));
        if is_over {
            return Filing { state: FilingState::Cancelled, ..filing };
        }
        let accesses = ids.accesses.into_iter().flat_map(|list| list.split(';'));
        let is_left =
            |access: &&str| !has(Level::Access, access.split(':').next().unwrap_or_default());
        let (left, gone): (Vec<&str>, Vec<&str>) = accesses.partition(is_left);
        let unit = |access: &&str| access.split_once(':').and_then(|(_, unit)| unit.parse().ok());
        // Who connects the site by another access, or was named by another source, still does.
        let staying: Vec<_> = left.iter().filter_map(unit).collect();
        let units = gone.iter().filter_map(unit).filter(|unit| !staying.contains(unit));
        let names: Vec<ProviderName> = units.map(ProviderName::of_v3_id).collect();
        let left = left.join(";");
        if let Some(providers) = &mut filing.providers {
            providers.retain(|name| !names.contains(name));
        }
        filing.details.retain(|(column, _)| column != ADDRESSES);
        if let Some((_, text)) = filing.details.iter_mut().find(|(column, _)| column == ACCESS_IDS)
        {
            *text = left;
        }
        filing
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filing() -> Filing {
        let details = [
            (RECORD_ID, "60001"),
            (SUBJECT_ID, "50001"),
            (ACCESS_IDS, "62001:9002;62002:9003;62003:9003"),
            (ADDRESSES, "1.2.4.8"),
            ("subject_name", "示例"),
        ];
        let name = ProviderName::of_v3_id;
        Filing {
            domain: "a.cn".parse().unwrap(),
            site_number: Some("京ICP备05014806号-1".parse().unwrap()),
            subject_number: None,
            state: FilingState::Active,
            providers: Some(vec![name(9002), name(9003)]),
            details: details.map(|(name, text)| (name.to_owned(), text.to_owned())).to_vec(),
        }
    }

    fn cancelled(messages: &[(Level, u64)]) -> Cancellations {
        let mut cancellations = Cancellations::default();
        for (level, id) in messages {
            cancellations.add(Cancelled { level: *level, id: *id });
        }
        cancellations
    }

    #[test]
    fn whom_another_source_named_stays_connected_when_an_access_is_cancelled() {
        let name: ProviderName = "P5".parse().unwrap();
        let mut record = filing();
        record.providers.as_mut().unwrap().push(name.clone());
        let of = ProviderName::of_v3_id;
        for (ids, expected) in [
            (vec![62001], vec![of(9003), name.clone()]),
            (vec![62002], vec![of(9002), of(9003), name.clone()]),
            (vec![62001, 62002, 62003], vec![name]),
        ] {
            let messages: Vec<_> = ids.iter().map(|id| (Level::Access, *id)).collect();
            let applied = cancelled(&messages).applied(record.clone());
            assert_eq!(applied.providers, Some(expected), "{ids:?}");
        }
    }

    #[test]
    fn a_record_is_concerned_by_each_number_it_has_and_by_no_other() {
        for (level, id, expected) in [
            (Level::Subject, 50001, true),
            (Level::Site, 60001, true),
            (Level::Access, 62002, true),
            (Level::Access, 9002, false),
            (Level::Subject, 60001, false),
            (Level::Site, 50001, false),
        ] {
            let mut cancellations = cancelled(&[(level, id)]);
            assert_eq!(cancellations.concern(BureauIds::of(&filing())), expected, "{level:?} {id}");
            assert_eq!(cancellations.unfound().count(), usize::from(!expected));
        }
    }

    #[test]
    fn a_subject_or_site_that_is_cancelled_keeps_its_history() {
        for message in [(Level::Subject, 50001), (Level::Site, 60001)] {
            let row = cancelled(&[message]).applied(filing());
            assert_eq!(row, Filing { state: FilingState::Cancelled, ..filing() });
        }
    }

    #[test]
    fn an_access_that_is_cancelled_leaves_the_others() {
        let names = |row: &Filing| -> Vec<String> {
            row.providers.iter().flatten().map(ToString::to_string).collect()
        };
        let row = cancelled(&[(Level::Access, 62001)]).applied(filing());
        assert_eq!((row.state, names(&row)), (FilingState::Active, vec!["v3:9003".to_owned()]));
        assert_eq!(row.detail(ACCESS_IDS), Some("62002:9003;62003:9003"));
        assert_eq!(row.detail(ADDRESSES), None);
        // The provider has another access still.
        let row = cancelled(&[(Level::Access, 62002)]).applied(filing());
        assert_eq!(names(&row), ["v3:9002", "v3:9003"]);
        let all = [62001, 62002, 62003].map(|id| (Level::Access, id));
        let row = cancelled(&all).applied(filing());
        assert_eq!((row.state, row.providers), (FilingState::Active, Some(Vec::new())));
    }

    #[test]
    fn what_is_filed_again_after_the_message_is_not_cancelled() {
        for message in [(Level::Subject, 50001), (Level::Site, 60001), (Level::Access, 62003)] {
            let mut cancellations = cancelled(&[message]);
            cancellations.take_back(BureauIds::of(&filing()));
            assert!(cancellations.is_empty());
        }
    }
}
