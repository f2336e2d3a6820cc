create view accepted_event_types as
select
    event_type,
    coalesce(b.playback, e.playback, 'neither') as playback
from musicstream_internal.builtin_event_types as b
full join event_types as e using (event_type)
where coalesce(e.is_accepted, true);

comment on view accepted_event_types is 'event types whose events are stored: play, pause, stop, and the changes in event_types';
comment on column accepted_event_types.playback is 'what an event of this type does to playback: it starts playback, ends it, or neither';
