"""Options of the form NAME=VALUE."""

from __future__ import annotations

from collections.abc import Sequence

import click


def name_values(ctx: click.Context, param: click.Parameter, texts: Sequence[str]) -> dict[str, str]:
    """The click callback of an option NAME=VALUE that may be repeated; the last of a name wins."""
    found = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals or not name:
            raise click.BadParameter(f"{text!r} is not NAME=VALUE", ctx, param)
        found[name] = value
    return found
