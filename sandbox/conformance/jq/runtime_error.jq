error("got here")
