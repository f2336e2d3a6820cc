//! Listeners of frozen days.

use postgres::Client;

use musicstream_tests::database::{Database, value};

use super::{count, must_store};

fn listeners(client: &mut Client) -> Vec<String> {
    value(
        client,
        "select array_agg(concat_ws(' ', n.day, n.region, n.new_listeners, n.returning_listeners,
            'day 1:', coalesce(r.day_1::text, '-'), 'day 7:', coalesce(r.day_7::text, '-'), 'day 28:', coalesce(r.day_28::text, '-')
        ) order by n.day, n.region)
        from new_listeners as n left join listener_retention as r using (day, region)",
        &[],
    )
}

#[test]
pub(crate) fn numbers_of_frozen_days_stay_without_user_names() {
    let database = Database::without_coming_days();
    let mut client = database.client();
    must_store(
        &mut client,
        "(0, 1, 1, 'ada', 'play', 'eu', '2026-01-01T12:00Z'), (0, 2, 2, 'bob', 'play', 'eu', '2026-01-01T12:00Z'),
         (0, 3, 3, 'bob', 'stop', 'us', '2026-01-01T13:00Z'), (0, 4, 4, 'ada', 'play', 'eu', '2026-01-02T12:00Z'),
         (0, 5, 5, 'ada', 'play', 'us', '2026-01-08T12:00Z'), (0, 6, 6, 'ada', 'play', 'eu', '2026-01-29T12:00Z'),
         (0, 7, 7, 'cem', 'play', 'eu', '2026-02-10T12:00Z')",
    );
    count(&mut client);
    let before = listeners(&mut client);
    assert_eq!(
        before,
        [
            "2026-01-01 eu 2 0 day 1: 1 day 7: 1 day 28: 1",
            "2026-01-01 us 1 0 day 1: 0 day 7: 0 day 28: 0",
            "2026-01-02 eu 0 1 day 1: - day 7: - day 28: -",
            "2026-01-08 us 0 1 day 1: - day 7: - day 28: -",
            "2026-01-29 eu 0 1 day 1: - day 7: - day 28: -",
            "2026-02-10 eu 1 0 day 1: - day 7: - day 28: -",
        ]
    );
    // 30 January is the last day whose numbers depend on 2 January.
    client
        .batch_execute("select musicstream_expire(now() - '2026-01-31Z')")
        .unwrap();
    assert_eq!(listeners(&mut client), before);
    let named: Vec<String> = value(
        &mut client,
        "select array_agg(day::text order by day) from listener_days",
        &[],
    );
    assert_eq!(named, ["2026-01-08", "2026-01-29", "2026-02-10"]);
    client
        .batch_execute("select musicstream_expire(now() - '2026-02-10Z')")
        .unwrap();
    assert_eq!(listeners(&mut client), before);
    count(&mut client);

    client
        .batch_execute("select musicstream_forget_user('ada')")
        .unwrap();
    count(&mut client);
    let after: Vec<String> = before
        .into_iter()
        .filter(|line| !line.starts_with("2026-01-29"))
        .collect();
    assert_eq!(
        listeners(&mut client),
        after,
        "only numbers of the newest frozen days, which still have user ids, change"
    );
}

/// If listening is never counted, rollups merge touched hours, and lose none.
#[test]
fn touched_hours_are_merged() {
    let database = Database::without_coming_days();
    let mut client = database.client();
    must_store(
        &mut client,
        "(0, 1, 1, 'ada', 'play', 'eu', '2026-03-01T12:00Z'), (0, 2, 2, 'ada', 'play', 'eu', '2026-03-02T12:00Z')",
    );
    count(&mut client);
    client
        .batch_execute(
            "delete from raw_events where event_id = lpad('1', 32, '0')::uuid;
             insert into touched_hours
             select '2026-03-01Z'::timestamptz + n % 10 * interval '1 hour', n = 7 from generate_series(1, 20001) as n",
        )
        .unwrap();
    client.batch_execute("select musicstream_rollup()").unwrap();
    let left: Vec<String> = value(
        &mut client,
        "select array_agg(concat_ws(' ', to_char(hour at time zone 'UTC', 'HH24'), has_removals) order by hour) from touched_hours",
        &[],
    );
    let expected: Vec<String> = (0..10)
        .map(|hour| format!("{hour:02} {}", if hour == 7 { "t" } else { "f" }))
        .collect();
    assert_eq!(left, expected);
}
