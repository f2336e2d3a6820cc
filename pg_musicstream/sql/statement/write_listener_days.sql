-- Records which users were active: $1 days, $2 regions, $3 user_ids. Also moves the first day of these users back where
-- needed.
with added as (
    insert into listener_days (day, region, user_id)
    select * from unnest($1::date[], $2::text[], $3::text[])
    on conflict do nothing
    returning day, user_id
)
insert into listener_first_days as f (user_id, day)
select user_id, min(day)
from added
group by user_id
order by user_id
on conflict (user_id) do update set day = excluded.day where excluded.day < f.day
