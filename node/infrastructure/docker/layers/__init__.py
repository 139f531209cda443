"""Layers of installed packages: the slots in which they are installed, and the volume in which they are kept (ADR
0040)."""
