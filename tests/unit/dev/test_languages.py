"""What ``make languages`` writes and counts."""

from __future__ import annotations

import dataclasses
from xml.etree import ElementTree

from bench.languages import plain, text_of
from dev import languages as work
from dev.catalogue_page import BEGIN, END, PAGE, page
from dev.demo import SAMPLES, programs
from node.infrastructure.languages import load_languages
from sandbox import LANGUAGES_DIR
from tests.builders import CPP, PYTHON

ROW = {"version": "3.13.5", "image_mib": 108, "bare_p50_ms": 16.9, "ours_p50_ms": 4.2, "ratio": 0.247}
DEFAULT = dataclasses.replace(PYTHON, title="Python", default=True)


def test_the_table_has_a_line_for_each_language_and_leaves_the_rest_of_the_page_alone() -> None:
    old = dataclasses.replace(PYTHON, title="Python", series="3.11")
    rows = {"python": {**ROW, "conformance": "11 passed"}}
    written = page(f"before {BEGIN} stale {END} after", [old, DEFAULT, CPP], rows)
    assert written.startswith("before ")
    assert written.endswith(" after")
    assert "stale" not in written
    assert written.splitlines()[3:6] == [
        "| cpp | `cpp` |  |  |  |  |  |  |",
        "| Python (default) | `python` | 3.13.5 | 108 | 17 | 4 | 0.25 | 11 passed |",
        "| Python | `python`, `language_version` `3.11` |  |  |  |  |  |  |",
    ]


def test_the_shipped_page_has_every_language_of_the_catalogue() -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert all(f"`{one.name}`" in text for one in load_languages(LANGUAGES_DIR)), "run `python -m dev.catalogue_page`"


def test_the_demo_has_a_program_for_each_default_language() -> None:
    assert set(programs()) == {one.name for one in load_languages(LANGUAGES_DIR) if one.default}
    assert all((SAMPLES / file).exists() for file in programs().values())


def test_a_report_of_pytest_is_told_in_words() -> None:
    report = ElementTree.fromstring(
        '<testsuites><testsuite tests="14" failures="1" errors="1" skipped="2"/></testsuites>'
    )
    assert work._words(report) == "10 passed, 2 failed, 2 left out"
    assert work._words(ElementTree.fromstring("<testsuites/>")) == "failed: nothing was run"


def test_the_plain_commands_are_those_of_the_language_file_without_what_is_ours() -> None:
    rust = dataclasses.replace(CPP, name="rust")
    assert rust.compile is not None
    assert plain(rust, "main.rs")[0][-1] == "main.rs"
    assert not any("{" in element for command in plain(rust, "main.rs") for element in command)
    assert plain(CPP, "main.cpp")[0][0] == "g++"


def test_no_two_texts_of_a_sample_are_alike() -> None:
    language = dataclasses.replace(PYTHON, sample="print(1)\n")
    assert len({text_of(language, number) for number in range(20)}) == 20
