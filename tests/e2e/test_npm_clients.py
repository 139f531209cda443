"""Clients that others have published on npm, against a gateway that speaks what they speak."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

from dev.npm import node_program, npm

PISTON_CLIENT = """
import piston from 'piston-client';
const client = piston({ server: process.argv[2] });
const runtimes = await client.runtimes();
console.log(JSON.stringify([runtimes.map(({ language }) => language), await client.execute('python', 'print(1)')]));
"""


def test_npms_piston_client_finds_the_runtimes_and_is_refused_as_by_piston(http_url: str, tmp_path: Path) -> None:
    """It does not say that it sends JSON, which Piston itself asks for before it looks at anything."""
    npm("install", "piston-client@1.0.2", folder=tmp_path)
    (tmp_path / "asks.mjs").write_text(PISTON_CLIENT, encoding="utf-8")
    command = [str(node_program()), "asks.mjs", http_url]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True, timeout=60)
    languages, answer = json.loads(done.stdout)
    assert {"python", "cpp"} <= set(languages)
    assert answer == {"message": "requests must be of type application/json"}
