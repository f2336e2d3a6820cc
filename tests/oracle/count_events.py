#!/usr/bin/env python3
"""Counts the events of a file by UTC day, event type and region, each event_id once.

Usage: count_events.py csv|eventsim FILE

The oracle of the end-to-end tests, which shares no code with the project. Prints CSV.
"""

import collections
import csv
import sys
from datetime import datetime, timezone

from sources import events_of, is_event


def day_of(ts):
    if isinstance(ts, int):
        time = datetime.fromtimestamp(ts / 1000, timezone.utc)
    else:
        time = datetime.fromisoformat(ts)
        time = time.replace(tzinfo=timezone.utc) if time.tzinfo is None else time.astimezone(timezone.utc)
    return time.date().isoformat()


def main():
    kind, path = sys.argv[1:]
    seen = set()
    counts = collections.Counter()
    for event in events_of(kind, path):
        if event["event_id"] in seen or not is_event(event):
            continue
        seen.add(event["event_id"])
        counts[day_of(event["ts"]), event["event_type"], event["region"]] += 1
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(["day", "event_type", "region", "events"])
    for group, events in sorted(counts.items()):
        writer.writerow([*group, events])


main()
