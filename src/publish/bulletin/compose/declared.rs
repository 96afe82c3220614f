//! What people declared of a month, as its tables have it.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use crate::facts::bureau::Bureau;
use crate::facts::declared::Cell;
use crate::facts::declared::Declared;
use crate::facts::declared::Figure;
use crate::facts::declared::Stage;
use crate::facts::declared::Subject;
use crate::facts::declared::Value;
use crate::facts::provider::ProviderId;
use crate::facts::provider::ProviderKind;
use crate::publish::bulletin::PunishedRow;
use crate::publish::bulletin::SubletRow;
use crate::publish::bulletin::SystemRow;
use crate::publish::bulletin::compose::Known;

/// The newest figure of each cell of one month.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DeclaredMonth {
    values: BTreeMap<(Figure, Subject), Value>,
}

impl DeclaredMonth {
    /// The month of `declared`, what was taken back left out.
    pub fn new(declared: BTreeMap<Cell, Declared>) -> Self {
        let values = declared.into_values().filter(|figure| figure.value != Value::Withdrawn);
        let values = values.map(|figure| ((figure.cell.figure, figure.cell.subject), figure.value));
        Self { values: values.collect() }
    }

    /// How far the task with this number is.
    pub(super) fn progress(&self, task: u8) -> Option<String> {
        self.text(Figure::Progress, Subject::Task(task))
    }

    /// A count of a bureau.
    pub(super) fn of_bureau(&self, figure: Figure, bureau: Bureau) -> Option<u64> {
        self.count(figure, Subject::Bureau(bureau))
    }

    fn value(&self, figure: Figure, subject: Subject) -> Option<&Value> {
        self.values.get(&(figure, subject))
    }

    fn count(&self, figure: Figure, subject: Subject) -> Option<u64> {
        match self.value(figure, subject)? {
            Value::Count(count) => Some(*count),
            Value::Text(_) | Value::Stage(_) | Value::Withdrawn => None,
        }
    }

    fn text(&self, figure: Figure, subject: Subject) -> Option<String> {
        match self.value(figure, subject)? {
            Value::Text(text) => Some(text.clone()),
            Value::Count(_) | Value::Stage(_) | Value::Withdrawn => None,
        }
    }

    fn stage(&self, figure: Figure, provider: &ProviderId) -> Option<Stage> {
        match self.value(figure, Subject::Provider(provider.clone(), None))? {
            Value::Stage(stage) => Some(*stage),
            Value::Count(_) | Value::Text(_) | Value::Withdrawn => None,
        }
    }

    /// The providers of whom one of `figures` was declared, each with the province that was named.
    fn providers(&self, figures: &[Figure]) -> BTreeSet<(ProviderId, Option<Bureau>)> {
        let of_providers = self.values.keys().filter_map(|(figure, subject)| match subject {
            Subject::Provider(id, bureau) if figures.contains(figure) => {
                Some((id.clone(), *bureau))
            }
            Subject::Provider(..) | Subject::Bureau(_) | Subject::Task(_) => None,
        });
        of_providers.collect()
    }

    pub(super) fn punished(&self, known: &Known<'_>) -> Vec<PunishedRow> {
        let mut rows = Vec::new();
        for (id, bureau) in self.providers(&[Figure::Punished]) {
            let provider = known.named(Some(&id));
            let place = bureau.or(provider.bureau);
            let reason = self.text(Figure::Punished, Subject::Provider(id, bureau));
            let is_covered = place.map_or(known.bureau.is_none(), |place| known.covers(place));
            rows.extend(reason.filter(|_| is_covered).map(|reason| PunishedRow {
                provider,
                bureau: place,
                reason,
            }));
        }
        rows.sort_by_cached_key(|row| (row.bureau, row.provider.id.clone()));
        rows
    }

    pub(super) fn systems(&self, known: &Known<'_>) -> Vec<SystemRow> {
        let declared = self.providers(&Figure::STAGES).into_iter().map(|(id, _)| id);
        let declared = declared
            .filter(|id| known.bureau.is_none() || known.named(Some(id)).bureau == known.bureau);
        let row = |id: Option<ProviderId>| SystemRow {
            provider: known.named(id.as_ref()),
            stages: Figure::STAGES.map(|figure| self.stage(figure, id.as_ref()?)),
        };
        known.listed(declared.map(Some).collect()).into_iter().map(row).collect()
    }

    /// How many of `providers` are done with each stage; `None` where no stage of any was declared.
    pub(super) fn stages_done(&self, providers: &[&ProviderId]) -> [Option<u64>; 5] {
        Figure::STAGES.map(|figure| {
            let mut stages = providers.iter().filter_map(|id| self.stage(figure, id)).peekable();
            stages.peek()?;
            Some(stages.map(|stage| u64::from(stage == Stage::Done)).sum())
        })
    }

    /// How many of `providers` have any stage declared.
    pub(super) fn have_declared(&self, providers: &[&ProviderId]) -> usize {
        let has = |id: &&&ProviderId| {
            Figure::STAGES.into_iter().any(|figure| self.stage(figure, id).is_some())
        };
        providers.iter().filter(has).count()
    }

    /// The carriers, who must see to it, and whoever else was declared.
    pub(super) fn sublets(&self, known: &Known<'_>) -> Vec<SubletRow> {
        let figures = [Figure::SubletsTotal, Figure::SubletsLeft];
        let mut listed: Vec<ProviderId> = known
            .roster
            .iter()
            .filter(|one| one.kind == ProviderKind::Carrier && one.is_key)
            .map(|one| one.id.clone())
            .collect();
        for (id, _) in self.providers(&figures) {
            if !listed.contains(&id) {
                listed.push(id);
            }
        }
        let row = |id: ProviderId| {
            let [total, left] = figures.map(|figure| self.sublets_at(figure, &id, known));
            let provider = known.named(Some(&id));
            let is_own = known.bureau.is_none() || provider.bureau == known.bureau;
            (is_own || total.or(left).is_some()).then_some(SubletRow { provider, total, left })
        };
        listed.into_iter().filter_map(row).collect()
    }

    /// What was declared of a provider within the scope: as a whole, else its provinces together.
    fn sublets_at(&self, figure: Figure, id: &ProviderId, known: &Known<'_>) -> Option<u64> {
        let of = |bureau| self.count(figure, Subject::Provider(id.clone(), bureau));
        match known.bureau {
            Some(bureau) => of(Some(bureau))
                .or_else(|| of(None).filter(|_| known.named(Some(id)).bureau == Some(bureau))),
            None => of(None).or_else(|| {
                let own = self.providers(&[figure]).into_iter().filter(|(one, _)| one == id);
                sum(own.filter_map(|(_, bureau)| of(bureau)))
            }),
        }
    }

    /// What was declared of a province, else what its providers declared together.
    pub(super) fn sublets_of(
        &self,
        known: &Known<'_>,
        bureau: Bureau,
    ) -> (Option<u64>, Option<u64>) {
        let of = |figure| {
            self.of_bureau(figure, bureau).or_else(|| {
                let providers = self.providers(&[figure]).into_iter();
                let own = providers.filter(|(id, place)| {
                    place.or_else(|| known.named(Some(id)).bureau) == Some(bureau)
                });
                sum(own.filter_map(|(id, place)| self.count(figure, Subject::Provider(id, place))))
            })
        };
        (of(Figure::SubletsTotal), of(Figure::SubletsLeft))
    }
}

/// The sum; `None` of nothing.
fn sum(counts: impl Iterator<Item = u64>) -> Option<u64> {
    counts.fold(None, |sum: Option<u64>, count| Some(sum.unwrap_or(0).saturating_add(count)))
}
