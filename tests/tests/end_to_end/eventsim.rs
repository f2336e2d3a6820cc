//! Page views of an external generator, mapped to events, through Kafka.

use musicstream_tests::count::counted_by_python;
use musicstream_tests::data;
use musicstream_tests::database::Database;
use musicstream_tests::oracle::{assert_counts, assert_stored, next_offsets};
use musicstream_tests::pipeline::{assert_rejects_are_what_was_sent, messages, stream_to_end};
use musicstream_tests::process::Summary;
use musicstream_tests::topic::{Record, Topic};

#[test]
fn page_views_give_the_same_counts_as_an_independent_program() {
    let Some(file) = data::find(
        "page_views_give_the_same_counts_as_an_independent_program",
        "eventsim_2026/sample_message.ndjson",
    ) else {
        return;
    };
    let expected = counted_by_python("eventsim", &file);
    let distinct: i64 = expected.values().sum();
    let records = messages("eventsim", &file, 2);
    // Users that are not logged in have an empty user_id, which counts as absent.
    let lacks_user = |record: &Record| {
        let event = String::from_utf8_lossy(record.payload.as_deref().unwrap());
        event.contains(r#""user_id": """#)
    };
    let rejected = records.iter().filter(|record| lacks_user(record)).count() as i64;
    assert!(rejected > 20, "the sample contains views without a user");

    let topic = Topic::create("eventsim", 2);
    let database = Database::create();
    let mut client = database.client();
    let sent = topic.send(records);
    let summary = stream_to_end(&database, &topic);
    let read = sent.len() as i64;
    assert_eq!(
        summary,
        Summary {
            read,
            inserted: distinct,
            duplicate: read - distinct - rejected,
            conflicting: 0,
            rejected
        }
    );
    assert_stored(&mut client, summary);
    assert_counts(&mut client, &expected);
    for (partition, position) in assert_rejects_are_what_was_sent(&mut client, &sent) {
        let record = sent
            .iter()
            .find(|record| (record.partition, record.offset) == (partition, position));
        assert!(lacks_user(record.unwrap()), "rejected: {record:?}");
    }
    assert_eq!(next_offsets(&mut client), topic.ends());
}
