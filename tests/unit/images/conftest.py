"""The image builder is a program beside the images, not an installed package: found by its directory."""

from __future__ import annotations

import sys
from pathlib import Path

IMAGES = Path(__file__).resolve().parents[3] / "deploy" / "images"
sys.path.insert(0, str(IMAGES))
