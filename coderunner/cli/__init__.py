"""The ``coderunner`` command."""
