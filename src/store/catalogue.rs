//! Findings for those who ask for many of them: what may be asked is in memory, the rows lie in one
//! file, so that a page costs no look-ups in sled while a night writes there.
//!
//! It is built when it is first asked for, follows every write, and is gone with the process.

mod columns;
mod feed;
mod file;

use std::path::Path;
use std::sync::RwLock;
use std::sync::RwLockReadGuard;

use jiff::civil::Date;
use ulid::Ulid;

use crate::facts::bureau::Bureau;
use crate::facts::dossier::Dossier;
use crate::facts::dossier::Place;
use crate::facts::finding::Finding;
use crate::facts::finding::FindingState;
use crate::facts::finding::Kind;
use crate::facts::overseers::Overseers;
use crate::facts::provider::ProviderId;
use crate::facts::scope::KeyScope;
use crate::store::StoreError;
use crate::store::catalogue::columns::Columns;
use crate::store::catalogue::feed::Feed;
use crate::store::catalogue::file::RowFile;
use crate::store::findings::Findings;

/// A finding with where its newest exchange is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// The finding as it is now.
    pub finding: Finding,
    /// Where its newest exchange is kept; `None` where none is.
    pub place: Option<Place>,
}

/// Which findings are asked for. Where a field says nothing, all are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// Who asks.
    pub scope: KeyScope,
    /// Of these kinds; of all where there is none.
    pub kinds: Vec<Kind>,
    /// In this state.
    pub state: WantedState,
    /// At this provider.
    pub provider: Option<ProviderId>,
    /// Of this bureau.
    pub bureau: Option<Bureau>,
    /// Due before this day.
    pub due_before: Option<Date>,
    /// Only those that wait for their bureau.
    pub is_referred: bool,
}

/// The states that are asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WantedState {
    /// Open and answered ones.
    Standing,
    /// Open ones.
    Open,
    /// Answered ones.
    Answered,
    /// Closed ones.
    Closed,
    /// All of them.
    All,
}

/// A page of findings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// The findings, by id.
    pub rows: Vec<Row>,
    /// After which id the next page begins; `None` where there is none.
    pub next: Option<Ulid>,
}

/// A change that was written.
#[derive(Debug, Clone)]
pub(crate) struct News {
    /// Of which finding.
    pub(crate) finding: Ulid,
    /// Its number.
    pub(crate) sequence: u64,
    /// Who watched over the finding until then, where others do since.
    pub(crate) from: Option<Overseers>,
}

/// A change that somebody is told of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Numbered {
    /// Its number.
    pub sequence: u64,
    /// Whether the finding went by it to others, so that nothing more of it is his to see.
    pub has_left: bool,
}

/// Every finding that was ever told of.
#[derive(Debug)]
pub struct Catalogue {
    inner: RwLock<Inner>,
}

#[derive(Debug)]
struct Inner {
    columns: Columns,
    feed: Feed,
    file: RowFile,
    /// Whether the file could not be written; then nothing is told any more.
    is_broken: bool,
}

impl WantedState {
    fn has(self, state: FindingState) -> bool {
        match (self, state) {
            (_, FindingState::Accruing) => false,
            (Self::All, _)
            | (Self::Standing | Self::Open, FindingState::Open)
            | (Self::Standing | Self::Answered, FindingState::Answered)
            | (Self::Closed, FindingState::Closed(_)) => true,
            (Self::Standing | Self::Open | Self::Answered | Self::Closed, _) => false,
        }
    }
}

impl Catalogue {
    /// Everything that is in `findings`, with its rows in a file of `dir` that has no name. Nobody may
    /// write findings meanwhile.
    pub(crate) fn build(findings: &Findings, dir: &Path) -> Result<Self, StoreError> {
        let mut places = Vec::new();
        for dossier in findings.dossiers() {
            let (id, dossier) = dossier?;
            places.extend(newest(&dossier).map(|place| (id, place)));
        }
        let mut file = RowFile::create(dir)?;
        let mut columns = Columns::default();
        for finding in findings.all() {
            let finding = finding?;
            let found = places.binary_search_by_key(&finding.id, |(id, _)| *id);
            let place = found.ok().map(|index| places[index].1);
            let at = file.append(&finding, place)?;
            columns.push(&finding, at);
        }
        file.flush()?;
        columns.sort();
        let feed = Feed::build(findings, &mut columns)?;
        Ok(Self { inner: RwLock::new(Inner { columns, feed, file, is_broken: false }) })
    }

