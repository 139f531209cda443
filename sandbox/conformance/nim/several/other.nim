proc greeting*(): string = "Hello from the other file!"
