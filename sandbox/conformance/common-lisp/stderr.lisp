(write-line "to standard error" *error-output*)
