//! Which rows of a batch may be inserted, and in which order, follows from their event_ids.

use std::fmt;

/// Where a row lies in the staging table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Place {
    pub(crate) block: u32,
    pub(crate) offset: u16,
}

/// As Postgres writes a tid.
impl fmt::Display for Place {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "\"({},{})\"", self.block, self.offset)
    }
}

/// A storable row. Ordered by event_id, then by arrival.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Staged {
    pub(crate) id: [u8; 16],
    pub(crate) partition: i32,
    pub(crate) position: i64,
    pub(crate) place: Place,
    /// The start of its UTC day.
    pub(crate) day: i64,
}

/// The storable rows of a batch.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Rows {
    /// Of each event_id the row that came first.
    pub(crate) firsts: Vec<Staged>,
    /// All others.
    pub(crate) repeats: Vec<Staged>,
    /// Whether they lie in the order of their ids. A writer that sorts them does not decide it alone: a row that is short
    /// enough may go into a gap that a longer one left on an earlier page.
    pub(crate) is_sorted: bool,
}

impl Rows {
    /// Of these rows, as they lie.
    pub(crate) fn of(mut rows: Vec<Staged>) -> Rows {
        let is_sorted = rows.is_sorted_by_key(|row| row.id);
        if is_sorted && rows.windows(2).all(|pair| pair[0].id != pair[1].id) {
            return Rows {
                firsts: rows,
                repeats: Vec::new(),
                is_sorted,
            };
        }
        rows.sort_unstable();
        let mut repeats = Vec::new();
        rows.dedup_by(|row, first| {
            let is_repeat = row.id == first.id;
            if is_repeat {
                repeats.push(*row);
            }
            is_repeat
        });
        Rows {
            firsts: rows,
            repeats,
            is_sorted,
        }
    }
}

/// The statement that inserts all but the rows at these places. It raises unique_violation if one is stored, unless
/// `some_are_known`.
pub(crate) fn insert(is_sorted: bool, skipped: &[Place], some_are_known: bool) -> String {
    let mut statement = include_str!("../../sql/statement/insert.sql").to_owned();
    if !skipped.is_empty() {
        let places: Vec<String> = skipped.iter().map(Place::to_string).collect();
        statement = with_part(&statement, "skipped").replacen(
            "'{}'",
            &format!("'{{{}}}'", places.join(",")),
            1,
        );
    }
    if !is_sorted {
        statement = with_part(&statement, "unordered");
    }
    if some_are_known {
        statement = with_part(&statement, "known");
    }
    statement
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

    /// Rows with these ids that came in the order of these positions.
    fn rows(ids_and_positions: &[(u8, i64)]) -> Vec<Staged> {
        (1..)
            .zip(ids_and_positions)
            .map(|(offset, &(id, position))| Staged {
                id: [id; 16],
                partition: 0,
                position,
                place: Place { block: 0, offset },
                day: 0,
            })
            .collect()
    }

    /// Ids that come first, with their positions; offsets of the others; whether they are sorted.
    fn of(ids_and_positions: &[(u8, i64)]) -> (Vec<(u8, i64)>, Vec<u16>, bool) {
        let rows = Rows::of(rows(ids_and_positions));
        let firsts = rows.firsts.iter().map(|row| (row.id[0], row.position));
        let repeats = rows.repeats.iter().map(|row| row.place.offset);
        (firsts.collect(), repeats.collect(), rows.is_sorted)
    }

    #[test]
    fn an_id_that_comes_twice_is_seen_wherever_it_lies_and_the_first_arrival_wins() {
        assert_eq!(of(&[]), (vec![], vec![], true));
        assert_eq!(of(&[(1, 5), (2, 4)]), (vec![(1, 5), (2, 4)], vec![], true));
        assert_eq!(of(&[(2, 5), (1, 4)]), (vec![(1, 4), (2, 5)], vec![], false));
        assert_eq!(
            of(&[(1, 5), (2, 9), (2, 4)]),
            (vec![(1, 5), (2, 4)], vec![2], true)
        );
        assert_eq!(
            of(&[(2, 7), (1, 4), (2, 8), (3, 1), (2, 6)]),
            (vec![(1, 4), (2, 6), (3, 1)], vec![1, 3], false)
        );
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
        let values =
            "event_id, user_id, event_type, region, ts, nullif(song_id, ''), nullif(device, '')";
        let places = [(0, 1), (7, 12)].map(|(block, offset)| Place { block, offset });
        let skip = r#" where ctid not in (select unnest('{"(0,1)","(7,12)"}'::tid[]))"#;
        for (is_sorted, order) in [(true, ""), (false, " order by event_id")] {
            for (skipped, where_) in [(&places[..0], ""), (&places[..], skip)] {
                for (some_are_known, known) in [(false, ""), (true, " on conflict do nothing")] {
                    assert_eq!(
                        words(&insert(is_sorted, skipped, some_are_known)),
                        format!(
                            "insert into raw_events ({columns}) select {values} from pg_temp.staging_batch{where_}{order}{known} returning ts, event_type, region, user_id, event_id"
                        )
                    );
                }
            }
        }
    }
}
