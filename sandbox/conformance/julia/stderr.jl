println(stderr, "to standard error")
