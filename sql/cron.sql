-- Runs musicstream_rollup() every five seconds and musicstream_rollup_listening() every minute in this database, by pg_cron.
-- To be run by psql after CREATE EXTENSION pg_musicstream, as a role that may schedule jobs; run again, it changes nothing.
create extension if not exists pg_cron;

do $schedule$
declare
    rollup text;
    listening text;
begin
    -- The job's session may not have the extension's schema in its search_path.
    select format('%I.musicstream_rollup()', n.nspname), format('%I.musicstream_rollup_listening()', n.nspname)
    into strict rollup, listening
    from pg_extension as e join pg_namespace as n on n.oid = e.extnamespace
    where e.extname = 'pg_musicstream';
    if (select string_to_array(split_part(extversion, '-', 1), '.')::int[] >= array[1, 5]
        from pg_extension where extname = 'pg_cron') then
        perform cron.schedule('musicstream rollup', '5 seconds', 'select ' || rollup);
    else
        -- Before 1.5 a minute is the shortest step: each run commits every five seconds for half a minute, and leaves the
        -- other half to other jobs, which these versions do not start meanwhile.
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
    -- Each call counts some hours. What an archive left is counted without a wait between them; pg_cron starts no second run
    -- meanwhile.
    perform cron.schedule('musicstream listening', '* * * * *', format($job$
        do $loop$
        declare
            waiting bigint;
        begin
            loop
                select hours_left into waiting from %s;
                commit;
                exit when waiting = 0;
            end loop;
        end
        $loop$
    $job$, listening));
    -- pg_cron keeps one row a run for ever unless told otherwise.
    perform cron.schedule('musicstream cron log', '17 * * * *',
        $job$delete from cron.job_run_details where end_time < now() - interval '1 day'$job$);
end
$schedule$;
