select staged, inserted, duplicate, conflicting, rejected from musicstream_upsert_batch($1)
