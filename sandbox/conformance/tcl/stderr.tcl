puts stderr "to standard error"
