//! What is wrong with a submitted row by itself: filings by annex 3, allocations by what the interface
//! asks for.

use std::cell::OnceCell;
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Arc;

use jiff::civil::Date;

use crate::audit::allocations;
use crate::audit::filings;
use crate::audit::filings::AddressReport;
use crate::audit::filings::Context;
use crate::clock;
use crate::facts::allocation::Allocation;
use crate::facts::directory::Directory;
use crate::facts::filing::Filing;
use crate::facts::joined;
use crate::facts::joined::Access;
use crate::facts::provider::ProviderId;
use crate::facts::provider::ProviderName;
use crate::facts::range::AddressRange;
use crate::facts::submission::Standing;
use crate::facts::submission::SubmittedFiling;
use crate::formats::vocabulary::Vocabulary;
use crate::net::guard::Guard;
use crate::serve::desk::Desk;
use crate::serve::problem::Problem;
use crate::serve::submissions::RowProblem;
use crate::stages::attribute::Bounds;
use crate::stages::check;
use crate::store::StoreError;
use crate::store::registers::Alone;

/// What filings are held against.
pub(super) struct Filings<'a> {
    pub(super) desk: &'a Desk,
    pub(super) directory: Arc<Directory>,
    register: Arc<check::Filings>,
    guard: Guard,
    vocabulary: Vocabulary,
}

impl<'a> Filings<'a> {
    pub(super) fn of(desk: &'a Desk) -> Result<Self, Problem> {
        Ok(Self {
            desk,
            directory: desk.directory()?,
            register: desk.filings()?,
            guard: desk.guard.clone(),
            vocabulary: Vocabulary::builtin().map_err(|error| {
                tracing::error!(%error, "the words of annex 3 cannot be read");
                Problem::ours()
            })?,
        })
    }

    /// How a row of `own` stands to the register, and whether the authority has it there already.
    pub(super) fn standing(
        &self,
        row: &Filing,
        own: &ProviderId,
    ) -> Result<(Standing, bool), Problem> {
        let register = self.register.register();
        let known = register.map(|register| register.lookup(&row.domain)).transpose()?;
        let known = known.unwrap_or_default();
        let row =
            SubmittedFiling { provider: own.clone(), at: self.desk.now(), filing: row.clone() };
        let record = row.record_in(&known, &self.directory).map(|place| &known[place]);
        let access = record.map(|record| joined::access(record, own, &self.directory));
        let is_known = access == Some(Access::Registered);
        Ok((row.standing(&known, &self.directory), is_known))
    }

    /// Why `own` may not take back what it submitted of the record of `row`; `None` where it may.
    pub(super) fn not_withdrawn(
        &self,
        row: &Filing,
        own: &ProviderId,
    ) -> Result<Option<String>, Problem> {
        let has = self.desk.findings.submitted()?.has(own, row)?;
        let why = "nothing waits or holds by your word of it; a provider cancels no filing, its bureau does";
        Ok((!has).then(|| why.to_owned()))
    }

    /// Why the word of `own` is not taken for the Domain of `row`; `None` where it is.
    pub(super) fn refusal(
        &self,
        row: &Filing,
        own: &ProviderId,
    ) -> Result<Option<String>, Problem> {
        let refusal = self.desk.findings.submitted()?.refusal(&row.domain, own)?;
        Ok(refusal.map(|refusal| {
            let day = clock::day(refusal.at);
            format!("it was refused on {day}: {}; your bureau takes that back", refusal.reason)
        }))
    }

    /// What annex 3 has against the row.
    pub(super) fn problems(&self, row: &Filing) -> Result<Vec<RowProblem>, Problem> {
        let report = |_: IpAddr| AddressReport::Unknown;
        let context = Context {
            vocabulary: &self.vocabulary,
            directory: &self.directory,
            guard: &self.guard,
            today: clock::day(self.desk.now()),
            report: &report,
        };
        let siblings = |target: &_| match self.register.register() {
            Some(register) => register.lookup(target),
            None => Ok(Vec::new()),
        };
        let mut problems = Vec::new();
        filings::check::<StoreError>(
            std::iter::once(Ok(row.clone())),
            &context,
            siblings,
            |found| {
                problems.push(RowProblem {
                    code: found.key.rule.code().to_owned(),
                    column: found.key.column.clone(),
                    reason: found.key.rule.chinese().to_owned(),
                });
                Ok(())
            },
        )?;
        Ok(problems)
    }
}

