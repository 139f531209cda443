"""Language files: what they may say, and that what they say wrong is told with the file's name."""

from __future__ import annotations

from pathlib import Path

import pytest

from node.infrastructure.languages import LanguageFileError, load_language, load_languages

SMALL = """
name = "tiny"
image = "tiny/image"
source_name = "main.tiny"
version_command = ["tiny", "-v"]
version_pattern = 'v(\\d+)'
memory_overhead_mib = 3

[run]
command = ["tiny", "{entry}"]
"""

COMPILED = """
[compile]
command = ["tinyc", "{sources}"]
sources = ["*.tiny"]
artefacts = ["program"]
memory_mib = 2
output_kib = 5
options_allowed = ['-O[0-3]']

[warm]
kind = "prestart"
command = ["tiny", "--wait"]
env_at_start = true

[stack_dump]
signal = "SIGQUIT"
stream = "stderr"
begin = "quit"
frame = '^(?P<file>\\w+):(?P<line>\\d+)$'
running = 'runs'

[[rules]]
id = "tiny-evil"
pattern = '\\bevil\\b'
message = "is evil"
"""


def write(folder: Path, text: str, name: str = "tiny.toml") -> Path:
    (folder / name).write_text(text)
    return folder / name


def test_a_small_file_takes_the_domains_defaults(tmp_path: Path) -> None:
    language = load_language(write(tmp_path, SMALL))
    assert (language.name, language.run_command) == ("tiny", ("tiny", "{entry}"))
    assert language.memory_overhead_bytes == 3 << 20
    assert (language.compile, language.warm, language.aliases, language.rules) == (None, None, (), ())


def test_stages_and_rules_are_read_and_sizes_become_bytes(tmp_path: Path) -> None:
    language = load_language(write(tmp_path, SMALL + COMPILED))
    assert language.compile is not None
    assert (language.compile.memory_bytes, language.compile.output_bytes) == (2 << 20, 5 << 10)
    assert language.compile.wall_ms == 30_000
    assert language.warm is not None
    assert language.warm.env_at_start
    assert [rule.id for rule in language.rules] == ["tiny-evil"]
    assert language.stack_dump is not None
    assert (language.stack_dump.signal, language.stack_dump.running) == (3, "runs")


PACKAGES = """
[packages]
kind = "pypi"
image = "installer"
command = ["install", "{layer}", "{places}", "{packages}"]
env = { TINY_PATH = "{layer}" }
compile_env = { TINY_LIBRARY = "{layer}" }
links = { tiny_modules = "{layer}/modules" }
disk_mib = 7
requests = 9
"""


def test_what_installs_packages_is_read(tmp_path: Path) -> None:
    rule = load_language(write(tmp_path, SMALL + PACKAGES)).packages
    assert rule is not None
    assert (rule.kind, rule.image, rule.disk_bytes, rule.files) == ("pypi", "installer", 7 << 20, 30_000)
    assert rule.requests == 9
    assert (rule.compile_env, rule.links) == ({"TINY_LIBRARY": "{layer}"}, {"tiny_modules": "{layer}/modules"})


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (("pypi", "cargo"), "'cargo' is none of: maven, npm, pypi"),
        (("tiny_modules", '"../x"'), "'../x' is no name"),
        (("tiny_modules", '"task-1"'), "'task-1' is no name"),
    ],
)
def test_packages_are_of_a_known_kind_and_their_links_beside_programs(
    tmp_path: Path, change: tuple[str, str], complaint: str
) -> None:
    with pytest.raises(LanguageFileError, match=complaint):
        load_language(write(tmp_path, SMALL + COMPILED + PACKAGES.replace(*change)))


def test_a_compiler_finds_packages_in_one_way_or_another(tmp_path: Path) -> None:
    neither = "".join(line for line in PACKAGES.splitlines(True) if not line.startswith(("compile_env", "links")))
    with pytest.raises(LanguageFileError, match=r"compile.command has no .layer_option."):
        load_language(write(tmp_path, SMALL + COMPILED + neither))


