//! Finds the rows of a batch that the database refuses, by bisection.

use std::ops::Range;

use crate::batch::Batch;
use crate::database::{DatabaseError, Session};

/// If more rows than this are refused in one batch, the database is more likely to be wrong than the data, and no row is
/// rejected because of it.
const MAX_REFUSED: usize = 100;

/// Turns each row that the database refuses into a reject, and returns their number.
///
/// # Errors
/// An outage; too many rows are refused, or one that is a reject already; or each row alone is accepted.
pub(super) async fn refuse_bad_rows(
    session: &Session,
    batch: &mut Batch,
    cause: &DatabaseError,
) -> Result<usize, DatabaseError> {
    bisect(batch, cause, async |batch: &Batch, rows| {
        session.would_accept(batch, rows).await
    })
    .await
}

/// As [`refuse_bad_rows`]; `try_rows` returns the error with which the database refuses these rows, if it does.
async fn bisect(
    batch: &mut Batch,
    cause: &DatabaseError,
    try_rows: impl AsyncFn(&Batch, Range<usize>) -> Result<Option<DatabaseError>, DatabaseError>,
) -> Result<usize, DatabaseError> {
    let mut refused = 0;
    // Ranges that are still to be tried, the next one last.
    let mut suspects = Vec::new();
    suspects.push(0..batch.row_count());
    while let Some(rows) = suspects.pop() {
        let Some(error) = try_rows(batch, rows.clone()).await? else {
            continue;
        };
        if rows.len() == 1 {
            if batch.is_reject(rows.start) {
                return Err(DatabaseError::config(format!(
                    "{error}; it is a reject already; hint: check the constraints and triggers that you have added to \
                     rejected_events"
                )));
            }
            refused += 1;
            if refused > MAX_REFUSED {
                return Err(DatabaseError::config(format!(
                    "{cause}; more than {MAX_REFUSED} rows of one batch are refused, so nothing was rejected"
                )));
            }
            batch.refuse(
                rows.start,
                &format!("SQLSTATE {}", error.sqlstate().unwrap_or("unknown")),
            );
            continue;
        }
        let middle = rows.start + rows.len() / 2;
        suspects.push(middle..rows.end);
        suspects.push(rows.start..middle);
    }
    if refused == 0 {
        return Err(DatabaseError::config(format!(
            "{cause}; each of its rows alone is accepted"
        )));
    }
    Ok(refused)
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::collections::BTreeSet;

    use super::*;
    use crate::batch::Origin;
    use crate::batch::tests::event;

    fn batch_of(rows: i64) -> Batch {
        let mut batch = Batch::default();
        for position in 0..rows {
            let origin = Origin {
                partition: 0,
                position,
                key: None,
                payload: None,
            };
            batch.push(origin, &Ok(event(1)));
        }
        batch
    }

    /// The number of tries and the outcome, with a database that refuses the rows at these positions.
    fn bisected(
        batch: &mut Batch,
        bad: impl IntoIterator<Item = i64>,
    ) -> (usize, Result<usize, String>) {
        let bad: BTreeSet<i64> = bad.into_iter().collect();
        let tries = Cell::new(0);
        let cause = DatabaseError::config("refused".to_owned());
        let try_rows = async |_: &Batch, rows: Range<usize>| {
            tries.set(tries.get() + 1);
            let rows = rows.start as i64..rows.end as i64;
            let is_bad = bad.range(rows).next().is_some();
            Ok(is_bad.then(|| DatabaseError::config("a row".to_owned())))
        };
        let runtime = tokio::runtime::Builder::new_current_thread()
            .build()
            .unwrap();
        let outcome = runtime.block_on(bisect(batch, &cause, try_rows));
        (tries.get(), outcome.map_err(|error| error.to_string()))
    }

    /// As [`bisected`], of a new batch; also the positions of rows that were accepted.
    fn run(
        rows: i64,
        bad: impl IntoIterator<Item = i64>,
    ) -> (Vec<i64>, usize, Result<usize, String>) {
        let mut batch = batch_of(rows);
        let (tries, outcome) = bisected(&mut batch, bad);
        let all = (0..rows).map(|position| (0, position)).collect();
        let accepted = batch.origins_of(&all, false);
        (
            accepted.iter().map(|origin| origin.position).collect(),
            tries,
            outcome,
        )
    }

    #[test]
    fn only_refused_rows_are_rejected() {
        assert_eq!(run(1, [0]), (vec![], 1, Ok(1)));
        assert_eq!(run(8, [5]).1, 7, "two tries at each of three levels");
        let (accepted, _, outcome) = run(9, [1, 4, 8]);
        assert_eq!((accepted, outcome), (vec![0, 2, 3, 5, 6, 7], Ok(3)));
    }

    #[test]
    fn a_database_that_refuses_too_many_rows_or_none_is_an_error() {
        assert_eq!(run(200, 50..150).2, Ok(100));
        let error = run(200, 50..151).2.unwrap_err();
        assert!(error.contains("refused; more than 100 rows"), "{error}");
        let error = run(5, []).2.unwrap_err();
        assert!(error.contains("alone is accepted"), "{error}");
    }

    #[test]
    fn a_reject_that_is_refused_again_is_an_error() {
        let mut batch = batch_of(3);
        assert_eq!(bisected(&mut batch, [1]).1, Ok(1));
        let error = bisected(&mut batch, [1]).1.unwrap_err();
        assert!(error.contains("it is a reject already"), "{error}");
    }
}
