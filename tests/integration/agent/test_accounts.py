"""The slot's user has a name, and a home that is its ``HOME``."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.integration.agent.attached import AttachedAgent
from tests.integration.agent.plain_tool import as_told, plain
from tests.integration.agent.slot_fixtures import NAMES, slots_of_every_language

SlotOf = Callable[[str], AttachedAgent]
slot_of_language = slots_of_every_language()

LOOK = """
import os, pwd, grp
print(pwd.getpwuid(os.getuid())[0:1] + pwd.getpwuid(os.getuid())[2:])
print(grp.getgrgid(os.getgid()).gr_name, pwd.getpwnam('coderunner').pw_uid == os.getuid())
print(os.path.expanduser('~coderunner') == os.environ['HOME'])
"""
OTHERS = "import pwd, grp; print(*(o for o in pwd.getpwall() + grp.getgrall() if o[0] != 'coderunner'), sep='\\n')"
JAVA = """
public class Main {
    public static void main(String[] args) {
        System.out.println(System.getProperty("user.name") + " " + System.getProperty("user.home"));
    }
}
"""
PROGRAMS = {
    "python": ("main.py", "import getpass; print(getpass.getuser())", ["python3", "main.py"], "coderunner"),
    "javascript": (
        "main.js",
        "const os = require('os'), user = os.userInfo(); console.log(user.username, user.homedir, os.homedir())",
        ["node", "main.js"],
        "coderunner /tmp /tmp",
    ),
    "java": ("Main.java", JAVA, ["java", "-Xint", "-Xmx128m", "Main.java"], "coderunner /tmp"),
    "bash": (
        "main.sh",
        "echo $(whoami) $(id -un) $(id -gn) ~ ~coderunner",
        ["bash", "main.sh"],
        "coderunner " * 3 + "/tmp /tmp",
    ),
}


@pytest.mark.parametrize("language", NAMES)
def test_the_user_of_every_slot_has_a_name_and_a_home(slot_of_language: SlotOf, language: str) -> None:
    slot = slot_of_language(language)
    uid = slot.config["uid"]
    code, out, err = as_told(slot.run({"main.py": LOOK}, ["python3", "main.py"], warm=False))
    assert (code, err) == (0, b"")
    assert out.decode().splitlines() == [
        str(("coderunner", uid, uid, "", "/tmp", "/bin/sh")),
        "coderunner True",
        "True",
    ]


@pytest.mark.parametrize("language", NAMES)
def test_the_accounts_of_the_image_are_there_beside_it(slot_of_language: SlotOf, language: str) -> None:
    slot = slot_of_language(language)
    command = ["python3", "-c", OTHERS]
    own = as_told(slot.run({}, command, warm=False))
    assert own == plain(slot, language, {}, command)
    assert b"pw_name='root'" in own[1]


@pytest.mark.parametrize("warm", [True, False], ids=["warm", "cold"])
@pytest.mark.parametrize("language", PROGRAMS)
def test_a_program_is_told_the_name_in_its_own_language(slot_of_language: SlotOf, language: str, warm: bool) -> None:
    name, source, command, said = PROGRAMS[language]
    report = slot_of_language(language).run({name: source}, command, warm=warm and language != "java")
    assert as_told(report) == (0, said.encode() + b"\n", b"")


def test_a_program_cannot_change_the_accounts(slot_of_language: SlotOf) -> None:
    attempts = (
        "echo x >>/etc/passwd; echo x >/run/coderunner/more; rm -f /run/coderunner/passwd; "
        "mv /run/coderunner/group /tmp/; chmod 666 /run/coderunner/passwd; ln -sf /tmp/passwd /etc/passwd"
    )
    slot = slot_of_language("bash")
    before = slot.inside("cat /etc/passwd /etc/group; ls -l /run/coderunner")
    report = slot.run({}, ["sh", "-c", attempts])
    assert report.exit_code != 0
    assert report.clean["ok"]
    assert slot.inside("cat /etc/passwd /etc/group; ls -l /run/coderunner") == before
