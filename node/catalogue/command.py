"""The command ``coderunner-node languages``: its actions, and its exit code."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from chassis.settings import ConfigurationError
from node.catalogue.arguments import PROGRAM, USAGE, Wanted, WrongUseError, wanted
from node.catalogue.images import LanguageImages
from node.catalogue.running_node import RunningNode
from node.catalogue.table import as_json, as_table, rows
from node.domain.chosen import chosen
from node.domain.language import Language
from node.infrastructure.added_languages import ChoiceFile
from node.infrastructure.docker.pool.served_languages import NOT_TRIED
from node.infrastructure.languages import LanguageFileError, load_languages
from node.infrastructure.settings import NodeSettings
from node.infrastructure.told_languages import ToldNode
from sandbox.builder.content import ImageError

_READY_S = 300.0
"""Until what is built is served: a slot is made, and the toolchain asked for its version."""
_SECOND_CHANCE_S = 10.0
"""After a first failure: the engine may have had no room for a moment."""
_GONE_S = 60.0
FAILED, WRONG_USE = 1, 2


def main(arguments: Sequence[str]) -> int:
    """Returns what to exit with: 1 where something is wrong, 2 for what cannot be meant."""
    if {"-h", "--help"} & set(arguments):
        sys.stdout.write(USAGE)
        return 0
    try:
        asked = wanted(arguments)
        return {"list": _list, "add": _add, "remove": _remove}[asked.action](asked)
    except (WrongUseError, ConfigurationError) as error:
        return _complain(f"{error}; --help tells more", WRONG_USE)
    except (LanguageFileError, ImageError) as error:
        return _complain(str(error), FAILED)
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        return _complain(f"{where}{error.strerror or error}", FAILED)
    except KeyboardInterrupt:
        return _complain("interrupted; the same command goes on", 130)


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def _complain(words: str, code: int) -> int:
    sys.stderr.write(f"{PROGRAM}: {words}\n")
    return code


def _choice_file(settings: NodeSettings, node: RunningNode) -> ChoiceFile:
    told = node.told()
    return ChoiceFile(settings.state_dir if told is None else Path(told.state_dir))


def _list(asked: Wanted) -> int:
    settings = asked.settings
    languages = load_languages(settings.languages_dir)
    node = RunningNode(settings.http_address)
    images = LanguageImages(settings)
    choice = _choice_file(settings, node).read()
    listed = rows(languages, settings.languages, choice, node.languages(), images.bytes_of)
    _say(as_json(listed) if "--json" in asked.flags else as_table(listed))
    return 0


def _add(asked: Wanted) -> int:
    languages = _named(asked, load_languages(asked.settings.languages_dir))
    images = LanguageImages(asked.settings).build(languages)
    node = RunningNode(asked.settings.http_address)
    file = _choice_file(asked.settings, node)
    file.change(lambda choice: choice.with_added(images))
    if "--no-wait" in asked.flags:
        return 0

    def settled(told: ToldNode) -> bool:
        return told.choice == file.mark() and not any(_is_pending(told, one) for one in images)

    node.wait(settled, _READY_S)
    told = node.wait(lambda told: settled(told) and not any(map(_trouble(told), images)), _SECOND_CHANCE_S)
    if told is None:
        _say(f"no node answers at {node.address}: it will serve {', '.join(images)} when it runs")
        return 0
    wrong = [f"{one} is not served: {_trouble(told)(one)}" for one in images if _trouble(told)(one)]
    for one in images:
        if not _trouble(told)(one):
            _say(f"{one} {told.languages[one].version} is served")
    return _complain("; ".join(wrong), FAILED) if wrong else 0


def _remove(asked: Wanted) -> int:
    settings = asked.settings
    every = load_languages(settings.languages_dir)
    node = RunningNode(settings.http_address)
    file = _choice_file(settings, node)
    going = _named(asked, every)
    names = [one.id for one in going]
    file.change(lambda choice: choice.with_removed(names))
    if "--no-wait" not in asked.flags:
        told = node.wait(lambda told: not set(names) & told.languages.keys(), _GONE_S)
        left = sorted(set(names) & told.languages.keys()) if told is not None else []
        if left:
            return _complain(f"the node still serves {', '.join(left)}", FAILED)
        _say(f"{', '.join(names)}: not served any more" if told is not None else f"no node answers at {node.address}")
    if "--image" in asked.flags:
        kept = chosen(every, settings.languages, file.read())
        gone = LanguageImages(settings).remove(going, kept, _GONE_S)
        _say(f"removed {', '.join(gone)}" if gone else "no image was to be removed")
    return 0


def _is_pending(told: ToldNode, language_id: str) -> bool:
    return language_id not in told.languages or told.languages[language_id].reason == NOT_TRIED


def _trouble(told: ToldNode) -> Callable[[str], str]:
    """Why the node does not serve a language, or not as it is now."""
    return lambda language_id: (
        told.languages[language_id].reason if language_id in told.languages else "the node does not try"
    )


def _named(asked: Wanted, languages: Sequence[Language]) -> list[Language]:
    by_id = {language.id: language for language in languages}
    unknown = [name for name in asked.names if name not in by_id]
    if unknown:
        raise WrongUseError(f"there is no language {unknown[0]!r}; there are {', '.join(by_id)}")
    return [by_id[name] for name in asked.names]
