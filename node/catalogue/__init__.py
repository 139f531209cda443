"""The command ``coderunner-node languages``: which languages there are, and which of them this machine's node serves."""
