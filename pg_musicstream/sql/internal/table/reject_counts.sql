-- Writers only append rows, so they do not wait for one another; rollups merge the rows. Not dumped, because restoring
-- rejected_events counts its rows again.
create table musicstream_internal.reject_counts (
    reason text not null,
    rejected bigint not null
);

comment on table musicstream_internal.reject_counts is 'number of rows in rejected_events by reason: the sum over the rows of a reason';

-- As for staging_events: rows are deleted without a key.
alter table musicstream_internal.reject_counts replica identity full;

create trigger count_added after insert on rejected_events
    referencing new table as added
    for each statement execute function musicstream_internal.count_rejects();

create trigger count_removed after delete on rejected_events
    referencing old table as removed
    for each statement execute function musicstream_internal.count_rejects();

create trigger count_changed after update on rejected_events
    referencing old table as removed new table as added
    for each statement execute function musicstream_internal.count_rejects();

create trigger count_none after truncate on rejected_events
    for each statement execute function musicstream_internal.count_rejects();

comment on trigger count_added on rejected_events is 'counts inserted rows';
comment on trigger count_removed on rejected_events is 'counts deleted rows';
comment on trigger count_changed on rejected_events is 'counts changes of the reason';
comment on trigger count_none on rejected_events is 'resets the counts';
