"""The linker that has loaded packages before there is a program makes of it what the plain one makes."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.integration.images.image_slot import Slot
from tests.integration.images.test_go import GO_BUILD

SlotOf = Callable[[str], Slot]
GOBUILD = "/opt/coderunner/go/gobuild"
IMPORTING = {
    "nothing": "package main\nfunc main() { println(len([]int{1})) }\n",
    "what was loaded": 'package main\n\nimport "fmt"\n\nfunc main() { fmt.Println("hello") }\n',
    "more": """package main
import ("encoding/json"; "fmt"; "os"; "regexp"; "text/template")
type T[K comparable] struct { A K; B map[K][]int }
func main() {
	defer func() { fmt.Println(recover()) }()
	json.NewEncoder(os.Stdout).Encode(T[string]{"x", map[string][]int{"y": {1}}})
	fmt.Println(regexp.MustCompile("a+").FindString("baaa"))
	template.Must(template.New("t").Parse("{{.A}}\\n")).Execute(os.Stdout, T[int]{A: 3})
	var none map[string]int
	none["a"] = 1
}
""",
}
PLAIN_LINK = """
set -e
tool=/opt/coderunner/go/tool imports=/opt/coderunner/go/importcfg
$tool/compile -o main.o -p main -complete -dwarf=false -trimpath "$PWD=>." -importcfg $imports -pack ./main.go
$tool/link -o theirs -s -w -buildmode=exe -importcfg $imports main.o
"""


@pytest.mark.parametrize("what", IMPORTING)
def test_what_was_loaded_before_the_program_is_in_it_only_where_the_plain_linker_has_it(
    slot: SlotOf, what: str
) -> None:
    """The same code and data, to the byte as many, in another order: nobody runs what he did not import."""
    files = {"main.go": IMPORTING[what]}
    steps = [
        [GOBUILD, "-o", "program", "main.go"],
        ["sh", "-c", PLAIN_LINK],
        ["stat", "-c", "%s %a", "program", "theirs"],
    ]
    *built, sizes, ours, theirs = slot("go").do(
        *({"run": step} for step in [*steps, ["./program"], ["./theirs"]]), files=files
    )
    assert built == [[0, "", ""], [0, "", ""]]
    first, second = sizes[1].split("\n")[:2]
    assert first == second
    assert ours == theirs


def test_no_program_can_import_another_as_the_linker_does(slot: SlotOf) -> None:
    files = {"main.go": 'package main\nimport _ "program"\nfunc main() {}\n'}
    ((code, _, said),) = slot("go").do({"run": [GOBUILD, "-o", "program", "main.go"]}, files=files)
    assert code == 1
    assert "package program is not in std" in said


RECOVERS = "package main\nfunc main() {\n\tdefer func() { println(recover() == nil) }()\n\tpanic(nil)\n}\n"
LINKED_AS_SAID = {
    "a name in a package that was loaded": 'package main\nimport _ "unsafe"\n//go:linkname toType reflect.toType\n'
    "func toType(t *byte) [2]uintptr\nfunc main() { println(toType(nil)[0]) }\n",
    "a name in a package that is imported": 'package main\nimport (\n_ "reflect"\n_ "unsafe"\n)\n'
    "//go:linkname toType reflect.toType\nfunc toType(t *byte) [2]uintptr\nfunc main() { println(toType(nil)[0]) }\n",
    "a setting": f"//go:debug panicnil=1\n\n{RECOVERS}",
    "a setting that there is not": f"//go:debug nothing=1\n{RECOVERS}",
    "none": RECOVERS,
}


@pytest.mark.parametrize("what", LINKED_AS_SAID)
def test_what_a_program_says_to_the_linker_has_the_effect_that_it_has_with_go_build(slot: SlotOf, what: str) -> None:
    """A name was found in what nobody had imported; a setting went unheard."""
    build = [[GOBUILD, "-o", "program", "main.go"], ["sh", "-c", GO_BUILD, "sh", "main.go"]]
    run = [["sh", "-c", f"test ! -e {name} || ./{name}"] for name in ("program", "theirs")]
    steps = [{"run": step} for step in [*build, *run]]
    built, by_go, ours, theirs = slot("go").do(*steps, files={"main.go": LINKED_AS_SAID[what]})
    assert built == by_go
    assert ours == theirs
    assert (built[2] == "") is (ours[2] != "")
