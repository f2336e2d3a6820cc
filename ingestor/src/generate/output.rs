//! Files and standard output as targets.

use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

const BUFFER_BYTES: usize = 256 << 10;
const GZIP_LEVEL: u32 = 3;
const ZSTD_LEVEL: i32 = 3;

/// A stream of lines to a file or to standard output.
pub(super) struct Output {
    buffer: Vec<u8>,
    packer: Packer,
    partial: Option<Partial>,
}

enum Packer {
    Plain(Box<dyn Write + Send>),
    Gzip(flate2::write::GzEncoder<File>),
    Zstd(zstd::Encoder<'static, File>),
    File(File),
}

/// A file that is not complete; it gets its name when it is, and is removed if it never is.
struct Partial {
    at: PathBuf,
    name: PathBuf,
}

impl Drop for Partial {
    fn drop(&mut self) {
        // A complete file has moved away already.
        drop(std::fs::remove_file(&self.at));
    }
}

impl Output {
    pub(super) fn to_stdout() -> Output {
        Output::over(Packer::Plain(Box::new(io::stdout())), None)
    }

    /// Writes to a file, packed if its name ends in `.gz` or `.zst`. A device or pipe is written to directly.
    pub(super) fn to_file(path: &Path) -> io::Result<Output> {
        let is_special =
            std::fs::metadata(path).is_ok_and(|metadata| !metadata.is_file() && !metadata.is_dir());
        if is_special {
            return Ok(Output::over(
                Packer::File(File::options().write(true).open(path)?),
                None,
            ));
        }
        let file_name = path
            .file_name()
            .ok_or_else(|| io::Error::other("it does not name a file"))?;
        let mut partial_name = std::ffi::OsString::from(".");
        partial_name.push(file_name);
        partial_name.push(format!(".partial-{}", std::process::id()));
        let partial = Partial {
            at: path.with_file_name(partial_name),
            name: path.to_owned(),
        };
        let file = File::create(&partial.at)?;
        let packer = match path.extension().and_then(|extension| extension.to_str()) {
            Some("gz") => Packer::Gzip(
                flate2::GzBuilder::new().write(file, flate2::Compression::new(GZIP_LEVEL)),
            ),
            Some("zst") => Packer::Zstd(zstd::Encoder::new(file, ZSTD_LEVEL)?),
            _ => Packer::File(file),
        };
        Ok(Output::over(packer, Some(partial)))
    }

    fn over(packer: Packer, partial: Option<Partial>) -> Output {
        Output {
            buffer: Vec::with_capacity(BUFFER_BYTES * 2),
            packer,
            partial,
        }
    }

    pub(super) fn put(&mut self, record: &[u8]) -> io::Result<()> {
        self.buffer.extend_from_slice(record);
        self.buffer.push(b'\n');
        if self.buffer.len() >= BUFFER_BYTES {
            self.pass_on()
        } else {
            Ok(())
        }
    }

    /// Lets a reader at the other end see what was put.
    pub(super) fn flush(&mut self) -> io::Result<()> {
        self.pass_on()?;
        match &mut self.packer {
            Packer::Plain(stream) => stream.flush(),
            // A packed stream would pack worse, and nobody reads a file that has no name yet.
            Packer::Gzip(_) | Packer::Zstd(_) | Packer::File(_) => Ok(()),
        }
    }

    fn pass_on(&mut self) -> io::Result<()> {
        match &mut self.packer {
            Packer::Plain(stream) => stream.write_all(&self.buffer)?,
            Packer::Gzip(stream) => stream.write_all(&self.buffer)?,
            Packer::Zstd(stream) => stream.write_all(&self.buffer)?,
            Packer::File(file) => file.write_all(&self.buffer)?,
        }
        self.buffer.clear();
        Ok(())
    }

    /// Completes the file: only now it has its name.
    pub(super) fn finish(mut self) -> io::Result<()> {
        self.flush()?;
        let file = match self.packer {
            Packer::Plain(_) => return Ok(()),
            Packer::Gzip(stream) => stream.finish()?,
            Packer::Zstd(stream) => stream.finish()?,
            Packer::File(file) => file,
        };
        if let Some(partial) = &self.partial {
            file.sync_all()?;
            std::fs::rename(&partial.at, &partial.name)?;
        }
        Ok(())
    }
}
