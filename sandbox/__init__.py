"""The product that lives in images: language definitions, images, the seccomp profile; and where they are found."""

from __future__ import annotations

from pathlib import Path

_HERE = Path(__file__).resolve().parent

LANGUAGES_DIR = _HERE / "languages"
"""One TOML file for each language."""
IMAGES_DIR = _HERE / "images"
"""One folder with a Dockerfile for each image."""
SECCOMP_PATH = _HERE / "seccomp.json"
"""The system calls that a slot's processes may make."""
CONFORMANCE_DIR = _HERE / "conformance"
"""One folder with small programs for each language, which behave alike in all of them."""
