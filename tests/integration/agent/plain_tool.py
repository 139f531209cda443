"""The plain tool of a slot's image, and a program in the slot, told alike."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from node.infrastructure.languages import load_language
from tests.integration.agent.attached import REPOSITORY, AttachedAgent, Report
from tests.integration.plain_image import plain_in_image


def plain(
    slot: AttachedAgent, language: str, files: Mapping[str, str], command: Sequence[str], stdin: bytes = b""
) -> tuple[int | None, bytes, bytes]:
    """Exit code, standard output and standard error of the command in the image of the language, beside the slot: as
    the same user, with the same environment."""
    image = load_language(REPOSITORY / "sandbox" / "languages" / f"{language}.toml").image
    done = plain_in_image(image, files, command, stdin=stdin, uid=slot.config["uid"], env=slot.config["env"])
    return done.returncode, done.stdout, done.stderr


def as_told(report: Report) -> tuple[int | None, bytes, bytes]:
    """The same of a program in a slot. Fails where its slot was not clean after it."""
    assert report.clean["ok"], report.clean
    return report.exit_code, report.stdout, report.stderr
