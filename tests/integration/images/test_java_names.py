"""Which class of a single Java file is run where no class has the file's name."""

from __future__ import annotations

import pytest

from tests.integration.images.test_java import LAUNCH, SlotOf


def says(name: str, how: str = "public static void main(String[] a)") -> str:
    return f'class {name} {{ {how} {{ System.out.println("{name}"); }} }}\n'


OTHERWISE_NAMED: dict[str, tuple[str, list[str]]] = {
    "several classes that are not public": (says("Zebra") + says("Ant"), []),
    "several, the first without main": (
        "class Ant { }\n" + says("Zebra") + says("Bee"),
        [],
    ),
    "an instance main": (says("Other", "void main()"), ["--enable-preview"]),
    "an instance main that is inherited": (
        "class Zebra extends Ant { }\n"
        "abstract class Ant { void main(String[] a) { System.out.println(getClass()); } }\n",
        ["--enable-preview"],
    ),
    "several with main, not all static": (
        says("Zebra", "void main()") + says("Ant", "static void main()") + says("Bee"),
        ["--enable-preview"],
    ),
    "no class at all": ('void main() { System.out.println("here"); }\n', ["--enable-preview"]),
}


@pytest.mark.parametrize("name", OTHERWISE_NAMED)
def test_a_single_file_whose_name_no_class_has_runs_as_java_runs_the_file(slot: SlotOf, name: str) -> None:
    source, options = OTHERWISE_NAMED[name]
    java, release = slot("java"), ["--source", "21"] if options else []
    compile_command = ["javac", *options, *release, "-nowarn", "-d", ".", "file.java"]
    plain, _, cold, warm = java.do(
        {"run": ["java", "-XX:+UseSerialGC", *options, *release, "file.java"]},
        {"run": compile_command},
        {"run": [LAUNCH, *options, "file"]},
        {"run": [LAUNCH, *options, "file"], "wait": java.language["warm"]["command"]},
        files={"file.java": source},
    )
    assert cold[0] == 0, cold
    assert warm[:3] == cold
    if plain[0] == 0:
        assert cold[1] == plain[1]
    else:  # there the first class must have a main; here the first that has one is run
        assert "can't find main" in plain[2]
