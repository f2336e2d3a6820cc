//! What the database lacks is named: the extension, a right, a function of a newer version.

use super::{Database, feed_of, play, plays, problem, wait_for};
use musicstream_viewer::{data::Request, source::problem::Problem};
use postgres::{Client, NoTls};

#[test]
fn what_is_missing_is_named() {
    let Some(database) = Database::fresh("what_is_missing_is_named") else {
        return;
    };
    assert_eq!(
        problem(&database.feed()),
        Problem::NoExtension { available: true }
    );

    let mut client = database.client();
    client
        .batch_execute(
            "create view live_daily_metrics as select current_date as day;
                          create view musicstream_status as select 1 as revision",
        )
        .unwrap();
    assert!(matches!(
        problem(&database.feed()),
        Problem::OtherVersion { found: None, .. }
    ));

    let nowhere = format!("{}_not_there", database.url());
    let feed = feed_of(&nowhere);
    assert!(matches!(problem(&feed), Problem::NoDatabase(_)));

    let feed = feed_of("postgresql://ana@127.0.0.1:1/music");
    assert!(matches!(problem(&feed), Problem::NoServer(_)));
}

#[test]
fn a_role_without_rights_is_told_so() {
    let Some(database) = Database::fresh("a_role_without_rights") else {
        return;
    };
    let mut client = database.client();
    let role = format!("{}_reader", database.name);
    client
        .batch_execute(&format!(
            "create extension pg_musicstream; create role {role} login password 'right'"
        ))
        .unwrap();
    let url = |password: &str| {
        let url = database.url();
        let (_, rest) = url.rsplit_once('@').unwrap();
        format!("postgresql://{role}:{password}@{rest}")
    };
    let feed = |password| feed_of(&url(password));
    assert!(matches!(problem(&feed("right")), Problem::NoPrivilege(_)));
    // Where the server trusts everybody, no password can be wrong.
    if Client::connect(&url("wrong"), NoTls).is_err() {
        assert!(matches!(problem(&feed("wrong")), Problem::WrongPassword(_)));
    }
    client.batch_execute(&format!("drop role {role}")).unwrap();
}

#[test]
fn an_older_extension_still_works_without_what_it_lacks() {
    let Some(database) = Database::fresh("an_older_extension") else {
        return;
    };
    let mut client = database.client();
    client
        .batch_execute(
            "create extension pg_musicstream;
             alter extension pg_musicstream drop function daily_metrics_at(text, date, date);
             drop function daily_metrics_at(text, date, date);
             alter extension pg_musicstream drop function musicstream_listeners(date, date, text[]);
             drop function musicstream_listeners(date, date, text[])",
        )
        .unwrap();
    play(&mut client, "EU", 3);
    let feed = database.feed();
    wait_for("three plays", || plays(&feed) == 3);
    feed.request(Request {
        zone: "Europe/Berlin".into(),
        minutes: Some(60),
        ..Request::default()
    });
    wait_for("minutes", || feed.latest().extras.minutes.is_some());
    let latest = feed.latest();
    assert!(latest.can.version.is_some());
    assert_eq!(
        (latest.can.minutes, latest.can.zones, latest.can.listeners),
        (true, false, false)
    );
    assert_eq!(latest.data.unwrap().zone.name, "UTC");
}
