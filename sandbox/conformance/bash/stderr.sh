echo 'to standard error' >&2
