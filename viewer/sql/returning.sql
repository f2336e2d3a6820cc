-- Users by UTC day and region: new ones, whose first day it was, and returning ones. Exact.
select day,
       region,
       new_listeners,
       returning_listeners
from new_listeners
where day between $1 and $2
