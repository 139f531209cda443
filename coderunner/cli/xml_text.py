"""Text as XML may hold it."""

from __future__ import annotations

import re

_NO_XML = re.compile("[^\\t\\n\\r\\x20-\\ud7ff\\ue000-\\ufffd\\U00010000-\\U0010ffff]")


def xml_text(text: str) -> str:
    """The text without what XML 1.0 has no characters for."""
    return _NO_XML.sub("\ufffd", text)
