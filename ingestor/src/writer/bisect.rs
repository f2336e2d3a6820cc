//! Finds the rows of a batch that the database refuses, by bisection.

use crate::batch::Batch;
use crate::database::{DatabaseError, Session};

/// If more rows than this are refused in one batch, the database is more likely to be wrong than the data, and no row is
/// rejected because of it.
const MAX_REFUSED: usize = 100;

/// Turns each row that the database refuses into a reject, and returns their number.
///
/// # Errors
/// An outage; too many rows are refused; or each row alone is accepted.
pub(super) async fn refuse_bad_rows(
    session: &Session,
    batch: &mut Batch,
    cause: &DatabaseError,
) -> Result<usize, DatabaseError> {
    let mut refused = 0;
    // Ranges that are still to be tried, the next one last.
    let mut suspects = Vec::new();
    suspects.push(0..batch.row_count());
    while let Some(rows) = suspects.pop() {
        let Some(error) = session.would_accept(batch, rows.clone()).await? else {
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
            "{cause}; each of its rows alone is accepted"
        )));
    }
    Ok(refused)
}
