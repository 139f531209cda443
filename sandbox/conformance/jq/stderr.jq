"to standard error\n" | stderr | empty
