select next_offset, epoch, owner, source_identity from ingest_offsets where source = $1 and partition = $2
