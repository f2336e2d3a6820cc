-- Zones to choose from: places, and UTC; not each place a second and third time under names of another order.
select name
from pg_timezone_names
where name ~ '^(Africa|America|Antarctica|Arctic|Asia|Atlantic|Australia|Europe|Indian|Pacific)/' or name = 'UTC'
order by name
