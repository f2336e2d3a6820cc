//! What an error of the database means for the ingestor. The only place that decides it.

/// How an error is handled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Class {
    /// The database is unreachable, busy or full: retry without limit.
    Outage,
    /// A row is refused: find it and reject it.
    Data,
    /// Configuration, privileges or versions are wrong: end, with a message that says what to do.
    Config,
    /// Another owner has claimed the partition, or the ledger has another offset: read the ledger again.
    Fenced,
}

/// SQLSTATE of `musicstream_advance()` if epoch or offset do not match.
pub(crate) const FENCED: &str = "MS001";

/// Whether an upsert that lacks partitions fails with this SQLSTATE. A row that breaks a constraint or exceeds a limit causes
/// the same ones, and the error does not tell which it was: the extension passes it on without the constraint's name.
pub(crate) fn may_lack_partitions(sqlstate: Option<&str>) -> bool {
    // check_violation: "no partition of relation found for row", or a row outside the bounds of its partition, because the
    // partition was removed after the batch had made it. program_limit_exceeded: too many partitions to make.
    matches!(sqlstate, Some("23514" | "54000"))
}

/// The class of an error, by its SQLSTATE (`None` if there was no answer).
pub(crate) fn classify(sqlstate: Option<&str>) -> Class {
    let Some(code) = sqlstate else {
        // Connections that are refused, reset or time out, and names that cannot be resolved.
        return Class::Outage;
    };
    match code {
        FENCED => Class::Fenced,
        // serialization_failure, deadlock_detected: a conflict with another transaction.
        "40001" | "40P01" => Class::Outage,
        // lock_not_available, query_canceled, idle_in_transaction_session_timeout, transaction_timeout.
        "55P03" | "57014" | "25P03" | "25P04" => Class::Outage,
        // read_only_sql_transaction: failed over to a standby that is not promoted yet.
        "25006" => Class::Outage,
        // object_in_use: another session uses the object for a while.
        "55006" => Class::Outage,
        // program_limit_exceeded (54) depends on the row; configuration_limit_exceeded (53400) does not.
        "53400" => Class::Config,
        _ => match code.get(..2) {
            // Connection; resources (memory, disk, connections); operator (shutdown, crash); system; snapshot too old.
            Some("08" | "53" | "57" | "58" | "72") => Class::Outage,
            // Transaction rollbacks other than above.
            Some("40") => Class::Outage,
            // Data exceptions; integrity violations; limits such as an index row's size.
            Some("22" | "23" | "54") => Class::Data,
            _ => Class::Config,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes() {
        for (class, codes) in [
            (
                Class::Outage,
                &[
                    "08000", "08001", "08003", "08006", "08P01", "53000", "53100", "53200",
                    "53300", "57014", "57P01", "57P02", "57P03", "57P05", "58000", "58030",
                    "40001", "40P01", "40003", "55006", "55P03", "25006", "25P03",
                ][..],
            ),
            (
                Class::Data,
                &[
                    "22000", "22001", "22003", "22021", "22P02", "22P03", "22P05", "23502",
                    "23505", "23514", "54000",
                ],
            ),
            (
                Class::Config,
                &[
                    "28000", "28P01", "3D000", "3F000", "42501", "42883", "42P01", "42703",
                    "0A000", "0L000", "25001", "25P02", "53400", "55000", "P0001", "XX000",
                    "F0000", "", "x",
                ],
            ),
            (Class::Fenced, &["MS001"]),
        ] {
            for code in codes {
                assert_eq!(classify(Some(code)), class, "{code}");
            }
        }
        assert_eq!(classify(None), Class::Outage);
    }
}
