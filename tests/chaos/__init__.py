"""Faults under load: whatever single part dies, every accepted task ends in exactly one stored result."""
