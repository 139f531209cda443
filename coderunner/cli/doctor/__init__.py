"""``coderunner doctor``: every part, what is wrong with it, and the command that mends it."""
