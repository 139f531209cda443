"""``python -m coderunner`` is ``coderunner``."""

from coderunner.cli.main import main

main()
