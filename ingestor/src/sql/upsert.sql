select staged, inserted, duplicate, conflicting, rejected from musicstream_upsert($1)
