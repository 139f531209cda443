"""The corpus is what its table says: so many programs of that size, each with its output, changed as a row says."""

from __future__ import annotations

import json
import random
import re
from pathlib import Path

import pytest

from bench.corpus import __main__ as command
from bench.corpus.measuring import Measured, figures
from bench.corpus.preambles import with_an_unseen_preamble, with_everything
from bench.corpus.programs import EXTENSIONS, SOURCES, never_seen, plain_commands, programs
from bench.corpus.rows import ROWS

COUNTS = {"bash": 8, "cpp": 24, "go": 8, "java": 8, "javascript": 8, "python": 24}
INCLUDES = re.compile(r"^#include <(.+)>", re.MULTILINE)


@pytest.mark.parametrize("language", sorted(COUNTS))
def test_a_language_has_its_programs_of_20_to_80_lines_each_with_an_output(language: str) -> None:
    found = programs(language)
    assert len(found) == COUNTS[language]
    assert {one.name: one.source.count("\n") for one in found if not 20 <= one.source.count("\n") <= 80} == {}
    assert [one.name for one in found if not one.expected.strip()] == []
    assert len({one.source for one in found}) == len(found)


def test_every_file_of_the_corpus_is_a_program_or_its_output() -> None:
    known = {path for language in EXTENSIONS for path in (SOURCES / language).glob(f"*{EXTENSIONS[language]}")}
    known |= {path.with_suffix(".out") for path in known}
    assert {path for path in SOURCES.rglob("*") if path.is_file()} == known


def test_the_cpp_programs_have_the_includes_of_real_ones() -> None:
    sets = [INCLUDES.findall(one.source) for one in programs("cpp")]
    assert all("bits/stdc++.h" not in one for one in sets)
    assert len({one[0] for one in sets}) >= 12
    assert len({tuple(one) for one in sets}) - len({frozenset(one) for one in sets}) == 2, "sets in another order"


@pytest.mark.parametrize("language", sorted(COUNTS))
def test_a_text_that_was_never_seen_differs_in_its_last_line_only(language: str) -> None:
    source = programs(language)[0].source
    one, other = (never_seen(language, source, number) for number in (1, 2))
    assert one != other
    assert one.startswith(source)
    assert other.startswith(source)


def test_everything_replaces_the_includes_where_the_first_one_stood() -> None:
    source = "// a\n#include <stdio.h>\nusing namespace std;\n#include<vector> // b\n  #  include <map>\nint x;\n"
    assert with_everything(source) == "// a\n#include <bits/stdc++.h>\nusing namespace std;\nint x;\n"


def test_an_unseen_preamble_is_another_set_of_headers_each_time_and_the_program_stays() -> None:
    source, chance = programs("cpp")[0].source, random.Random(1)
    changed = [with_an_unseen_preamble(source, chance) for _ in range(200)]
    assert len({frozenset(INCLUDES.findall(one)) for one in changed}) > 190
    assert all(one.endswith(source) for one in changed)


def test_the_plain_tool_gets_the_options_of_the_row() -> None:
    assert plain_commands("cpp", "a.cpp")[0] == ("g++", "-O2", "-std=gnu++20", "-o", "program", "a.cpp")
    assert plain_commands("cpp", "a.cpp", ("-O0",))[0] == ("g++", "-O0", "-o", "program", "a.cpp")
    assert plain_commands("java", "Main.java") == (("javac", "Main.java"), ("java", "Main"))


def test_a_rows_ratio_is_the_median_of_its_programs_ratios() -> None:
    measured = [Measured("a", 100.0, 10.0), Measured("b", 10.0, 20.0), Measured("c", 50.0, 20.0)]
    row = figures(ROWS[0], 3, measured)
    assert (row["ratio"], row["worst"], row["each"]) == (0.4, "b 2.00", {"a": 0.1, "b": 2.0, "c": 0.4})


@pytest.mark.parametrize(
    ("only", "names"),
    [
        (["java"], ["Java"]),
        (["go", "FIRST"], ["Go", "C++, first time"]),
        (["-O2"], ["C++ -O2 -std=gnu++20", "C++ -O2 -std=gnu++17", "C++ <bits/stdc++.h> -O2"]),
        (["cobol"], []),
        ([], [row.name for row in ROWS]),
    ],
)
def test_rows_are_chosen_by_language_or_by_a_part_of_their_names(only: list[str], names: list[str]) -> None:
    assert [row.name for row in command.chosen_rows(only)] == names


def test_rows_that_were_not_measured_now_stay_in_their_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command, "RESULTS", tmp_path)
    kept = [{"row": row.name, "ratio": 1} for row in reversed(ROWS)]
    (tmp_path / "real_programs.json").write_text(json.dumps(kept), encoding="utf-8")
    rows = command.merged([{"row": "Go", "ratio": 2}])
    assert [row["row"] for row in rows] == [row.name for row in ROWS]
    assert {row["row"] for row in rows if row["ratio"] == 2} == {"Go"}
