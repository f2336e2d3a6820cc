//! The fingerprint of a file, computed from its first block.

/// Size of the first block, from which the fingerprint is computed.
pub(super) const BLOCK_BYTES: usize = 4 << 10;

use musicstream_event::Format;

/// The fingerprint of a stream that begins with `block` (at most [`BLOCK_BYTES`]; shorter only if the stream is).
///
/// The format is part of it, so that a file that was loaded in the wrong format can be loaded again in the right one.
pub(super) fn of_block(format: Format, block: &[u8]) -> String {
    let mut hash = start(format);
    hash.update(block);
    text(&hash)
}

/// The fingerprints that the same file had while it was shorter than the first block: one for the end of each line beyond
/// the first `after` bytes (the header, which many files have in common). The longest state comes first.
pub(super) fn of_shorter_states(format: Format, block: &[u8], after: usize) -> Vec<String> {
    let mut hash = start(format);
    let mut hashed = 0;
    let mut found = Vec::new();
    let mut ends = Vec::new();
    for newline in memchr::memchr_iter(b'\n', block).filter(|&newline| newline >= after) {
        // The file may have ended without a line end.
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

/// 128 bits: enough to distinguish files, and short enough for the name of a source.
fn text(hash: &blake3::Hasher) -> String {
    hash.finalize().to_hex()[..32].to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_line_end_beyond_the_header_is_a_shorter_state() {
        for (text, header, ends) in [
            ("h\na\nbc\n", 2, &[6, 4, 3][..]),
            ("h\r\na\r\nbc\r\nd", 3, &[10, 9, 8, 6, 5, 4]),
            ("h\n\na\nb", 2, &[5, 4, 3]),
            ("h\r\n\r\na", 3, &[5, 4]),
            ("\na", 0, &[1]),
        ] {
            let block = text.as_bytes();
            let expected: Vec<String> = ends
                .iter()
                .map(|end| of_block(Format::Csv, &block[..*end]))
                .collect();
            let found = of_shorter_states(Format::Csv, block, header);
            assert_eq!(found, expected, "{text:?}");
        }
    }

    #[test]
    fn the_format_is_part_of_the_fingerprint() {
        let of_csv = of_block(Format::Csv, b"x");
        assert_ne!(of_csv, of_block(Format::Ndjson, b"x"));
        assert_eq!(of_csv.len(), 32);
    }
}
