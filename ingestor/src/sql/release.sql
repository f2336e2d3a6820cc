select musicstream_release($1, $2, $3)
