[here
