//! Listening: the numbers of `musicstream_rollup_listening()` equal a query over all events after any change of the events.

mod blocks;
pub(crate) mod change;
pub(crate) mod frozen;
pub(crate) mod rule;

use musicstream_tests::batch::store;
use musicstream_tests::database::value;
use musicstream_tests::listening::roll_up_listening;
use postgres::Client;

/// Rolls up, counts all touched hours, and checks with `musicstream_verify()`.
fn count(client: &mut Client) {
    roll_up_listening(client);
    let differences: Vec<String> = value(
        client,
        "select coalesce(array_agg(to_jsonb(v)::text), '{}') from musicstream_verify() as v",
        &[],
    );
    assert!(differences.is_empty(), "{differences:#?}");
}

/// Day, region, plays, streams, skips, listening_seconds and sessions, as text.
fn days(client: &mut Client) -> Vec<String> {
    let rows = client
        .query(
            "select concat_ws(' ', day, region, plays, streams, skips, trim_scale(listening_seconds), sessions)
            from daily_listening order by day, region",
            &[],
        )
        .unwrap();
    rows.iter().map(|row| row.get(0)).collect()
}

fn must_store(client: &mut Client, values: &str) {
    let outcome = store(client, "kafka:a/t", values).unwrap();
    assert_eq!(outcome.rejected + outcome.conflicting, 0, "{outcome:?}");
}
