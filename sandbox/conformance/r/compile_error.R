cat("first\n")

x <- (1 + ] # here
