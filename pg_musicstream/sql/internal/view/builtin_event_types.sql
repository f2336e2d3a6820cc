create view musicstream_internal.builtin_event_types (event_type, playback) as
values ('play', 'starts'), ('pause', 'ends'), ('stop', 'ends');

comment on view musicstream_internal.builtin_event_types is 'event types that are accepted unless event_types switches them off';
