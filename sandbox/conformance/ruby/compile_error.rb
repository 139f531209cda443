puts "first"

x = (1 + ] # here