    /// Takes in what was written: findings as they are now, changes by number, dossiers.
    pub(crate) fn follow<'f, 'd>(
        &self,
        findings: impl Iterator<Item = &'f Finding>,
        told: impl Iterator<Item = News>,
        dossiers: impl Iterator<Item = (Ulid, Option<&'d Dossier>)>,
    ) {
        let Ok(mut inner) = self.inner.write() else { return };
        if let Err(error) = inner.follow(findings, told, dossiers) {
            tracing::error!(%error, "the catalogue of findings cannot follow; restart to build it anew");
            inner.is_broken = true;
        }
    }

    fn read(&self) -> Result<RwLockReadGuard<'_, Inner>, StoreError> {
        let inner = self.inner.read().map_err(|_| StoreError::CatalogueBroken)?;
        if inner.is_broken { Err(StoreError::CatalogueBroken) } else { Ok(inner) }
    }

    /// Up to `limit` of the findings that are `wanted`, by id, from after `after` on.
    pub fn page(
        &self,
        wanted: &Wanted,
        after: Option<Ulid>,
        limit: usize,
    ) -> Result<Page, StoreError> {
        let inner = self.read()?;
        let (places, next) = inner.columns.page(wanted, after, limit);
        let rows = places.into_iter().map(|place| inner.file.read(place));
        Ok(Page { rows: rows.collect::<Result<_, _>>()?, next })
    }

    /// The finding with this id, if `scope` may see it.
    pub fn row(&self, scope: &KeyScope, id: Ulid) -> Result<Option<Row>, StoreError> {
        let inner = self.read()?;
        let place = inner.columns.place(scope, id);
        place.map(|place| inner.file.read(place)).transpose()
    }

    /// Up to `limit` of the changes after `after` that `scope` is told of, in order. Each is told to
    /// those who might see the finding when it happened, or might until then.
    pub fn changes(
        &self,
        scope: &KeyScope,
        after: u64,
        limit: usize,
    ) -> Result<Vec<Numbered>, StoreError> {
        let inner = self.read()?;
        Ok(inner.feed.changes(inner.columns.sight(scope), after, limit))
    }

    /// How many findings stand, by kind and state: open, answered, overdue on `today`.
    pub fn counts(&self, today: Date) -> Result<Vec<(Kind, [u64; 3])>, StoreError> {
        Ok(self.read()?.columns.counts(today))
    }
}

impl Inner {
    fn follow<'f, 'd>(
        &mut self,
        findings: impl Iterator<Item = &'f Finding>,
        told: impl Iterator<Item = News>,
        dossiers: impl Iterator<Item = (Ulid, Option<&'d Dossier>)>,
    ) -> Result<(), StoreError> {
        for finding in findings {
            let before = self.columns.at(finding.id);
            let place = before.map(|before| self.file.read(before)).transpose()?;
            let at = self.file.append(finding, place.and_then(|row| row.place))?;
            self.columns.put(finding, at);
        }
        for (id, dossier) in dossiers {
            let Some(before) = self.columns.at(id) else { continue };
            let row = self.file.read(before)?;
            let at = self.file.append(&row.finding, dossier.and_then(newest))?;
            self.columns.put(&row.finding, at);
        }
        for news in told {
            let from = news.from.map(|from| self.columns.side(&from));
            if let Some((provider, to)) = self.columns.sides(news.finding) {
                self.feed.tell(news.sequence, provider, to, from);
            }
        }
        self.file.flush()?;
        if self.file.is_wasteful(self.columns.live()) {
            self.file = self.columns.compacted(&self.file)?;
        }
        Ok(())
    }
}

fn newest(dossier: &Dossier) -> Option<Place> {
    dossier.newest().map(|kept| kept.place)
}

#[cfg(test)]
mod tests;
