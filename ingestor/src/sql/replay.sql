select retried, inserted, duplicate, conflicting, rejected
from musicstream_retry_rejected(reason => $1, source => $2, max_rows => $3)
