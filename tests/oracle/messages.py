#!/usr/bin/env python3
"""Prints the events of a file as JSON messages, one per line.

Usage: messages.py csv|eventsim FILE
"""

import json
import sys

from sources import events_of

kind, path = sys.argv[1:]
for event in events_of(kind, path):
    print(json.dumps(event, ensure_ascii=False))
