select next_offset, epoch, checksum, leader_epoch from musicstream_claim($1, $2, $3)
