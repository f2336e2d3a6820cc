-- Whether musicstream_rollup_listening() was ever run here, and how many hours wait for it; 100000: as many, or more.
select exists (select from counted_hours) as is_counted,
       (select count(distinct hour) from (select hour from touched_hours limit 100000) as waiting) as waiting_hours
