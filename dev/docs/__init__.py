"""The documentation site: made of docs/, the proto, the SDK's docstrings and the files that pages lead to."""
