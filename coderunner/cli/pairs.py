"""NAME=VALUE on the command line."""

from __future__ import annotations

from collections.abc import Sequence

import click


def pairs(ctx: click.Context, param: click.Parameter, texts: Sequence[str]) -> dict[str, str]:
    """A click callback for an option that may be repeated; the last of a name wins."""
    found = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals or not name:
            raise click.BadParameter(f"{text!r} is not NAME=VALUE", ctx, param)
        found[name] = value
    return found
