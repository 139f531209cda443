"""Makes the real servers available to every test, marks each with what it needs, and knows the options of ours."""

import os

pytest_plugins = ["tests.servers.fixtures", "tests.servers.needs", "tests.seconds", "tests.thorough"]

os.environ["CODERUNNER_CONFIG"] = ""
"""No client of a test goes where a demo of this checkout, or a user's own file, would send it."""
