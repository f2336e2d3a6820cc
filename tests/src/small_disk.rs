//! A disk that a test can fill.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use tempfile::TempDir;

use crate::cluster::chown_to_postgres;
use crate::wait::until;

/// Time limit for finding a moment without writes.
const TIMEOUT: Duration = Duration::from_secs(60);

/// A tmpfs for Postgres's files, which is unmounted when this is dropped. It uses as much memory as is written to it.
pub struct SmallDisk {
    folder: TempDir,
    megabytes: u32,
}

impl SmallDisk {
    /// Mounts one of this size in megabytes.
    ///
    /// # Errors
    /// This machine does not allow it; the text has the reason.
    ///
    /// # Panics
    /// No folder can be created for it.
    pub fn mount(megabytes: u32) -> Result<SmallDisk, String> {
        let folder = tempfile::Builder::new()
            .prefix("musicstream-disk-")
            .tempdir()
            .unwrap();
        chown_to_postgres(folder.path());
        let options = format!("size={megabytes}m,mode=0700,uid=postgres");
        let mut mount = Command::new("mount");
        mount
            .args(["-t", "tmpfs", "-o", &options, "musicstream"])
            .arg(folder.path());
        match mount.output() {
            Ok(output) if output.status.success() => Ok(SmallDisk { folder, megabytes }),
            Ok(output) => Err(format!(
                "cannot mount a small file system: {}",
                String::from_utf8_lossy(&output.stderr).trim()
            )),
            Err(error) => Err(format!("cannot mount a small file system: {error}")),
        }
    }

    /// The mount point: an empty folder that Postgres owns.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Enlarges it.
    ///
    /// # Panics
    /// The mount fails.
    pub fn grow(&mut self, megabytes: u32) {
        self.megabytes = megabytes;
        assert!(
            self.resize(u64::from(megabytes) << 20),
            "cannot grow the disk"
        );
    }

    /// Shrinks it to the used size, so that it is full.
    ///
    /// # Panics
    /// The mount fails.
    pub fn fill(&self) {
        until(TIMEOUT, "the disk to be made full", || {
            // Fails if something was written meanwhile.
            self.resize(self.used_bytes()?).then_some(())
        });
    }

    /// Restores the size before [`SmallDisk::fill`].
    ///
    /// # Panics
    /// The mount fails.
    pub fn clear(&self) {
        let bytes = u64::from(self.megabytes) << 20;
        assert!(self.resize(bytes), "cannot make room on the disk");
    }

    fn used_bytes(&self) -> Option<u64> {
        let mut stat = Command::new("stat");
        stat.args(["--file-system", "--format", "%b %f %S"]);
        let output = stat.arg(self.path()).output().ok()?;
        let text = String::from_utf8(output.stdout).ok()?;
        let mut numbers = text.split_whitespace().map(str::parse::<u64>);
        let mut next = || numbers.next()?.ok();
        let (all, free, block) = (next()?, next()?, next()?);
        Some((all - free) * block)
    }

    fn resize(&self, bytes: u64) -> bool {
        let options = format!("remount,size={bytes}");
        let output = Command::new("mount")
            .args(["-o", &options])
            .arg(self.path())
            .output();
        output.is_ok_and(|output| output.status.success())
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // Lazily, because a server may still have files open.
        let _ = Command::new("umount")
            .arg("--lazy")
            .arg(self.path())
            .status();
    }
}
