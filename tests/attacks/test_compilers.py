"""Submissions that attack the compiler, or have it read, run or fill something."""

from typing import Any

import pytest

from tests.attacks.arena import Arena, Attack, Ended, assert_harmless

REFUSED: dict[str, Any] = {"status": ["COMPILE_ERROR"]}
SECRETS = ("root:$", "root:*:", "root:!", "daemon:*", "uid=", "CODERUNNER_NATS")


def _compiled(ended: Ended) -> None:
    assert ended.stdout == "compiled\n"


ATTACKS = [
    Attack(name="C++: templates without end", program="cpp/template_bomb.cpp", **REFUSED),
    Attack(name="C++: a constant that takes for ever", program="cpp/constexpr_spin.cpp", **REFUSED),
    Attack(name="C++: macros", program="cpp/macro_bomb.cpp", **REFUSED),
    Attack(name="C++: includes /dev/zero", program="cpp/include_zero.cpp", **REFUSED),
    Attack(name="C++: includes /dev/urandom", program="cpp/include_random.cpp", **REFUSED),
    Attack(name="C++: includes its input", program="cpp/include_stdin.cpp", status=["COMPILE_ERROR", "SUCCEEDED"]),
    Attack(name="C++: includes itself", program="cpp/include_itself.cpp", **REFUSED),
    Attack(name="C++: includes secrets", program="cpp/include_secrets.cpp", never=SECRETS, **REFUSED),
    Attack(name="C++: embeds secrets", program="cpp/incbin.cpp", never=SECRETS, status=["COMPILE_ERROR"]),
    Attack(name="C++: embeds /dev/zero", program="cpp/incbin_zero.cpp", status=["COMPILE_ERROR", "SUCCEEDED"]),
    Attack(name="C++: a huge array", program="cpp/huge_array.cpp", status=["COMPILE_ERROR", "FAILED"]),
    Attack(name="C++: a huge binary", program="cpp/huge_binary.cpp", **REFUSED),
    Attack(
        name="C++: runs while it is compiled",
        program="cpp/at_compile_time.cpp",
        status=["SUCCEEDED"],
        also={"evil.so": "not a plugin", "specs": "*cc1plus:\n touch /tmp/ran"},
    ),
    Attack(
        name="Java: an annotation processor",
        program="java/Processor.java",
        status=["SUCCEEDED"],
        also={"META-INF/services/javax.annotation.processing.Processor": "Main\n"},
        check=_compiled,
    ),
    Attack(name="Java: huge constants", program="java/HugeConstants.java", status=["COMPILE_ERROR"]),
    Attack(name="Java: types without end", program="java/InferenceBomb.java", status=["COMPILE_ERROR", "SUCCEEDED"]),
    Attack(name="Go: embeds secrets", program="go/embed_secrets.go", never=SECRETS, **REFUSED),
    Attack(name="Go: flags for the C compiler", program="go/cgo_flags.go", never=SECRETS, **REFUSED),
    Attack(name="Go: a huge array", program="go/huge_array.go", status=["COMPILE_ERROR", "MEMORY_LIMIT", "FAILED"]),
    Attack(name="Go: huge constants", program="go/constant_bomb.go", **REFUSED),
    Attack(name="Go: reaches into the runtime", program="go/linkname.go", status=["COMPILE_ERROR", "SUCCEEDED"]),
]


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.name.replace(" ", "-"))
def test_the_compiler_is_only_a_program(arena: Arena, attack: Attack) -> None:
    assert_harmless(arena, attack)
