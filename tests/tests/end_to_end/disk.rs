//! The disk is full: nothing is lost and nothing half done, and once there is room it goes on.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use postgres::error::SqlState;

use musicstream_tests::cluster::Cluster;
use musicstream_tests::data::skip;
use musicstream_tests::database::{Database, connect};
use musicstream_tests::wait::until;
use musicstream_tests::writer::{INBOX_FROM, Writer, assert_exact, put_into_inbox};

const SOON: Duration = Duration::from_secs(120);

/// A file system of so few megabytes, unmounted with this value.
struct SmallDisk(PathBuf);

impl SmallDisk {
    /// Mounts it there, if this machine lets us.
    fn mount(at: &Path, megabytes: u32) -> Result<SmallDisk, String> {
        let options = format!("size={megabytes}m,mode=0700,uid=postgres");
        let mut mount = Command::new("mount");
        mount
            .args(["-t", "tmpfs", "-o", &options, "musicstream"])
            .arg(at);
        match mount.output() {
            Ok(output) if output.status.success() => Ok(SmallDisk(at.to_owned())),
            Ok(output) => Err(String::from_utf8_lossy(&output.stderr).trim().to_owned()),
            Err(error) => Err(error.to_string()),
        }
    }

    fn grow(&self, megabytes: u32) {
        let options = format!("remount,size={megabytes}m");
        let status = Command::new("mount")
            .args(["-o", &options])
            .arg(&self.0)
            .status();
        assert!(
            status.is_ok_and(|status| status.success()),
            "cannot grow the disk"
        );
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // Lazily: the server still has it open.
        let _ = Command::new("umount").arg("--lazy").arg(&self.0).status();
    }
}

#[test]
fn a_full_disk_loses_nothing_and_what_comes_after_is_exact() {
    const NAME: &str = "a_full_disk_loses_nothing_and_what_comes_after_is_exact";
    let cluster = Cluster::start("autovacuum = off");
    let place = cluster.make_folder("small");
    let disk = match SmallDisk::mount(&place, 14) {
        Ok(disk) => disk,
        Err(why) => return skip(NAME, &format!("cannot mount a small file system: {why}")),
    };
    cluster
        .client()
        .batch_execute(&format!(
            "create tablespace small location '{}'",
            place.display()
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
    until(SOON, "the disk to be full six times", || {
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
            // Room for a little more, so that it is full at another step the next time.
            megabytes += 2;
            disk.grow(megabytes);
        }
        (full >= 6).then_some(())
    });
    disk.grow(512);
    // The same sessions go on.
    roller.execute("select musicstream_rollup()", &[]).unwrap();
    writer.store(1000).unwrap();
    let next = assert_exact(&database, Some(inbox));
    assert_eq!(next, writer.next());
    assert!(next > 1000, "something was stored before the disk was full");
}
