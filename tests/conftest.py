"""Makes the real servers available to every test, and marks each test with what it needs."""

pytest_plugins = ["tests.servers.fixtures", "tests.servers.needs"]
