select coalesce(sum(pg_relation_size(oid)), 0)::bigint
from pg_class
where relkind = 'r' and relname like 'raw\_events%'
