"""The blog's settings, from the environment."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

ALWAYS_OURS = ("127.0.0.1", "localhost", "[::1]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What may differ from place to place."""

    host: str = "127.0.0.1"
    port: int = 8080
    processes: int = 1
    names: tuple[str, ...] = ALWAYS_OURS
    """The host names it answers under: against a stranger's name that leads to this machine (DNS rebinding)."""
    proxies: str = ""
    """The addresses of proxies whose word on readers' addresses is taken, with commas between."""
    callback_base: str = ""
    """How CodeRunner reaches this blog, without a slash at its end."""
    callback_secrets: tuple[str, ...] = ()
    """By which the gateway signs its callbacks: the one, and the one before it while they change. None: there are no
    callbacks."""
    nats_url: str = ""
    """Of the bus on which the processes tell each other of results; empty: each keeps them to itself."""
    nats_ca: str = ""
    """Whom the bus's certificate must come from: a PEM file."""

    @classmethod
    def of(cls, environment: Mapping[str, str] = os.environ) -> Self:
        """``BLOG_HOST``, ``BLOG_PORT`` and so on; names and secrets with commas between."""
        port = int(environment.get("BLOG_PORT", "8080"))
        host = environment.get("BLOG_HOST", "127.0.0.1")
        return cls(
            host=host,
            port=port,
            processes=int(environment.get("BLOG_PROCESSES", "1")),
            names=(*ALWAYS_OURS, host, *_several(environment.get("BLOG_NAMES", ""))),
            proxies=environment.get("BLOG_PROXIES", ""),
            callback_base=environment.get("BLOG_CALLBACK_BASE", f"http://127.0.0.1:{port}").rstrip("/"),
            callback_secrets=tuple(_several(environment.get("BLOG_CALLBACK_SECRETS", ""))),
            nats_url=environment.get("BLOG_NATS_URL", ""),
            nats_ca=environment.get("BLOG_NATS_CA", ""),
        )


def _several(text: str) -> list[str]:
    return [one.strip() for one in text.split(",") if one.strip()]
