-- Another number when musicstream_rollup_listening() has run: hours that wait for it leave touched_hours.
select count(*) as waiting
from (select from touched_hours limit 100000) as waiting
