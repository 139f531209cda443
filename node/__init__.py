"""The worker daemon: pulls tasks from the bus and runs each in a warm, locked-down container."""
