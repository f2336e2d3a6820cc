-- Distinct listeners of the regions $2 (null: all) together, on the UTC day $1, in the 7 and the 28 days up to it; and the
-- same a week, a week and four weeks before.
select musicstream_listeners($1, $1, $2) as day_1,
       musicstream_listeners($1 - 6, $1, $2) as days_7,
       musicstream_listeners($1 - 27, $1, $2) as days_28,
       musicstream_listeners($1 - 7, $1 - 7, $2) as day_1_before,
       musicstream_listeners($1 - 13, $1 - 7, $2) as days_7_before,
       musicstream_listeners($1 - 55, $1 - 28, $2) as days_28_before
