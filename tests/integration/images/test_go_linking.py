"""The linker that has loaded packages before there is a program makes of it what the plain one makes."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.integration.images.image_slot import Slot

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
