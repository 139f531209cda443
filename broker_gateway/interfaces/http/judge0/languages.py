"""The languages of Judge0 CE 1.13.1, and which of ours each of them is."""

from __future__ import annotations

from typing import NamedTuple

from broker_gateway.application.catalog_service import CatalogAppService, LanguageDTO


class Language(NamedTuple):
    """A language as Judge0 numbers and names it. The version in the name is Judge0's, not the one that runs."""

    id: int
    name: str
    source_file: str | None
    ours: str = ""
    """Our name for it; empty where nothing of ours would run its programs alike."""


MULTI_FILE = 89
"""A program that is a Bash script, ``run``, with other files beside it."""
LANGUAGES = (
    Language(43, "Plain Text", "text.txt"),
    Language(44, "Executable", "a.out"),
    Language(45, "Assembly (NASM 2.14.02)", "main.asm", "assembly"),
    Language(46, "Bash (5.0.0)", "script.sh", "bash"),
    Language(47, "Basic (FBC 1.07.1)", "main.bas"),
    Language(48, "C (GCC 7.4.0)", "main.c", "c"),
    Language(49, "C (GCC 8.3.0)", "main.c", "c"),
    Language(50, "C (GCC 9.2.0)", "main.c", "c"),
    Language(51, "C# (Mono 6.6.0.161)", "Main.cs", "csharp"),
    Language(52, "C++ (GCC 7.4.0)", "main.cpp", "cpp"),
    Language(53, "C++ (GCC 8.3.0)", "main.cpp", "cpp"),
    Language(54, "C++ (GCC 9.2.0)", "main.cpp", "cpp"),
    Language(55, "Common Lisp (SBCL 2.0.0)", "script.lisp", "lisp"),
    Language(56, "D (DMD 2.089.1)", "main.d", "d"),
    Language(57, "Elixir (1.9.4)", "script.exs", "elixir"),
    Language(58, "Erlang (OTP 22.2)", "main.erl", "erlang"),
    Language(59, "Fortran (GFortran 9.2.0)", "main.f90", "fortran"),
    Language(60, "Go (1.13.5)", "main.go", "go"),
    Language(61, "Haskell (GHC 8.8.1)", "main.hs", "haskell"),
    Language(62, "Java (OpenJDK 13.0.1)", "Main.java", "java"),
    Language(63, "JavaScript (Node.js 12.14.0)", "script.js", "javascript"),
    Language(64, "Lua (5.3.5)", "script.lua", "lua"),
    Language(65, "OCaml (4.09.0)", "main.ml", "ocaml"),
    Language(66, "Octave (5.1.0)", "script.m", "octave"),
    Language(67, "Pascal (FPC 3.0.4)", "main.pas", "pascal"),
    Language(68, "PHP (7.4.1)", "script.php", "php"),
    Language(69, "Prolog (GNU Prolog 1.4.5)", "main.pro", "prolog"),
    Language(70, "Python (2.7.17)", "script.py"),
    Language(71, "Python (3.8.1)", "script.py", "python"),
    Language(72, "Ruby (2.7.0)", "script.rb", "ruby"),
    Language(73, "Rust (1.40.0)", "main.rs", "rust"),
    Language(74, "TypeScript (3.7.4)", "script.ts", "typescript"),
    Language(75, "C (Clang 7.0.1)", "main.c"),
    Language(76, "C++ (Clang 7.0.1)", "main.cpp"),
    Language(77, "COBOL (GnuCOBOL 2.2)", "main.cob", "cobol"),
    Language(78, "Kotlin (1.3.70)", "Main.kt", "kotlin"),
    Language(79, "Objective-C (Clang 7.0.1)", "main.m"),
    Language(80, "R (4.0.0)", "script.r", "r"),
    Language(81, "Scala (2.13.2)", "Main.scala", "scala"),
    Language(82, "SQL (SQLite 3.27.2)", "script.sql", "sqlite"),
    Language(83, "Swift (5.2.3)", "Main.swift", "swift"),
    Language(84, "Visual Basic.Net (vbnc 0.0.0.5943)", "Main.vb"),
    Language(85, "Perl (5.28.1)", "script.pl", "perl"),
    Language(86, "Clojure (1.10.1)", "main.clj", "clojure"),
    Language(87, "F# (.NET Core SDK 3.1.202)", "script.fsx", "fsharp"),
    Language(88, "Groovy (3.0.3)", "script.groovy", "groovy"),
    Language(MULTI_FILE, "Multi-file program", None, "bash"),
)
MAIN_NAMES = frozenset(one.source_file for one in LANGUAGES if one.source_file)
"""What the source of a submission is called where other files lie beside it."""
BY_ID = {one.id: one for one in LANGUAGES}
_NEWEST_OF_OURS = {one.ours: one for one in LANGUAGES if one.ours and one.id != MULTI_FILE}


class Languages:
    """Judge0's languages, of which those are archived that no node serves now: told of, and not to be used."""

    def __init__(self, catalog: CatalogAppService) -> None:
        self._catalog = catalog

    def by_name(self) -> list[Language]:
        """All, in the order in which Judge0 lists them."""
        return sorted(LANGUAGES, key=lambda one: one.name)

    def served(self) -> dict[int, LanguageDTO]:
        """By Judge0's id, the languages that a submission may be made for now."""
        ours: dict[str, LanguageDTO] = {}
        for language in self._catalog.languages():
            for name in (language.name, *language.aliases):
                ours.setdefault(name, language)
        return {one.id: ours[one.ours] for one in LANGUAGES if one.ours in ours}


def language_of(name: str, asked: str = "") -> Language | None:
    """The language of a task of ours: the one that was ``asked`` for by its id, where that is known, or the newest that
    is the same; None where Judge0 has none."""
    chosen = BY_ID.get(int(asked)) if asked.isdecimal() and len(asked) < 4 else None
    return chosen or _NEWEST_OF_OURS.get(name)
