-- Keys and payloads name users: only some roles may see them.
select has_column_privilege('rejected_events', 'payload', 'select')
    and has_column_privilege('rejected_events', 'key', 'select') as may_see_bytes
