//! Writes records to a file or to standard output.

use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

const BUFFER_BYTES: usize = 256 << 10;
const GZIP_LEVEL: u32 = 3;
const ZSTD_LEVEL: i32 = 3;

/// Records as lines of a file or of standard output, compressed if the file's name ends in `.gz` or `.zst`.
pub struct Output {
    buffer: Vec<u8>,
    target: Target,
    partial: Option<Partial>,
}

enum Target {
    Plain(Box<dyn Write + Send>),
    Gzip(flate2::write::GzEncoder<File>),
    Zstd(zstd::Encoder<'static, File>),
    File(File),
}

/// An incomplete file. It is renamed once it is complete, and removed otherwise.
struct Partial {
    at: PathBuf,
    name: PathBuf,
}

impl Drop for Partial {
    fn drop(&mut self) {
        // A complete file has been renamed: then this fails.
        drop(std::fs::remove_file(&self.at));
    }
}

impl Output {
    /// Writes to standard output.
    pub fn to_stdout() -> Output {
        Output::over(Target::Plain(Box::new(io::stdout())), None)
    }

    /// Writes to a file, compressed if its name ends in `.gz` or `.zst`. A device or pipe is written to directly.
    ///
    /// # Errors
    /// The file cannot be created.
    pub fn to_file(path: &Path) -> io::Result<Output> {
        let is_special =
            std::fs::metadata(path).is_ok_and(|metadata| !metadata.is_file() && !metadata.is_dir());
        if is_special {
            return Ok(Output::over(
                Target::File(File::options().write(true).open(path)?),
                None,
            ));
        }
        let file_name = path
            .file_name()
            .ok_or_else(|| io::Error::other("the path does not name a file"))?;
        let mut partial_name = std::ffi::OsString::from(".");
        partial_name.push(file_name);
        partial_name.push(format!(".partial-{}", std::process::id()));
        let partial = Partial {
            at: path.with_file_name(partial_name),
            name: path.to_owned(),
        };
        let file = File::create(&partial.at)?;
        let target = match path.extension().and_then(|extension| extension.to_str()) {
            Some("gz") => Target::Gzip(
                flate2::GzBuilder::new().write(file, flate2::Compression::new(GZIP_LEVEL)),
            ),
            Some("zst") => Target::Zstd(zstd::Encoder::new(file, ZSTD_LEVEL)?),
            _ => Target::File(file),
        };
        Ok(Output::over(target, Some(partial)))
    }

    /// Whether this is a file, which gets its name once it is complete; false for a device or pipe.
    pub fn is_file(&self) -> bool {
        self.partial.is_some()
    }

    fn over(target: Target, partial: Option<Partial>) -> Output {
        Output {
            buffer: Vec::with_capacity(BUFFER_BYTES * 2),
            target,
            partial,
        }
    }

    /// Adds a record and a line end.
    ///
    /// # Errors
    /// The target cannot be written to.
    pub fn put(&mut self, record: &[u8]) -> io::Result<()> {
        self.buffer.extend_from_slice(record);
        self.buffer.push(b'\n');
        if self.buffer.len() >= BUFFER_BYTES {
            self.write_buffer()
        } else {
            Ok(())
        }
    }

    /// Writes the buffered records, so that a reader of a pipe sees them.
    ///
    /// # Errors
    /// The target cannot be written to.
    pub fn flush(&mut self) -> io::Result<()> {
        self.write_buffer()?;
        match &mut self.target {
            Target::Plain(stream) => stream.flush(),
            // Flushing would cost compression, and an incomplete file has no reader.
            Target::Gzip(_) | Target::Zstd(_) | Target::File(_) => Ok(()),
        }
    }

    fn write_buffer(&mut self) -> io::Result<()> {
        match &mut self.target {
            Target::Plain(stream) => stream.write_all(&self.buffer)?,
            Target::Gzip(stream) => stream.write_all(&self.buffer)?,
            Target::Zstd(stream) => stream.write_all(&self.buffer)?,
            Target::File(file) => file.write_all(&self.buffer)?,
        }
        self.buffer.clear();
        Ok(())
    }

    /// Completes the file and gives it its name.
    ///
    /// # Errors
    /// The rest cannot be written, or the file cannot be renamed.
    pub fn finish(mut self) -> io::Result<()> {
        self.flush()?;
        let file = match self.target {
            Target::Plain(_) => return Ok(()),
            Target::Gzip(stream) => stream.finish()?,
            Target::Zstd(stream) => stream.finish()?,
            Target::File(file) => file,
        };
        if let Some(partial) = &self.partial {
            file.sync_all()?;
            std::fs::rename(&partial.at, &partial.name)?;
        }
        Ok(())
    }
}
