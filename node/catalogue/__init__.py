"""The command ``coderunner-node languages``: the languages that there are, and those that the node serves."""
