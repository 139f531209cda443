"""Makes the real servers available to every test, marks each test with what it needs, and knows ``--fakes``."""

pytest_plugins = ["tests.servers.fixtures", "tests.servers.needs"]
