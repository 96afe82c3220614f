//! What a provider may say of registers: of itself, and nothing of others.

use crate::facts::allocation::Allocation;
use crate::facts::allocation::AllocationKind;
use crate::facts::directory::Directory;
use crate::facts::filing::Filing;
use crate::facts::filing::FilingState;
use crate::facts::provider::ProviderId;
use crate::facts::provider::ProviderName;
use crate::serve::door::Caller;
use crate::serve::problem::Problem;
use crate::serve::submissions::Refused;
use crate::serve::submissions::held;

/// The row as the caller may submit it, or why not.
pub(super) fn allocation(
    row: Allocation,
    caller: &Caller,
    directory: &Directory,
) -> Result<Allocation, Refused> {
    let Some(own) = caller.scope.provider() else { return Ok(row) };
    if row.kind == AllocationKind::Registry {
        return Err(("kind", "only the registry's own file gives address space".to_owned()));
    }
    let is_own = row.provider.as_ref().is_some_and(|name| is(directory, name, own));
    if is_own { Ok(row) } else { Err(("provider", of_another())) }
}

/// The same for a filing, which is joined with what the register has of it: the caller is added to the
/// access providers of a record that others have too, and nothing else of that is touched.
pub(super) fn filing(
    row: Filing,
    caller: &Caller,
    held: &held::Filings<'_>,
) -> Result<Result<Filing, Refused>, Problem> {
    let Some(own) = caller.scope.provider() else { return Ok(Ok(row)) };
    let known = held.known(&row.domain)?;
    Ok(joined(row, &known, own, &held.directory))
}

fn joined(
    mut row: Filing,
    known: &[Filing],
    own: &ProviderId,
    directory: &Directory,
) -> Result<Filing, Refused> {
    let refused = |column, reason: &str| Err((column, reason.to_owned()));
    if row.state == FilingState::Cancelled {
        return refused("state", "a provider does not cancel filings; its bureau does");
    }
    if row.site_number.is_none() && row.subject_number.is_none() {
        return refused("site_number", "a record without any number is no filing");
    }
    let name: ProviderName = match own.as_str().parse() {
        Ok(name) => name,
        Err(_) => return refused("providers", "the provider's id is no name"),
    };
    match &row.providers {
        Some(names) if names.iter().any(|name| !is(directory, name, own)) => {
            return Err(("providers", of_another()));
        }
        _ => row.providers = Some(vec![name.clone()]),
    }
    let is_same = |other: &&Filing| {
        other.site_number == row.site_number
            && other.subject_number == row.subject_number
            && other.detail("record_id") == row.detail("record_id")
            && !other.has_left()
            && !other.is_unreadable()
    };
    let Some(before) = known.iter().find(is_same) else { return Ok(row) };
    let others = before
        .providers
        .as_ref()
        .is_none_or(|names| names.is_empty() || names.iter().any(|name| !is(directory, name, own)));
    if !others {
        return Ok(row);
    }
    let mut kept = before.clone();
    // Where the access providers are not known, one of them does not make them known.
    if let Some(names) = &mut kept.providers
        && !names.iter().any(|name| is(directory, name, own))
    {
        names.push(name);
    }
    Ok(kept)
}

fn is(directory: &Directory, name: &ProviderName, own: &ProviderId) -> bool {
    directory.find(name).is_some_and(|provider| provider.id == *own)
}

fn of_another() -> String {
    "the row is another provider's, or nobody's who is known; a provider submits for itself"
        .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::filings;
    use crate::formats::providers;
    use std::io::Cursor;

    fn directory() -> Directory {
        let text = "id,name,kind\nP4,示例云,provider\nP5,别家云,provider\n";
        let rows = providers::read(Cursor::new(text)).unwrap();
        Directory::new(rows.map(Result::unwrap).collect())
    }

    fn row(cells: &str) -> Filing {
        let text = format!("domain,site_number,state,providers,subject_name\n{cells}\n");
        filings::read(Cursor::new(text)).unwrap().next().unwrap().unwrap()
    }

    fn check(submitted: &str, known: &[&str]) -> Result<(Vec<String>, String), &'static str> {
        let known: Vec<Filing> = known.iter().map(|cells| row(cells)).collect();
        let joined = joined(row(submitted), &known, &"P4".parse().unwrap(), &directory());
        joined.map_err(|(column, _)| column).map(|row| {
            let names = row.providers.iter().flatten().map(ToString::to_string).collect();
            (names, row.detail("subject_name").unwrap_or_default().to_owned())
        })
    }

    #[test]
    fn a_provider_speaks_for_itself_and_leaves_what_others_said() {
        let number = "京ICP备05014806号-1";
        let new = format!("a.cn,{number},active,示例云,新");
        let of = |names: &[&str], subject: &str| {
            Ok((names.iter().map(|name| (*name).to_owned()).collect(), subject.to_owned()))
        };
        assert_eq!(check(&new, &[]), of(&["P4"], "新"));
        assert_eq!(check(&format!("a.cn,{number},active,,新"), &[]), of(&["P4"], "新"));
        let own = format!("a.cn,{number},active,P4,旧");
        assert_eq!(check(&new, &[&own]), of(&["P4"], "新"));
        let others = format!("a.cn,{number},active,别家云,旧");
        assert_eq!(check(&new, &[&others]), of(&["别家云", "P4"], "旧"));
        let both = format!("a.cn,{number},active,别家云;示例云,旧");
        assert_eq!(check(&new, &[&both]), of(&["别家云", "示例云"], "旧"));
        assert_eq!(check(&format!("a.cn,{number},active,别家云,新"), &[]), Err("providers"));
        assert_eq!(check(&format!("a.cn,{number},cancelled,P4,新"), &[]), Err("state"));
        assert_eq!(check("a.cn,,active,P4,新", &[]), Err("site_number"));
    }
}
