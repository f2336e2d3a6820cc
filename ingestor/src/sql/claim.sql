select next_offset, epoch, checksum from musicstream_claim($1, $2, $3)
