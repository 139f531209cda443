println("first")

x = (1 + ] # here
