select next_offset, epoch, owner, checksum from ingest_offsets where source = $1 and partition = $2
