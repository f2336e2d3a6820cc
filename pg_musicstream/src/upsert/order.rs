//! How a batch is inserted follows from the order of its event_ids.

/// How the event_ids of a batch's storable rows follow one another as they lie in the staging table. A writer that sorts
/// them does not decide it alone: a row that is short enough may go into a gap that a longer one left on an earlier page.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Order {
    #[default]
    Ascending,
    /// Anyhow, but each once.
    Unordered,
    /// One comes at least twice.
    Repeated,
}

impl Order {
    /// Of these event_ids, as they lie.
    pub(crate) fn of(mut ids: Vec<[u8; 16]>) -> Order {
        if ids.is_sorted_by(|id, next| id < next) {
            return Order::Ascending;
        }
        ids.sort_unstable();
        if ids.windows(2).any(|pair| pair[0] == pair[1]) {
            Order::Repeated
        } else {
            Order::Unordered
        }
    }

    /// The statement for a batch of which nothing is stored yet.
    pub(crate) fn insert_new(self) -> String {
        let statement = include_str!("../../sql/statement/insert.sql");
        match self {
            Order::Ascending => statement.to_owned(),
            Order::Unordered => with_part(statement, "unordered"),
            Order::Repeated => with_part(&with_part(statement, "repeated"), "repeated"),
        }
    }

    /// The statement for any batch.
    pub(crate) fn insert_missing(self) -> String {
        with_part(&self.insert_new(), "known")
    }
}

/// Takes the first part of this name out of its comment.
fn with_part(statement: &str, name: &str) -> String {
    statement
        .split_once(&format!("/* {name}: "))
        .and_then(|(before, rest)| Some((before, rest.split_once(" */")?)))
        .map_or(statement.to_owned(), |(before, (part, after))| {
            [before, part, after].concat()
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(ids: &[u8]) -> Order {
        Order::of(ids.iter().map(|&id| [id; 16]).collect())
    }

    #[test]
    fn an_id_that_comes_twice_is_seen_wherever_it_lies() {
        assert_eq!(of(&[]), Order::Ascending);
        assert_eq!(of(&[1, 2, 9]), Order::Ascending);
        assert_eq!(of(&[1, 9, 2]), Order::Unordered);
        assert_eq!(of(&[1, 2, 2]), Order::Repeated);
        assert_eq!(of(&[2, 1, 3, 2]), Order::Repeated);
    }

    /// Without comments, in one line.
    fn words(statement: &str) -> String {
        let mut text = statement
            .lines()
            .filter(|line| !line.starts_with("--"))
            .collect::<Vec<_>>()
            .join(" ");
        while let Some((before, rest)) = text.split_once("/*") {
            let after = rest.split_once("*/").map_or("", |(_, after)| after);
            text = format!("{before}{after}");
        }
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn a_statement_has_the_parts_that_its_batch_needs_and_no_others() {
        let columns = "event_id, user_id, event_type, region, ts, song_id, device";
        let insert = format!("insert into raw_events ({columns}) select");
        let from = format!("{columns} from pg_temp.staging_batch");
        let returning = "returning ts, event_type, region, user_id, event_id";
        let known = "on conflict do nothing";
        for (order, distinct, sorted) in [
            (Order::Ascending, "", ""),
            (Order::Unordered, "", " order by event_id"),
            (
                Order::Repeated,
                " distinct on (event_id)",
                " order by event_id, partition, position",
            ),
        ] {
            assert_eq!(
                words(&order.insert_new()),
                format!("{insert}{distinct} {from}{sorted} {returning}")
            );
            assert_eq!(
                words(&order.insert_missing()),
                format!("{insert}{distinct} {from}{sorted} {known} {returning}")
            );
        }
    }
}
