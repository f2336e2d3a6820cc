lock table only raw_events in share row exclusive mode
