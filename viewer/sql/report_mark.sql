-- Another number when musicstream_rollup_listening() has run: it counts the hours that waited for it.
select touched_hours as waiting
from musicstream_status
