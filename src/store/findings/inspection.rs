//! Every record of the database, and whether what leads to what agrees.

use serde::de::DeserializeOwned;
use ulid::Ulid;

use crate::facts::census::Census;
use crate::facts::census::Divided;
use crate::facts::census::FiledCount;
use crate::facts::census::NightCount;
use crate::facts::change::Change;
use crate::facts::change::Circumstances;
use crate::facts::change::Scan;
use crate::facts::dossier::Dossier;
use crate::facts::dossier::EvidenceFile;
use crate::facts::dossier::Reading;
use crate::facts::exemption::Exemption;
use crate::facts::exemption::ExemptionDeed;
use crate::facts::finding::Answer;
use crate::facts::finding::Finding;
use crate::facts::overseers::Transfer;
use crate::store::StoreError;
use crate::store::encoding;
use crate::store::findings::ANSWER;
use crate::store::findings::CENSUS;
use crate::store::findings::CENSUS_DIVIDED;
use crate::store::findings::CHANGE;
use crate::store::findings::CIRCUMSTANCES;
use crate::store::findings::COUNTED;
use crate::store::findings::Done;
use crate::store::findings::EXEMPTION;
use crate::store::findings::EXEMPTION_DEED;
use crate::store::findings::FINDING;
use crate::store::findings::Findings;
use crate::store::findings::GENERATION;
use crate::store::findings::HISTORY;
use crate::store::findings::IDENTITY;
use crate::store::findings::NIGHT_COUNT;
use crate::store::findings::NIGHT_DIVIDED;
use crate::store::findings::POSITION;
use crate::store::findings::Position;
use crate::store::findings::SCAN;
use crate::store::findings::evidence::DOSSIER;
use crate::store::findings::evidence::FILE;
use crate::store::findings::evidence::READING;
use crate::store::findings::evidence::file_key;
use crate::store::findings::exemption_key;
use crate::store::findings::finding_prefix;
use crate::store::findings::once::RECEIPT;
use crate::store::findings::transfers::TRANSFER;
use crate::store::findings::with_id;

/// Told of each record (`None`), and of what is wrong with one.
pub(crate) type Told<'a> = &'a mut dyn FnMut(Option<String>);

impl Findings {
    /// Reads everything, and tells what is wrong. `Err` where sled itself gives up.
    pub(crate) fn inspect(&self, told: Told<'_>) -> Result<(), StoreError> {
        for name in ["samples", "bulletins", "issues", "keys"] {
            let tree = self.database.open_tree(name).map_err(self.failed())?;
            for record in &tree {
                record.map_err(self.failed())?;
                told(None);
            }
        }
        for notice in self.notices()?.all() {
            told(notice.err().map(|error| error.to_string()));
        }
        self.submitted()?.inspect(told)?;
        let mut sequence = 0;
        let mut night = 0;
        for record in &self.tree {
            let (key, value) = record.map_err(self.failed())?;
            told(None);
            let fault = match key.split_first() {
                Some((&CHANGE, rest)) => {
                    sequence += 1;
                    self.change_fault(rest, &value, sequence)?
                }
                Some((&SCAN, rest)) => {
                    night += 1;
                    decoded::<Scan>("scan", &value, |scan| {
                        scan.night == night && rest == scan.night.to_be_bytes()
                    })
                }
                Some((kind, rest)) => self.record_fault(*kind, &key, rest, &value)?,
                None => Some("a record without a key".to_owned()),
            };
            if let Some(fault) = fault {
                told(Some(fault));
            }
        }
        Ok(())
    }

