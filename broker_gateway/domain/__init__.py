"""What the gateway knows without asking anybody: which tasks it admits, where they go, what they may use up."""
