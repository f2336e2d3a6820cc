//! What an error of the database means for the ingestor: decided here and nowhere else.

/// What to do about an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Class {
    /// The database is away, busy or full: try again, for ever.
    Outage,
    /// A row cannot be stored: find it, and reject it.
    Data,
    /// Set-up, rights or versions are wrong: stop and say what to do.
    Config,
    /// Another owner has the partition, or the ledger is elsewhere: give up or read it again.
    Fenced,
}

/// Raised by `musicstream_advance` when it does not hold.
pub(crate) const FENCED: &str = "MS001";

/// The class of an error: by its SQLSTATE, or `None` if no answer came at all, and by the constraint that it names.
pub(crate) fn classify(sqlstate: Option<&str>, constraint: Option<&str>) -> Class {
    let Some(code) = sqlstate else {
        // Connections refused, reset or timed out, and names that do not resolve just now.
        return Class::Outage;
    };
    match code {
        FENCED => Class::Fenced,
        // serialization_failure, deadlock_detected: our transaction lost against another.
        "40001" | "40P01" => Class::Outage,
        // lock_not_available, query_canceled, idle_in_transaction_session_timeout, transaction_timeout.
        "55P03" | "57014" | "25P03" | "25P04" => Class::Outage,
        // read_only_sql_transaction: failed over to a standby that is not promoted yet.
        "25006" => Class::Outage,
        // "no partition of relation found for row", or a row that its partition's bounds do not fit: no constraint has a
        // name there. The partition was taken away after the batch had made sure of it; the next attempt looks again.
        "23514" if constraint.is_none() => Class::Outage,
        // object_in_use: another session holds what we need, and will let it go.
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
                assert_eq!(classify(Some(code), Some("name")), class, "{code}");
            }
        }
        assert_eq!(classify(None, None), Class::Outage);
    }

    #[test]
    fn a_partition_that_is_not_there_is_no_bad_data() {
        assert_eq!(classify(Some("23514"), None), Class::Outage);
        assert_eq!(classify(Some("23505"), None), Class::Data);
    }
}
