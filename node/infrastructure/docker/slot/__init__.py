"""One slot: how its container is defined, made and removed, what it runs, and what the host measures of its memory."""
