"""The API of Judge0 CE 1.13.1: its submissions are our tasks. What it has and we have not is refused in its words, and
listed in docs/dialects.md."""
