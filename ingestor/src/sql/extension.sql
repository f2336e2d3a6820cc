select extversion, to_regprocedure('musicstream_rollup()') is not null as is_visible
from pg_extension
where extname = 'pg_musicstream'
