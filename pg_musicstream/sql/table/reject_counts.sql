-- Rows are only appended, so that writers do not wait for one another; the rollup sums them up. Not dumped: restoring
-- rejected_events counts them again.
create table reject_counts (
    reason text not null,
    rejected bigint not null
);

comment on table reject_counts is 'what is in rejected_events, by reason: the sum over the rows of a reason';

-- As of staging_events, and for the same reason.
alter table reject_counts replica identity full;

create function musicstream_count_rejects() returns trigger
    language plpgsql volatile security definer
    set search_path = pg_catalog, @extschema@, pg_temp
as $$
begin
    case tg_op
        when 'INSERT' then
            insert into @extschema@.reject_counts select reason, count(*) from added group by reason;
        when 'DELETE' then
            insert into @extschema@.reject_counts select reason, -count(*) from removed group by reason;
        when 'UPDATE' then
            insert into @extschema@.reject_counts
            select reason, sum(rows)
            from (
                select reason, 1 as rows from added
                union all
                select reason, -1 from removed
            ) as changed
            group by reason
            having sum(rows) <> 0;
        when 'TRUNCATE' then
            delete from @extschema@.reject_counts;
    end case;
    return null;
end
$$;

comment on function musicstream_count_rejects() is 'keeps reject_counts in step with rejected_events, whoever changes it';

revoke execute on function musicstream_count_rejects() from public;

create trigger count_added after insert on rejected_events
    referencing new table as added
    for each statement execute function musicstream_count_rejects();

create trigger count_removed after delete on rejected_events
    referencing old table as removed
    for each statement execute function musicstream_count_rejects();

create trigger count_changed after update on rejected_events
    referencing old table as removed new table as added
    for each statement execute function musicstream_count_rejects();

create trigger count_none after truncate on rejected_events
    for each statement execute function musicstream_count_rejects();

comment on trigger count_added on rejected_events is 'counts what was rejected';
comment on trigger count_removed on rejected_events is 'counts what was taken away';
comment on trigger count_changed on rejected_events is 'counts what got another reason';
comment on trigger count_none on rejected_events is 'counts nothing';
