(display "to standard error\n" (current-error-port))
