create function musicstream_internal.count_rejects() returns trigger
    language plpgsql volatile security definer
    set search_path = pg_catalog, musicstream_internal, @extschema@, pg_temp
as $$
begin
    case tg_op
        when 'INSERT' then
            insert into musicstream_internal.reject_counts select reason, count(*) from added group by reason;
        when 'DELETE' then
            insert into musicstream_internal.reject_counts select reason, -count(*) from removed group by reason;
        when 'UPDATE' then
            insert into musicstream_internal.reject_counts
            select reason, sum(rows)
            from (
                select reason, 1 as rows from added
                union all
                select reason, -1 from removed
            ) as changed
            group by reason
            having sum(rows) <> 0;
        when 'TRUNCATE' then
            -- Waits for a rollup that is merging rows: the snapshot of the delete would not show the merged ones.
            lock table only musicstream_internal.reject_counts in share row exclusive mode;
            delete from musicstream_internal.reject_counts;
    end case;
    return null;
end
$$;

comment on function musicstream_internal.count_rejects() is 'trigger function that updates reject_counts on every change of rejected_events';

revoke execute on function musicstream_internal.count_rejects() from public;
