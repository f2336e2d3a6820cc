//! A disk that is full when a test wants it.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use tempfile::TempDir;

use crate::cluster::own;
use crate::wait::until;

/// Longer than it takes to find a moment at which nobody writes.
const SOON: Duration = Duration::from_secs(60);

/// A file system in memory for Postgres's files, unmounted with this value. It takes what is written to it, not its size.
pub struct SmallDisk {
    folder: TempDir,
    megabytes: u32,
}

impl SmallDisk {
    /// Mounts one of so many megabytes, if this machine lets us; else says why not.
    ///
    /// # Errors
    /// The machine does not.
    ///
    /// # Panics
    /// There is no folder for it.
    pub fn mount(megabytes: u32) -> Result<SmallDisk, String> {
        let folder = tempfile::Builder::new()
            .prefix("musicstream-disk-")
            .tempdir()
            .unwrap();
        own(folder.path());
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

    /// Where it is: an empty folder of Postgres's own.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Makes it larger.
    ///
    /// # Panics
    /// The machine does not.
    pub fn grow(&mut self, megabytes: u32) {
        self.megabytes = megabytes;
        assert!(
            self.resize(u64::from(megabytes) << 20),
            "cannot grow the disk"
        );
    }

    /// Leaves no room, whatever is on it.
    ///
    /// # Panics
    /// The machine does not.
    pub fn fill(&self) {
        until(SOON, "the disk to be made full", || {
            // Whoever has written meanwhile makes that fail.
            self.resize(self.used_bytes()?).then_some(())
        });
    }

    /// Gives the room back that [`SmallDisk::fill`] took.
    ///
    /// # Panics
    /// The machine does not.
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
        // Lazily: a server may still have it open.
        let _ = Command::new("umount")
            .arg("--lazy")
            .arg(self.path())
            .status();
    }
}
