message("to standard error")
