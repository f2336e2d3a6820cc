-- Distinct listeners over days: of all, of the complete ones, and of those that the complete ones are compared with.
select musicstream_listeners($1, $2, $5) as listeners,
       case when $3::date is not null then musicstream_listeners($1, $3, $5) end as complete,
       case when $3::date is not null then musicstream_listeners($1 - $4::integer, $3 - $4, $5) end as before
