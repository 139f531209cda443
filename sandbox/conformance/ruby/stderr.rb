warn "to standard error"
