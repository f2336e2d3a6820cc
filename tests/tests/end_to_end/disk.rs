//! A full disk: nothing is lost or partly done, and work continues once there is space.

use std::time::Duration;

use postgres::error::SqlState;

use musicstream_tests::cluster::Cluster;
use musicstream_tests::data::skip;
use musicstream_tests::database::{Database, connect};
use musicstream_tests::small_disk::SmallDisk;
use musicstream_tests::wait::until;
use musicstream_tests::writer::{INBOX_FROM, Writer, assert_exact, put_into_inbox};

const TIMEOUT: Duration = Duration::from_secs(120);

#[test]
fn a_full_disk_loses_nothing_and_later_batches_are_exact() {
    const NAME: &str = "a_full_disk_loses_nothing_and_later_batches_are_exact";
    let cluster = Cluster::start("autovacuum = off");
    let mut disk = match SmallDisk::mount(14) {
        Ok(disk) => disk,
        Err(why) => return skip(NAME, &why),
    };
    cluster
        .client()
        .batch_execute(&format!(
            "create tablespace small location '{}'",
            disk.path().display()
        ))
        .unwrap();
    let database = Database::create_in(&cluster.url(), "tablespace small");
    let mut writer = Writer::claim(&database).unwrap();
    let mut roller = connect(&database.ingest_url());
    let mut inbox = INBOX_FROM..INBOX_FROM;
    let mut full = 0;
    let mut megabytes = 14;
    let is_full = |error: postgres::Error, what: &str| {
        assert_eq!(
            error.code(),
            Some(&SqlState::DISK_FULL),
            "{what}: {error:?}"
        );
    };
    until(TIMEOUT, "the disk to be full six times", || {
        let (before, full_before) = (writer.next(), full);
        if let Err(error) = writer.store(1000) {
            is_full(error, "upsert");
            assert_eq!(writer.next(), before);
            full += 1;
        }
        match put_into_inbox(&mut writer.client, inbox.end..inbox.end + 500) {
            Ok(()) => inbox.end += 500,
            Err(error) => {
                is_full(error, "inbox");
                full += 1;
            }
        }
        if let Err(error) = roller.execute("select musicstream_rollup()", &[]) {
            is_full(error, "rollup");
            full += 1;
        }
        if full > full_before {
            // Slightly more space, so that the disk becomes full at another step next time.
            megabytes += 2;
            disk.grow(megabytes);
        }
        (full >= 6).then_some(())
    });
    disk.grow(512);
    // The same sessions continue.
    roller.execute("select musicstream_rollup()", &[]).unwrap();
    writer.store(1000).unwrap();
    let next = assert_exact(&database, Some(inbox));
    assert_eq!(next, writer.next());
    assert!(next > 1000, "events were stored before the disk was full");
}
