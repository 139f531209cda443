greeting <- function() "Hello from the other file!"
