"""CodeRunner's client: submit snippets, watch them run, take their results."""