/// What allocations are held against.
pub(super) struct Allocations<'a> {
    pub(super) desk: &'a Desk,
    pub(super) directory: Arc<Directory>,
    /// Nobody else changes the register before what was weighed is in it.
    pub(super) alone: Alone<'a>,
    /// What each provider has reported to have from which other one; read where it is asked for.
    received: OnceCell<HashMap<[ProviderId; 2], Vec<AddressRange>>>,
}

impl<'a> Allocations<'a> {
    pub(super) fn of(desk: &'a Desk) -> Result<Self, Problem> {
        let (directory, alone) = (desk.directory()?, desk.registers.writing());
        Ok(Self { desk, directory, alone, received: OnceCell::new() })
    }

    pub(super) fn today(&self) -> Date {
        clock::day(self.desk.now())
    }

    /// Whether `own` bears that name.
    pub(super) fn is(&self, name: Option<&ProviderName>, own: &ProviderId) -> bool {
        name.and_then(|name| self.directory.find(name)).is_some_and(|found| found.id == *own)
    }

    /// The rows of the register, as they hold today, that overlap with any of `ranges`, and its bounds.
    pub(super) fn near(
        &self,
        mut ranges: Vec<AddressRange>,
    ) -> Result<(Vec<Allocation>, Bounds), Problem> {
        ranges.sort_unstable();
        let mut apart: Vec<AddressRange> = Vec::with_capacity(ranges.len());
        for range in ranges {
            match apart.last_mut() {
                Some(last) if last.contains(range.start()) => {
                    let end = last.end().max(range.end());
                    *last = AddressRange::new(last.start(), end).unwrap_or(*last);
                }
                _ => apart.push(range),
            }
        }
        let (mut near, mut bounds, today) = (Vec::new(), Bounds::default(), self.today());
        for row in self.desk.registers.allocations()? {
            let row = row?;
            if !row.is_in_force(today) {
                continue;
            }
            bounds.note(&row);
            let after = apart.partition_point(|range| range.start() <= row.range.end());
            let last = apart[..after].last();
            if last.is_some_and(|range| {
                range.start().is_ipv4() == row.range.start().is_ipv4()
                    && range.end() >= row.range.start()
            }) {
                near.push(row);
            }
        }
        Ok((near, bounds.settled()))
    }

    /// Whether whom the row passes its range on to has reported that it has it from `own`.
    pub(super) fn is_confirmed(&self, row: &Allocation, own: &ProviderId) -> Result<bool, Problem> {
        let Some(to) = row.to.as_ref().and_then(|name| self.directory.find(name)) else {
            return Ok(false);
        };
        let received = if let Some(received) = self.received.get() {
            received
        } else {
            let read = self.received()?;
            self.received.get_or_init(|| read)
        };
        let reported = received.get(&[to.id.clone(), own.clone()]);
        Ok(reported
            .into_iter()
            .flatten()
            .any(|range| range.contains(row.range.start()) && range.contains(row.range.end())))
    }

    fn received(&self) -> Result<HashMap<[ProviderId; 2], Vec<AddressRange>>, Problem> {
        let mut received: HashMap<_, Vec<_>> = HashMap::new();
        for row in self.desk.registers.allocations()? {
            let row = row?;
            let find = |name: &Option<_>| self.directory.find(name.as_ref()?);
            if let (Some(holder), Some(giver)) = (find(&row.provider), find(&row.from)) {
                let key = [holder.id.clone(), giver.id.clone()];
                received.entry(key).or_default().push(row.range);
            }
        }
        Ok(received)
    }

    /// What the row lacks by itself; how it fits the others is told by `GET /allocations/problems`.
    pub(super) fn problems(&self, row: &Allocation) -> Result<Vec<RowProblem>, Problem> {
        let mut problems = Vec::new();
        let today = clock::day(self.desk.now());
        let rows = std::iter::once(Ok(row.clone()));
        allocations::check::<StoreError>(
            rows,
            &self.directory,
            &self.desk.guard,
            today,
            |found| {
                if found.key.check_code().is_none() {
                    problems.push(RowProblem {
                        code: found.key.fault.word().to_owned(),
                        column: found.key.fault.column().to_owned(),
                        reason: found.key.fault.chinese().to_owned(),
                    });
                }
                Ok(())
            },
        )?;
        Ok(problems)
    }
}
