"""A blog whose code samples run."""
