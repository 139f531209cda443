"""``coderunner docs``: the programs of a documentation, run and compared with what it says that they print."""
