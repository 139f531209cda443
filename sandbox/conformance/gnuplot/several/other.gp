greeting = "Hello from the other file!"
