"""Makes the real servers available to every test."""

pytest_plugins = ["tests.servers.fixtures"]
