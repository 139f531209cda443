"""Certificates that a test's server shows, made by OpenSSL."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Certificate:
    """A key and its certificate, which is its own authority; both are PEM files."""

    key: Path
    chain: Path


def make_certificate(directory: Path, name: str = "localhost", subject: str = "") -> Certificate:
    """A certificate for the name, good for a day; ``subject`` in place of the name as its common name."""
    made = Certificate(directory / "key.pem", directory / "chain.pem")
    command = (
        "openssl req -x509 -nodes -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -days 1"
        f" -subj {subject or f'/CN={name}'} -addext subjectAltName=DNS:{name}"
    )
    files = ["-keyout", str(made.key), "-out", str(made.chain)]
    subprocess.run([*command.split(), *files], check=True, capture_output=True)
    return made
