"""Builds the sandbox images, each only when its content has changed."""
