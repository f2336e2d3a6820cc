"""Reads events from external files, as dictionaries with the fields of the wire format.

CSV: the named columns. NDJSON: the lines that are events; other lines are ignored. eventsim: one JSON object per page view.
NextSong is mapped to play; pages that end listening (Logout, Cancel, Submit Downgrade) to stop; all others, which interrupt
it, to pause. The region is the state of the location (the last word, such as NY-NJ-PA), "unknown" without one. event_id is
the name-based UUID of the line, so a repeated line is a duplicate.
"""

import csv
import json
import re
import uuid
from datetime import datetime

EVENT_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
TS = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?Z")
TEXTS = ("event_id", "user_id", "event_type", "region", "ts")

STOPS = {"Logout", "Cancel", "Cancellation Confirmation", "Submit Downgrade"}


def csv_events(path):
    with open(path, encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


def eventsim_events(path):
    with open(path, encoding="utf-8") as file:
        for line in file:
            view = json.loads(line)
            page = view["page"]
            yield {
                "event_id": str(uuid.uuid5(uuid.NAMESPACE_OID, line)),
                "user_id": view["userId"],
                "event_type": "play" if page == "NextSong" else "stop" if page in STOPS else "pause",
                "region": view.get("location", "unknown").rsplit(", ", 1)[-1],
                "ts": view["ts"],
                "song_id": view.get("song"),
                "device": None,
            }


def ndjson_events(path):
    with open(path, "rb") as file:
        for line in file:
            try:
                event = json.loads(line.decode())
                if not all(isinstance(event[name], str) for name in TEXTS):
                    continue
                if EVENT_ID.fullmatch(event["event_id"]) and TS.fullmatch(event["ts"]):
                    # Python before 3.11 does not parse the Z.
                    ts = datetime.fromisoformat(event["ts"].replace("Z", "+00:00"))
                    yield {"song_id": None, **event, "ts": ts.isoformat()}
            except (ValueError, KeyError, TypeError):
                continue


def is_event(event):
    """Whether the texts are valid in the wire format."""

    def is_id(text, least):
        return least <= len(text.encode()) <= 128 and "\0" not in text

    def is_name(text):
        return 1 <= len(text.encode()) <= 64 and not any(c < " " or c == "\x7f" for c in text)

    return is_id(event["user_id"], 1) and is_id(event["song_id"] or "", 0) and is_name(event["region"])


def events_of(kind, path):
    return {"csv": csv_events, "eventsim": eventsim_events, "ndjson": ndjson_events}[kind](path)
