#!/usr/bin/env python3
"""Counts the listening in a file: plays, streams, skips, seconds and sessions, who listened, and what.

Usage: listening.py csv|eventsim|ndjson FILE [--zone ZONE]... [--without-user USER]...

The oracle of the listening tests, which shares no code with the project and processes each user's events one by one. Prints
one JSON object of tables; a table is an array of rows. Seconds are decimal text, exact to the microsecond.
"""

import argparse
import collections
import functools
import json
import sys
import uuid
from datetime import date, datetime, timedelta, timezone
from types import SimpleNamespace
from zoneinfo import ZoneInfo

from sources import events_of, is_event

SECOND = 1_000_000
RULES = SimpleNamespace(max_listen=900 * SECOND, stream_after=30 * SECOND, session_gap=1800 * SECOND)
QUARTER = 15 * 60 * SECOND
EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
STARTS = {"play": True, "pause": False, "stop": False}

Event = collections.namedtuple("Event", "ts starts event_id region song")
Play = collections.namedtuple("Play", "ts length is_ended region song parts")


def micros_of(ts):
    if isinstance(ts, int):
        return ts * 1000
    time = datetime.fromisoformat(ts)
    if time.tzinfo is None:
        time = time.replace(tzinfo=timezone.utc)
    return (time - EPOCH) // timedelta(microseconds=1)


def users_of(kind, path, without):
    """The events of each user, each once, in order. Types that neither start nor end playback are ignored."""
    users = collections.defaultdict(list)
    seen = set()
    for event in events_of(kind, path):
        if not is_event(event):
            continue
        event_id = uuid.UUID(event["event_id"]).int
        if event_id in seen or str(event["user_id"]) in without or event["event_type"] not in STARTS:
            continue
        seen.add(event_id)
        starts = STARTS[event["event_type"]]
        song = event.get("song_id")
        users[str(event["user_id"])].append(
            Event(micros_of(event["ts"]), starts, event_id, event["region"], None if song in (None, "") else str(song))
        )
    for events in users.values():
        events.sort(key=lambda event: event[:3])
    return users


def plays_of(events, rules):
    for event, following in zip(events, [*events[1:], None]):
        if event.starts:
            length = None if following is None else following.ts - event.ts
            is_ended = length is not None and length <= rules.max_listen
            length = length if is_ended else rules.max_listen
            yield Play(event.ts, length, is_ended, event.region, event.song, list(parts_of(event.ts, event.ts + length)))


def sessions_of(events, rules):
    """The first event of each session."""
    before = None
    for event in events:
        if before is None or event.ts - before > rules.session_gap:
            yield event
        before = event.ts


def parts_of(start, end):
    """The time of a play, divided among quarters of an hour."""
    while start < end:
        border = (start // QUARTER + 1) * QUARTER
        yield start, min(end, border) - start
        start = border


class Numbers:
    def __init__(self):
        self.plays = self.streams = self.skips = self.micros = self.sessions = 0

    def start(self, play, rules):
        self.plays += 1
        self.streams += play.length >= rules.stream_after
        self.skips += play.is_ended and play.length < rules.stream_after

    def seconds(self):
        return f"{self.micros // SECOND}.{self.micros % SECOND:06}"

    def row(self):
        return [self.plays, self.streams, self.skips, self.seconds(), self.sessions]


def played_by(users, rules):
    """All plays, and the first events of all sessions."""
    plays = [play for events in users.values() for play in plays_of(events, rules)]
    return plays, [first for events in users.values() for first in sessions_of(events, rules)]


def spans(played, rules, name_of):
    """The numbers by span and region; name_of maps an instant to its span."""
    plays, sessions = played
    table = collections.defaultdict(Numbers)
    for play in plays:
        table[name_of(play.ts), play.region].start(play, rules)
        for ts, micros in play.parts:
            table[name_of(ts), play.region].micros += micros
    for first in sessions:
        table[name_of(first.ts), first.region].sessions += 1
    return [[*key, *numbers.row()] for key, numbers in sorted(table.items())]


def songs(played, rules):
    plays, _ = played
    table = collections.defaultdict(Numbers)
    for play in plays:
        if play.song is None:
            continue
        table[utc_day(play.ts), play.region, play.song].start(play, rules)
        for ts, micros in play.parts:
            table[utc_day(ts), play.region, play.song].micros += micros
    return [[*key, *numbers.row()[:4]] for key, numbers in sorted(table.items())]


def time_of(ts):
    return EPOCH + timedelta(microseconds=ts)


def by_quarter(name_of):
    """Names a span once per quarter of an hour instead of once per event: spans of all zones begin with a quarter."""
    name_of_quarter = functools.cache(name_of)
    return lambda ts: name_of_quarter(ts // QUARTER * QUARTER)


@by_quarter
def utc_day(ts):
    return time_of(ts).date().isoformat()


def span_of(length):
    return by_quarter(lambda ts: time_of(ts // length * length).strftime("%Y-%m-%dT%H:%M:%SZ"))


def day_in(zone):
    zone = ZoneInfo(zone)
    return by_quarter(lambda ts: time_of(ts).astimezone(zone).date().isoformat())


def shifted(day, days):
    return (date.fromisoformat(day) + timedelta(days)).isoformat()


def who_listened(users):
    """The users of each (day, region), the days of each user, and the first of these."""
    active = collections.defaultdict(set)
    days = collections.defaultdict(set)
    for user, events in users.items():
        for event in events:
            day = utc_day(event.ts)
            active[day, event.region].add(user)
            days[user].add(day)
    return active, days, {user: min(days) for user, days in days.items()}


def listeners(active):
    """Distinct users of each day, and of the 7 and 28 days up to it, by region."""
    table = []
    for day, region in sorted(active):
        row = []
        for length in (1, 7, 28):
            among = (active.get((shifted(day, -back), region), set()) for back in range(length))
            row.append(len(set().union(*among)))
        table.append([day, region, *row])
    return table


def newcomers(active, first):
    table = []
    for (day, region), users in sorted(active.items()):
        new = sum(first[user] == day for user in users)
        table.append([day, region, new, len(users) - new])
    return table


def retention(active, days, first):
    table = []
    for (day, region), users in sorted(active.items()):
        new = [user for user in users if first[user] == day]
        if new:
            back = [sum(shifted(day, after) in days[user] for user in new) for after in (1, 7, 28)]
            table.append([day, region, len(new), *back])
    return table


def arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("kind")
    parser.add_argument("file")
    parser.add_argument("--zone", action="append", default=[])
    parser.add_argument("--without-user", action="append", default=[])
    return parser.parse_args()


def main():
    options = arguments()
    users = users_of(options.kind, options.file, set(options.without_user))
    played = played_by(users, RULES)
    active, days, first = who_listened(users)

    def numbers_by(name_of):
        return spans(played, RULES, name_of)

    tables = {
        "quarters": numbers_by(span_of(QUARTER)),
        "hours": numbers_by(span_of(4 * QUARTER)),
        "days": numbers_by(utc_day),
        "days_at": {zone: numbers_by(day_in(zone)) for zone in options.zone},
        "songs": songs(played, RULES),
        "active_listeners": listeners(active),
        "new_listeners": newcomers(active, first),
        "retention": retention(active, days, first),
    }
    # Several times faster than json.dump().
    sys.stdout.write(json.dumps(tables, ensure_ascii=False))


if __name__ == "__main__":
    main()
