-- Whether musicstream_rollup_listening() was ever run here, and how many hours wait for it.
select exists (select from counted_hours) as is_counted,
       (select touched_hours from musicstream_status) as waiting_hours
