def greeting():
    return "Hello from the other file!"
