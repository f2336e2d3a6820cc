select musicstream_advance($1, $2, $3, $4, $5, $6, $7)