    fn record_fault(
        &self,
        kind: u8,
        key: &[u8],
        rest: &[u8],
        value: &[u8],
    ) -> Result<Option<String>, StoreError> {
        Ok(match kind {
            FINDING => {
                let mut id = None;
                let fault = decoded::<Finding>("finding", value, |finding| {
                    id = Some(finding.id);
                    key == [&finding_prefix(&finding.key.target)[..], &finding.id.to_bytes()]
                        .concat()
                });
                let leads_here = match id {
                    Some(id) => {
                        let place = self.tree.get(with_id(IDENTITY, id)).map_err(self.failed())?;
                        place.is_some_and(|place| place == key)
                    }
                    None => true,
                };
                fault.or_else(|| {
                    (!leads_here).then(|| "a finding that its id does not lead to".to_owned())
                })
            }
            IDENTITY => {
                let is_there = self.tree.contains_key(value).map_err(self.failed())?;
                (!is_there).then(|| format!("the finding {} is missing", id_of(rest)))
            }
            HISTORY => {
                let sequence = rest.get(16..).unwrap_or_default();
                let change: Option<Change> =
                    self.value("change", &[&[CHANGE][..], sequence].concat()).unwrap_or(None);
                let is_its = change.is_some_and(|change| change.finding == id_of(rest));
                (!is_its).then(|| format!("a change of finding {} is missing", id_of(rest)))
            }
            EXEMPTION => decoded::<Exemption>("exemption", value, |exemption| {
                key == exemption_key(&exemption.target)
            }),
            EXEMPTION_DEED => decoded::<ExemptionDeed>("exemption deed", value, |_| true),
            DOSSIER => {
                let fault = decoded::<Dossier>("dossier", value, |_| true);
                let has_finding = self.tree.contains_key(with_id(IDENTITY, id_of(rest)));
                let has_finding = has_finding.map_err(self.failed())?;
                fault.or_else(|| (!has_finding).then(|| "evidence of no finding".to_owned()))
            }
            CIRCUMSTANCES => {
                let fault = decoded::<Circumstances>("circumstances", value, |_| true);
                let has_change = self.tree.contains_key([&[CHANGE][..], rest].concat());
                let has_change = has_change.map_err(self.failed())?;
                fault.or_else(|| (!has_change).then(|| "circumstances of no change".to_owned()))
            }
            ANSWER => {
                let is_told = self.tree.contains_key([&[CHANGE][..], rest].concat());
                let is_told = is_told.map_err(self.failed())?;
                let fault = decoded::<Answer>("answer", value, |_| true);
                fault.or_else(|| (!is_told).then(|| "an answer that no change tells of".to_owned()))
            }
            TRANSFER => {
                let change: Option<Change> =
                    self.value("change", &[&[CHANGE][..], rest].concat())?;
                decoded::<Transfer>("transfer", value, |transfer| {
                    change.as_ref().is_some_and(|change| change.finding == transfer.finding)
                })
            }
            RECEIPT => decoded::<Done>("receipt", value, |_| true),
            CENSUS => decoded::<Census>("census", value, |_| true),
            CENSUS_DIVIDED => decoded::<Divided<FiledCount>>("census", value, |_| true),
            NIGHT_DIVIDED => decoded::<Divided<u64>>("night count", value, |_| true),
            NIGHT_COUNT => decoded::<NightCount>("night count", value, |count| {
                rest == count.night.to_be_bytes()
            }),
            FILE => {
                decoded::<EvidenceFile>("evidence file", value, |file| key == file_key(file.name))
            }
            READING => {
                decoded::<Reading>("reading", value, |reading| reading.finding == id_of(rest))
            }
            _ if key == GENERATION || key == COUNTED => {
                (value.len() != 8).then(|| "a count cannot be read".to_owned())
            }
            _ if key == POSITION => decoded::<Position>("position", value, |_| true),
            _ => Some("a record of no kind that is known".to_owned()),
        })
    }

    /// A change must be the next in order, of a finding that is there, and in its history.
    fn change_fault(
        &self,
        number: &[u8],
        value: &[u8],
        sequence: u64,
    ) -> Result<Option<String>, StoreError> {
        if number != sequence.to_be_bytes() {
            return Ok(Some(format!("change {sequence} is missing")));
        }
        let change: Change = match encoding::decode("change", value) {
            Ok(change) => change,
            Err(error) => return Ok(Some(format!("change {sequence}: {error}"))),
        };
        let mut entry = with_id(HISTORY, change.finding);
        entry.extend_from_slice(number);
        let has = |key: Vec<u8>| self.tree.contains_key(key).map_err(self.failed());
        let is_led_to = has(entry)? && has(with_id(IDENTITY, change.finding))?;
        Ok((!is_led_to).then(|| format!("change {sequence} belongs to no finding")))
    }
}

/// What is wrong with `value`: it cannot be read, or stands where it does not belong.
fn decoded<T: DeserializeOwned>(
    what: &'static str,
    value: &[u8],
    mut belongs: impl FnMut(&T) -> bool,
) -> Option<String> {
    match encoding::decode::<T>(what, value) {
        Err(error) => Some(error.to_string()),
        Ok(value) if !belongs(&value) => Some(format!("a {what} does not stand where it belongs")),
        Ok(_) => None,
    }
}

fn id_of(rest: &[u8]) -> Ulid {
    rest.first_chunk::<16>().map(|bytes| Ulid::from_bytes(*bytes)).unwrap_or_default()
}
