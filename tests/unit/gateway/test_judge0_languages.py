"""Judge0's languages are those of the catalogue, wherever it has one that runs their programs alike."""

from __future__ import annotations

import tomllib

from broker_gateway.interfaces.http.judge0.languages import LANGUAGES
from dev.paths import REPOSITORY

OF_NOBODY = {"swift", "fsharp"}
"""What an operator may add; no image of it is shipped."""
NOTHING_OF_OURS = {
    *("Plain Text", "Executable", "Basic (FBC 1.07.1)", "Python (2.7.17)", "C (Clang 7.0.1)", "C++ (Clang 7.0.1)"),
    *("Objective-C (Clang 7.0.1)", "Visual Basic.Net (vbnc 0.0.0.5943)"),
}


def test_what_a_language_is_called_here_is_in_the_catalogue() -> None:
    files = [tomllib.loads(one.read_text()) for one in (REPOSITORY / "sandbox" / "languages").glob("*.toml")]
    shipped = {name for one in files for name in (one["name"], *one.get("aliases", ()))}
    assert {one.ours for one in LANGUAGES if one.ours} - shipped == OF_NOBODY
    assert {one.name for one in LANGUAGES if not one.ours} == NOTHING_OF_OURS
