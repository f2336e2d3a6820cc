//! Which file this is, told from its first block.

/// The first block: as much of the stream as names the file.
pub(super) const BLOCK_BYTES: usize = 4 << 10;

use musicstream_event::Format;

/// The fingerprint of a stream that begins with `block` (at most [`BLOCK_BYTES`]; shorter only if the stream is).
///
/// The format is part of it: a file that was loaded in the wrong format can be loaded again in the right one.
pub(super) fn of_block(format: Format, block: &[u8]) -> String {
    let mut hash = start(format);
    hash.update(block);
    text(&hash)
}

/// The fingerprints that the same file had when it still ended within its first block, after one of the lines beyond
/// the first `after` bytes (the header: it alone does not name a file); the longest first.
pub(super) fn of_shorter_states(format: Format, block: &[u8], after: usize) -> Vec<String> {
    let mut hash = start(format);
    let mut hashed = 0;
    let mut found = Vec::new();
    let mut ends = Vec::new();
    for newline in memchr::memchr_iter(b'\n', block).filter(|&newline| newline >= after) {
        // The file may have ended without its last line end.
        if newline > after && block[newline - 1] == b'\r' {
            ends.push(newline - 1);
        }
        ends.extend([newline, newline + 1]);
    }
    for end in ends
        .into_iter()
        .filter(|&end| end < block.len() && end > after)
    {
        hash.update(&block[hashed..end]);
        hashed = end;
        found.push(text(&hash));
    }
    found.reverse();
    found
}

fn start(format: Format) -> blake3::Hasher {
    let mut hash = blake3::Hasher::new();
    hash.update(match format {
        Format::Csv => b"csv\n",
        Format::Ndjson => b"ndjson\n",
    });
    hash
}

/// 128 bits are plenty to tell files apart, and keep the source's name readable.
fn text(hash: &blake3::Hasher) -> String {
    hash.finalize().to_hex()[..32].to_owned()
}
