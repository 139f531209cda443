def fail():
    raise ValueError("got here")


fail()
