//! The name of a topic in the ledger.

use std::fmt::Write as _;

/// The source of a topic of this cluster.
pub(super) fn source_name(cluster_id: &str, topic: &str) -> String {
    format!("kafka:{cluster_id}/{topic}")
}

/// The source of a topic that was created again under the name of a former one. With the topic id in it, any number of
/// them can follow each other.
pub(super) fn recreated_source_name(source: &str, topic_id: [u8; 16]) -> String {
    let mut name = format!("{source}@");
    for byte in topic_id {
        // Writing to a string does not fail.
        let _ = write!(name, "{byte:02x}");
    }
    name
}

/// Whether the topic id that the ledger holds is that of another topic with the same name. Brokers before 2.8 have no
/// topic ids, and old ledger entries have none either: then the topics count as the same.
pub(super) fn is_other_topic(stored: Option<&[u8]>, topic_id: Option<[u8; 16]>) -> bool {
    match (stored, topic_id) {
        (Some(stored), Some(topic_id)) => stored != topic_id,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_topic_is_another_only_if_both_ids_are_known() {
        let (one, two) = ([1; 16], [2; 16]);
        assert!(is_other_topic(Some(&one), Some(two)));
        assert!(!is_other_topic(Some(&one), Some(one)));
        assert!(!is_other_topic(None, Some(one)));
        assert!(!is_other_topic(Some(&one), None));
        assert_eq!(
            recreated_source_name("kafka:c/t", one),
            format!("kafka:c/t@{}", "01".repeat(16))
        );
    }
}
