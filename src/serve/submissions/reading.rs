//! A submission, row by row.

use crate::formats::tables::Refusal;
use crate::formats::tables::RowError;
use crate::formats::tables::Rows;
use crate::serve::problem::Problem;
use crate::serve::submissions::RowResult;
use crate::serve::submissions::Submission;
use crate::serve::submissions::Submit;
use crate::serve::submissions::Taken;

/// Rows of one submission, at the most.
pub(super) const MOST_ROWS: usize = 10_000;

/// What becomes of each of `rows`, and those that are taken.
pub(super) fn read<R: Submit>(
    mut rows: Rows<R>,
    held: &R::Held<'_>,
) -> Result<(Submission, Vec<Taken<R>>), Problem> {
    let (mut results, mut kept, mut places) = (Vec::new(), Vec::new(), Vec::new());
    // Between two rows it is asked where they were.
    while let Some(row) = rows.next() {
        if results.len() == MOST_ROWS {
            return Err(too_many_rows());
        }
        results.push(match row {
            Ok(row) => match row.judge(held)? {
                Ok(taken) => {
                    kept.push(taken);
                    places.push(results.len());
                    let (line, problems) = (rows.line(), Vec::new());
                    let (standing, column, reason) = (None, None, None);
                    RowResult { line, taken: true, standing, column, reason, problems }
                }
                Err((column, reason)) => refused(rows.line(), Some(column.to_owned()), reason),
            },
            Err(RowError::Refused(Refusal { line, column, reason })) => {
                refused(line, column, reason)
            }
            Err(RowError::Io(_)) => return Err(Problem::bad_request("the body breaks off")),
        });
    }
    let mut refusals = R::weigh(&mut kept, held)?;
    let mut taken_for_good = Vec::with_capacity(kept.len());
    for ((index, place), mut taken) in places.into_iter().enumerate().zip(kept) {
        let Some(result) = results.get_mut(place) else { continue };
        if let Some((column, reason)) = refusals.remove(&index) {
            *result = refused(result.line, Some(column.to_owned()), reason);
        } else {
            result.standing = taken.standing;
            result.problems = std::mem::take(&mut taken.problems);
            taken_for_good.push(taken);
        }
    }
    let kept = taken_for_good;
    let (taken, refused) = (kept.len(), results.len() - kept.len());
    let unknown_columns = rows.unknown_columns();
    Ok((Submission { taken, refused, rows: results, unknown_columns }, kept))
}

/// There are more rows than one submission has.
pub(super) fn too_many_rows() -> Problem {
    Problem::too_large(format!("at most {MOST_ROWS} rows at once"))
}

fn refused(line: u64, column: Option<String>, reason: String) -> RowResult {
    let (taken, standing, problems) = (false, None, Vec::new());
    RowResult { line, taken, standing, column, reason: Some(reason), problems }
}
