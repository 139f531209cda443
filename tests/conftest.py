"""Makes the real servers available to every test, and ``--fakes``, which leaves them out."""

pytest_plugins = ["tests.servers.fixtures", "tests.servers.fakes_only"]
