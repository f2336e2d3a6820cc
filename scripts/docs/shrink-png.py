#!/usr/bin/env python3
"""Rewrites PNG files of the viewer with a palette of 256 colours, which reduces them to a third of their size.

Usage: shrink-png.py FILE...

The most frequent colours are kept, and those that would change most; each other colour, from antialiased edges, becomes
the nearest of these.
Only the format that the viewer writes is supported: 8 bits per channel, RGB or opaque RGBA, not interlaced.
A file that has a palette is left unchanged.
"""

import collections
import struct
import sys
import zlib

SIGNATURE = b"\x89PNG\r\n\x1a\n"
# Of the 256 colours, how many are chosen by frequency alone.
MOST_FREQUENT = 192


def read_chunks(data):
    at = len(SIGNATURE)
    while at < len(data):
        (length,) = struct.unpack(">I", data[at : at + 4])
        yield data[at + 4 : at + 8], data[at + 8 : at + 8 + length]
        at += 12 + length


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def unfilter(kind, line, above, step):
    """Reverses the PNG filter of one row, in place."""
    for i in range(len(line)):
        left = line[i - step] if i >= step else 0
        corner = above[i - step] if i >= step else 0
        if kind == 1:
            line[i] = (line[i] + left) & 255
        elif kind == 2:
            line[i] = (line[i] + above[i]) & 255
        elif kind == 3:
            line[i] = (line[i] + (left + above[i]) // 2) & 255
        elif kind == 4:
            estimate = left + above[i] - corner
            _, _, nearest = min(
                (abs(estimate - left), 0, left), (abs(estimate - above[i]), 1, above[i]), (abs(estimate - corner), 2, corner)
            )
            line[i] = (line[i] + nearest) & 255


def read_pixels(path):
    """The width and the rows as lists of colours; None if the format is not supported."""
    with open(path, "rb") as file:
        data = file.read()
    chunks = list(read_chunks(data))
    width, height, depth, colour_type, _, _, interlace = struct.unpack(">IIBBBBB", chunks[0][1])
    if depth != 8 or colour_type not in (2, 6) or interlace:
        return None
    step = 3 if colour_type == 2 else 4
    raw = zlib.decompress(b"".join(body for kind, body in chunks if kind == b"IDAT"))
    rows, above = [], bytes(width * step)
    for row in range(height):
        at = row * (width * step + 1)
        line = bytearray(raw[at + 1 : at + 1 + width * step])
        unfilter(raw[at], line, above, step)
        rows.append([bytes(line[i : i + 3]) for i in range(0, len(line), step)])
        above = line
    return width, rows


def distance(a, b):
    return sum((x - y) ** 2 for x, y in zip(a, b))


def choose_palette(counts):
    """The most frequent colours, then those with the largest error over all of their pixels. Frequency alone would drop the
    colour of a small dot, because shades of grey text have more pixels."""
    ranking = [colour for colour, _ in counts.most_common()]
    palette = ranking[:MOST_FREQUENT]
    errors = {colour: min(distance(colour, kept) for kept in palette) for colour in ranking[MOST_FREQUENT:]}
    while errors and len(palette) < 256:
        worst = max(errors, key=lambda colour: errors[colour] * counts[colour])
        del errors[worst]
        palette.append(worst)
        for colour, error in errors.items():
            errors[colour] = min(error, distance(colour, worst))
    return palette


def shrink(path):
    pixels = read_pixels(path)
    if pixels is None:
        return
    width, rows = pixels
    counts = collections.Counter(colour for row in rows for colour in row)
    palette = choose_palette(counts)

    def nearest(colour):
        return min(range(len(palette)), key=lambda i: distance(palette[i], colour))

    index = {colour: i for i, colour in enumerate(palette)}
    index.update((colour, nearest(colour)) for colour in counts if colour not in index)
    raw = b"".join(b"\0" + bytes(index[colour] for colour in row) for row in rows)
    header = struct.pack(">IIBBBBB", width, len(rows), 8, 3, 0, 0, 0)
    with open(path, "wb") as file:
        file.write(SIGNATURE)
        file.write(chunk(b"IHDR", header))
        file.write(chunk(b"PLTE", b"".join(palette)))
        file.write(chunk(b"IDAT", zlib.compress(raw, 9)))
        file.write(chunk(b"IEND", b""))


for path in sys.argv[1:]:
    shrink(path)
