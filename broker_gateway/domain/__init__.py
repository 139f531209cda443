"""The gateway's domain: what it decides without asking anybody, namely which tasks it admits, where they go and what
they may use up."""
