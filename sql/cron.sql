-- Schedules jobs of pg_cron in this database: musicstream_rollup() every five seconds, musicstream_rollup_listening() every minute.
-- Run it with psql after CREATE EXTENSION pg_musicstream, and again after a restore, as a role that may schedule jobs. Running it
-- twice changes nothing.
create extension if not exists pg_cron;

do $schedule$
declare
    rollup text;
    listening text;
begin
    -- Qualified names, because the search_path of a job may lack the extension's schema.
    select format('%I.musicstream_rollup()', n.nspname), format('%I.musicstream_rollup_listening()', n.nspname)
    into strict rollup, listening
    from pg_extension as e join pg_namespace as n on n.oid = e.extnamespace
    where e.extname = 'pg_musicstream';
    if (select string_to_array(split_part(extversion, '-', 1), '.')::int[] >= array[1, 5]
        from pg_extension where extname = 'pg_cron') then
        perform cron.schedule('musicstream rollup', '5 seconds', 'select ' || rollup);
    else
        -- Before version 1.5 the shortest interval is a minute. So a job rolls up every five seconds for half a minute. The other
        -- half is left to other jobs, which these versions do not start while a job runs.
        perform cron.schedule('musicstream rollup', '* * * * *', format($job$
            do $loop$
            begin
                for run in 1..6 loop
                    perform %s;
                    commit;
                    exit when run = 6;
                    perform pg_sleep(5);
                end loop;
            end
            $loop$
        $job$, rollup));
    end if;
    -- A call counts a limited number of hours. The loop counts the rest of an archive without waiting for the next minute; pg_cron
    -- does not start a job again while it runs. The loop also ends when the number no longer falls: hours of deltas that no
    -- rollup has folded are left each time.
    perform cron.schedule('musicstream listening', '* * * * *', format($job$
        do $loop$
        declare
            waiting bigint;
            last_waiting bigint;
        begin
            loop
                last_waiting := waiting;
                select hours_left into waiting from %s;
                commit;
                exit when waiting = 0 or waiting >= last_waiting;
            end loop;
        end
        $loop$
    $job$, listening));
    -- pg_cron records each run in a row and never deletes any.
    perform cron.schedule('musicstream cron log', '17 * * * *',
        $job$delete from cron.job_run_details where end_time < now() - interval '1 day'$job$);
end
$schedule$;
