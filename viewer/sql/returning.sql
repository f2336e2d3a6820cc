-- Users by UTC day and region: those whose first day it was, and the others. Exact.
select day,
       region,
       new_listeners,
       returning_listeners
from new_listeners
where day between $1 and $2
