-- Notes who was active on which day and where ($1, $2, $3), and their first days.
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
