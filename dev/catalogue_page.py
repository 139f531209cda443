"""Writes the table of docs/catalogue.md from the measured figures: ``python -m dev.catalogue_page``."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from typing import Any

from bench.languages import kept
from dev.console import say
from dev.paths import REPOSITORY
from node.domain.language import Language
from node.infrastructure.languages import load_languages
from sandbox import LANGUAGES_DIR

PAGE = REPOSITORY / "docs" / "catalogue.md"
BEGIN = "<!-- The table is written by `make languages`. -->"
END = "<!-- The end of the table. -->"
_HEAD = (
    "| language | task's `language` | version | image MiB | plain ms | here ms | ratio | conformance |\n"
    "| --- | --- | --- | ---: | ---: | ---: | ---: | --- |\n"
)


def page(text: str, languages: Iterable[Language], rows: Mapping[str, Mapping[str, Any]]) -> str:
    """The page with a table of these languages."""
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    lines = [_line(one, rows.get(one.id, {})) for one in sorted(languages, key=lambda one: (_title(one), one.series))]
    return f"{before}{BEGIN}\n{_HEAD}" + "".join(f"{line}\n" for line in lines) + f"{END}{after}"


def write_page() -> None:
    """Renews the page where it has changed."""
    text = PAGE.read_text(encoding="utf-8")
    new = page(text, load_languages(LANGUAGES_DIR), kept())
    if new != text:
        PAGE.write_text(new, encoding="utf-8")
        say(f"wrote {PAGE.relative_to(REPOSITORY)}")


def _title(language: Language) -> str:
    return (language.title or language.name).casefold()


def _line(language: Language, row: Mapping[str, Any]) -> str:
    called = f"`{language.name}`" + (f", `language_version` `{language.series}`" if language.series else "")
    cells = [
        f"{language.title or language.name}{' (default)' if language.default else ''}",
        called,
        *(str(row.get(name, "")) for name in ("version", "image_mib")),
        *(f"{row[name]:.0f}" if name in row else "" for name in ("bare_p50_ms", "ours_p50_ms")),
        f"{row['ratio']:.2f}" if "ratio" in row else "",
        str(row.get("conformance", "")),
    ]
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    write_page()
    sys.exit(0)
