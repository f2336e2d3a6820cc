select next_offset, epoch from musicstream_claim($1, $2, $3)
