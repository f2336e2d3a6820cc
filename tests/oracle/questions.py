#!/usr/bin/env python3
"""Computes the results of sql/examples from a file of events, with the rules of listening.py.

Usage: questions.py FILE

Prints one JSON object with the rows of each example, for the dates in its query. Monthly listeners are exact here.
"""

import collections
import json
import sys
from datetime import date, timedelta

from listening import RULES, SECOND, listeners, played_by, retention, songs, spans, users_of, utc_day, who_listened


def micros(seconds):
    whole, fraction = seconds.split(".")
    return int(whole) * SECOND + int(fraction)


def rounded(dividend, divisor):
    """Rounds half up to one decimal."""
    tenths = (20 * dividend + divisor) // (2 * divisor)
    return f"{tenths // 10}.{tenths % 10}"


def between(table, first, last):
    return [row for row in table if first <= row[0] <= last]


def hours_by_week(days):
    weeks = collections.Counter()
    for day, region, *_, seconds, _ in between(days, "2026-03-02", "2026-03-29"):
        day = date.fromisoformat(day)
        weeks[(day - timedelta(day.weekday())).isoformat(), region] += micros(seconds)
    hours = sorted((week, -listened, region) for (week, region), listened in weeks.items())
    return [[week, region, rounded(-listened, 3600 * SECOND), True] for week, listened, region in hours]


def skip_rate_by_region(days):
    regions = collections.defaultdict(lambda: [0, 0, 0])
    for _, region, plays, streams, skips, *_ in between(days, "2026-03-01", "2026-03-31"):
        regions[region] = [a + b for a, b in zip(regions[region], [plays, streams, skips])]
    rows = [[r, p, rounded(100 * sk, p), rounded(100 * st, p)] for r, (p, st, sk) in regions.items()]
    return sorted(rows, key=lambda row: (-float(row[2]), row[0]))


def top_songs_of_a_week(table):
    found = collections.defaultdict(lambda: [0, 0, 0, 0])
    for _, _, song, plays, streams, skips, seconds in between(table, "2026-03-02", "2026-03-08"):
        found[song] = [a + b for a, b in zip(found[song], [plays, streams, skips, micros(seconds)])]
    best = sorted(found.items(), key=lambda item: (-item[1][1], -item[1][3], item[0].encode()))[:10]
    return [[rank, song, st, p, rounded(100 * sk, p)] for rank, (song, (p, st, sk, _)) in enumerate(best, 1)]


def retention_of_a_cohort(table):
    regions = collections.defaultdict(lambda: [0, 0, 0, 0])
    for _, region, *numbers in between(table, "2026-03-02", "2026-03-08"):
        regions[region] = [a + b for a, b in zip(regions[region], numbers)]
    return [[r, new, *(rounded(100 * n, new) for n in back)] for r, (new, *back) in sorted(regions.items())]


def main():
    users = users_of("ndjson", sys.argv[1], set())
    active, days_of_users, first = who_listened(users)
    played = played_by(users, RULES)
    days = spans(played, RULES, utc_day)
    answers = {
        "hours_by_week": hours_by_week(days),
        "skip_rate_by_region": skip_rate_by_region(days),
        "monthly_listeners": [row for row in listeners(active) if row[0] == "2026-03-28"],
        "top_songs_of_a_week": top_songs_of_a_week(songs(played, RULES)),
        "retention_of_a_cohort": retention_of_a_cohort(retention(active, days_of_users, first)),
    }
    json.dump(answers, sys.stdout)


if __name__ == "__main__":
    main()