def test_programs_and_tests_find_packages_in_one_way_or_another(tmp_path: Path) -> None:
    neither = "".join(line for line in PACKAGES.splitlines(True) if not line.startswith(("env", "links")))
    with pytest.raises(LanguageFileError, match=r"run.command has no .layer_option."):
        load_language(write(tmp_path, SMALL + neither))
    by_option = SMALL.replace('"{entry}"', '"{layer_option}", "{entry}"') + neither
    assert load_language(write(tmp_path, by_option)).packages is not None
    with pytest.raises(LanguageFileError, match=r"tests.tried.command has no .layer_option."):
        load_language(write(tmp_path, by_option + '[tests.tried]\ncommand = ["try"]\n'))


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (("name =", "nmae ="), "nmae|name"),
        (('name = "tiny"', 'name = "ti.ny"'), "letters, digits"),
        (('name = "tiny"', 'name = "tiny"\nseries = "3/1"'), "series"),
        (('name = "tiny"', 'name = "tiny"\nseries = "3"\naliases = ["t"]'), "without a series"),
        (('name = "tiny"', 'name = "tiny"\ndefault = "yes"'), "default"),
        (('name = "tiny"', 'name = "tiny"\neditor_mode = "a b"'), "editor_mode"),
        (('name = "tiny"', 'name = "tiny"\ntitle = "a\\nb"'), "printable"),
        (('name = "tiny"', 'name = "tiny"\nsample = "a\\u001b[2J"'), "printable"),
        (('name = "tiny"', f'name = "tiny"\nsample = "{"a" * 1001}"'), "sample"),
        (('command = ["tiny", "{entry}"]', 'command = "tiny {entry}"'), "run.command"),
        (('command = ["tiny", "{entry}"]', "command = []"), "must not be empty"),
        (("v(\\d+)", "v\\d+"), "needs a group"),
        (("v(\\d+)", "v(\\d+"), "unterminated|missing"),
        (('kind = "prestart"', 'kind = "hot"'), "warm.kind"),
        (("\\bevil\\b", "evil("), "missing"),
        (("\\bevil\\b", "(?<!not)evil"), r"RE2 does not take the pattern '\(\?<!not\)evil': "),
        (("\\bevil\\b", r"(.)\1"), "RE2 does not take"),
        (("-O[0-3]", "-O["), "missing"),
        (("memory_mib = 2", "memory_gib = 2"), "memory_gib"),
        (("env_at_start = true", "env_at_stop = true"), "env_at_stop"),
        (("SIGQUIT", "QUIT"), "'QUIT' is no signal"),
        (('stream = "stderr"', 'stream = "both"'), "both"),
        (('begin = "quit"', 'begin = ""'), "length"),
        (("<line>", "<row>"), "lacks the groups line"),
        (("'runs'", "'runs('"), "missing"),
        (('message = "is evil"', 'massage = "is evil"'), "message|massage"),
        (("memory_overhead_mib = 3", 'memory_overhead_mib = "3"'), "memory_overhead_mib"),
        (("[run]", "[run"), "Expected"),
    ],
)
def test_a_mistake_is_told_with_the_files_name(tmp_path: Path, change: tuple[str, str], complaint: str) -> None:
    assert change[0] in SMALL + COMPILED
    path = write(tmp_path, (SMALL + COMPILED).replace(*change))
    with pytest.raises(LanguageFileError, match=f"(?s)^tiny.toml: .*({complaint})"):
        load_language(path)


def test_two_files_cannot_claim_one_name(tmp_path: Path) -> None:
    write(tmp_path, SMALL, "a.toml")
    write(tmp_path, 'aliases = ["tiny"]\n' + SMALL.replace('"tiny"\n', '"other"\n', 1), "b.toml")
    with pytest.raises(LanguageFileError, match=r"b\.toml: 'tiny' is taken by a\.toml"):
        load_languages(tmp_path)


def test_several_versions_of_a_language_stand_side_by_side(tmp_path: Path) -> None:
    write(tmp_path, SMALL.replace('"tiny"\n', '"tiny"\nseries = "1.2"\n', 1), "a.toml")
    write(tmp_path, SMALL, "b.toml")
    assert [(one.name, one.id) for one in load_languages(tmp_path)] == [("tiny", "tiny"), ("tiny", "tiny-1.2")]
    write(tmp_path, SMALL.replace('"tiny"\n', '"tiny"\nseries = "1.2"\n', 1), "c.toml")
    with pytest.raises(LanguageFileError, match=r"c\.toml: 'tiny-1\.2' is taken by a\.toml"):
        load_languages(tmp_path)


def test_a_folder_without_languages_is_a_mistake(tmp_path: Path) -> None:
    with pytest.raises(LanguageFileError, match="no language files"):
        load_languages(tmp_path)


def test_the_shipped_languages_load() -> None:
    languages = load_languages(Path("sandbox/languages"))
    assert {"python", "java", "cpp", "go", "javascript", "bash"} <= {one.id for one in languages if one.default}
    assert all(one.title and one.sample and one.editor_mode for one in languages)


def test_what_waits_may_be_started_by_the_command_of_its_stage(tmp_path: Path) -> None:
    stage = 'command = ["tiny", "--in={entry_stem}", "{entry}", "{options}", "{args}"]'
    text = SMALL.replace('command = ["tiny", "{entry}"]', stage) + COMPILED.replace(
        'command = ["tiny", "--wait"]', 'command = ["start", "{command}", "end"]'
    ).replace(
        "memory_mib = 2",
        'memory_mib = 2\ndefault_options = ["-O2", "-x"]\nwarm = { kind = "prestart", command = ["{command}"] }',
    ).replace('["tinyc", "{sources}"]', '["tinyc", "{options}", "{precompiled}", "{entry_point}", "{sources}"]')
    language = load_language(write(tmp_path, text))
    stem = language.source_name.rpartition(".")[0]
    assert language.warm is not None
    assert language.warm.command == ("start", "tiny", f"--in={stem}", language.source_name, "end")
    assert language.compile is not None
    assert language.compile.warm is not None
    assert language.compile.warm.command == ("tinyc", "-O2", "-x", language.source_name)


def test_a_command_of_a_stage_that_cannot_be_spelled_is_refused(tmp_path: Path) -> None:
    stage = 'command = ["tiny", "--all={args}", "{entry}"]'
    text = SMALL.replace('command = ["tiny", "{entry}"]', stage) + COMPILED.replace('"--wait"', '"{command}"')
    with pytest.raises(LanguageFileError, match="must stand alone"):
        load_language(write(tmp_path, text))
