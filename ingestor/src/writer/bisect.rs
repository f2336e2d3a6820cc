//! Finds the rows of a batch that the database refuses.

use crate::batch::Batch;
use crate::database::{DatabaseError, Session};

/// More bad rows than this in one batch are no accident of the data: something is wrong with the
/// database, and nothing is thrown among the rejects on its account.
const MAX_REFUSED: usize = 100;

/// Turns each row that the database refuses into a reject; how many there were.
///
/// # Errors
/// The database went away, or too much is refused, or no single row is to blame.
pub(super) async fn refuse_bad_rows(
    session: &Session,
    batch: &mut Batch,
    cause: &DatabaseError,
) -> Result<usize, DatabaseError> {
    let mut refused = 0;
    // Halves that are still to be looked at, the next one last.
    let mut suspects = Vec::new();
    suspects.push(0..batch.row_count());
    while let Some(rows) = suspects.pop() {
        let Some(error) = session.would_take(batch, rows.clone()).await? else {
            continue;
        };
        if rows.len() == 1 {
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
            "{cause}; each of its rows alone is taken"
        )));
    }
    Ok(refused)
}
