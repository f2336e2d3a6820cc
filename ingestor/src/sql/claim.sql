select next_offset, epoch, source_identity, leader_epoch from musicstream_claim($1, $2, $3)
