"""The launcher behaves as `java`, waiting or not; the resident compiler as `javac`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.integration.images.image_slot import Slot

SlotOf = Callable[[str], Slot]
LAUNCH = "/opt/coderunner/java/launch"
PROBE = """
import java.util.*;
public class Main {
    public static void main(String[] args) throws Exception {
        System.out.println(Arrays.toString(args) + System.getenv("GREETING") + TimeZone.getDefault().getID());
        for (var name : List.of("java.class.path", "user.dir", "file.encoding", "stdout.encoding", "sun.jnu.encoding"))
            System.out.println(name + "=" + System.getProperty(name));
        var loader = Main.class.getClassLoader();
        System.out.println(Thread.currentThread() + " " + (loader == ClassLoader.getSystemClassLoader())
            + (loader == Thread.currentThread().getContextClassLoader()) + Main.class.getResource("Main.class"));
        System.out.println(Thread.getAllStackTraces().keySet().stream().map(Thread::getName).sorted().toList());
        new Throwable("here").printStackTrace();
    }
}
"""


def main(body: str) -> dict[str, str]:
    return {"Main.java": f"public class Main {{ {body} }}"}


def body(statements: str) -> dict[str, str]:
    return main(f"public static void main(String[] args) throws Exception {{ {statements} }}")


SLEEP = "try { Thread.sleep(%d); } catch (InterruptedException e) { }"
PROGRAMS: dict[str, dict[str, str]] = {
    "everything a program can look at": {"Main.java": PROBE},
    "an uncaught exception": main(
        'static void f() { throw new IllegalStateException("x"); } public static void main(String[] args) { f(); }'
    ),
    "an exception with a cause": body('try { throw new Error("a"); } catch (Error e) { throw new Exception(e); }'),
    "a handler for uncaught exceptions": body(
        'Thread.setDefaultUncaughtExceptionHandler((t, e) -> System.out.println(t + "" + e)); throw new Exception("h");'
    ),
    "exit with a shutdown hook": body(
        'Runtime.getRuntime().addShutdownHook(new Thread(() -> System.out.println("hook"))); System.exit(7);'
    ),
    "a thread that outlives main": body(f'new Thread(() -> {{ {SLEEP % 50} System.out.println("late"); }}).start();'),
    "a thread that outlives a throwing main": body(
        f'new Thread(() -> {{ {SLEEP % 50} System.out.println("late"); }}).start(); throw new Exception("m");'
    ),
    "a daemon thread": body(f"var t = new Thread(() -> {{ {SLEEP % 60000} }}); t.setDaemon(true); t.start();"),
    "stdin": body("var in = new java.util.Scanner(System.in); System.out.println(in.nextInt() + in.nextInt());"),
    "a failing static initialiser": main("static int x = 1 / 0; public static void main(String[] args) { }"),
    "no main": main("static void f() { }"),
    "an instance main": main("void main() { }"),
    "a full heap": body("var all = new java.util.ArrayList<byte[]>(); while (true) all.add(new byte[1 << 24]);"),
    "the depth of the stack": main(
        "static int d; static void f() { d++; f(); }"
        "public static void main(String[] a) { try { f(); } catch (Error e) { System.out.println(d > 5000); } }"
    ),
    "an interface": {"Main.java": "public interface Main { static void main(String[] a) { System.out.println(1); } }"},
}


def compiled_and_run(
    slot: Slot, files: dict[str, str], plain: str, stem: str
) -> tuple[list[Any], list[Any], list[Any]]:
    """The same program run by `java`, by the launcher, and by a launcher that waited for it."""
    given = {"stdin": "20 22\n", "env": {"GREETING": "hi = ho", "TZ": "Asia/Tokyo"}}
    arguments = ["one", "two words", "", "ü→"]
    java = ["java", "-XX:+UseSerialGC", "-XX:MaxRAMPercentage=70", plain, *arguments]
    steps: list[dict[str, Any]] = [
        {"run": ["javac", "-d", ".", *files]},
        {**given, "run": java},
        {**given, "run": [LAUNCH, stem, *arguments]},
        {**given, "run": [LAUNCH, stem, *arguments], "wait": slot.language["warm"]["command"]},
    ]
    compiled, by_java, cold, warm = slot.do(*steps, files=files)
    assert compiled[0] == 0, compiled
    return by_java, cold, warm


@pytest.mark.parametrize("name", PROGRAMS)
def test_the_launcher_runs_it_as_java_does(slot: SlotOf, name: str) -> None:
    by_java, cold, warm = compiled_and_run(slot("java"), PROGRAMS[name], "Main", "Main")
    assert cold == by_java
    assert warm == [*by_java, "1E" if by_java[0] >= 0 else "1"]


def test_a_class_in_a_package_is_found_by_its_file_name(slot: SlotOf) -> None:
    files = {
        "Main.java": "package com.example; public class Main { public static void main(String[] a) { Util.fail(); } }",
        "Util.java": 'package com.example; class Util { static void fail() { throw new RuntimeException("u"); } }',
    }
    by_java, cold, warm = compiled_and_run(slot("java"), files, "com.example.Main", "Main")
    assert by_java[0] == 1
    assert cold == by_java
    assert warm == [*by_java, "1E" if by_java[0] >= 0 else "1"]


MISNAMED = {
    "test.java": "class Helper { public static void main(String[] a) { } }\n"
    "public class HelloWorld { public static void main(String[] a) { System.out.println(a[9]); } }"
}


def test_a_single_file_may_be_called_anything_whatever_its_public_class(slot: SlotOf) -> None:
    """`java FILE.java` takes it, too; its first class is run there."""
    java = slot("java")
    by_java = java.run("java", "test.java", files={"test.java": MISNAMED["test.java"].partition("\n")[2]})
    server = {"serve": java.language["compile"]["server"]}
    compiled = requests((MISNAMED, ["javac", "-d", ".", "test.java"]))
    ((answer,), cold, warm) = java.do(
        {**server, "requests": compiled},
        {"run": [LAUNCH, "test"]},
        {"run": [LAUNCH, "test"], "wait": java.language["warm"]["command"]},
    )
    assert answer == [0, "", ["HelloWorld.class", "Helper.class", "test.java"]]
    assert (cold[0], cold[1], cold[2].replace("java:2", "java:1")) == by_java
    assert "HelloWorld.main(test.java:" in cold[2]
    assert warm[:3] == cold


def test_messages_about_a_misnamed_file_have_the_name_that_the_author_gave(slot: SlotOf) -> None:
    java = slot("java")
    files = {"test.java": 'public class HelloWorld { int x = "s"; public static void main(String[] a) { } }'}
    code, _, by_java = java.run("java", "test.java", files=files)
    compiled = requests((files, ["javac", "-d", ".", "test.java"]))
    ((answer,),) = java.do({"serve": java.language["compile"]["server"], "requests": compiled})
    assert (code, by_java) == (1, answer[1] + "error: compilation failed\n")
    assert answer[1].startswith("test.java:1: error: incompatible types")


PREVIEW = {
    "an unnamed class": 'String name = "world"; void main() { System.out.println(STR."hello \\{name}"); }',
    "a pattern without a name": "record P(int x, int y) { } public class Main { public static void main(String[] a) {"
    " if ((Object) new P(1, 2) instanceof P(int x, _)) System.out.println(x + a[0]); } }",
    "an instance main with arguments": "class Main { void main(String[] a) { System.out.println(a.length); } }",
    "a static main without arguments": "class Main { static void main() { throw new IllegalStateException(); } }",
    "a class that cannot be made": "class Main { Main(int x) { } void main() { } }",
}


@pytest.mark.parametrize("name", PREVIEW)
@pytest.mark.parametrize("release", [["--release=21"], ["--source", "21"]], ids=" ".join)
def test_preview_features_are_compiled_and_run_as_javac_and_java_do(
    slot: SlotOf, name: str, release: list[str]
) -> None:
    java = slot("java")
    files = {"Main.java": PREVIEW[name]}
    compile_command = ["javac", "--enable-preview", *release, "-d", ".", "Main.java"]
    plain = ["java", "-XX:+UseSerialGC", "--enable-preview", "Main", "1", "2"]
    ours = [LAUNCH, "--enable-preview", "Main", "1", "2"]
    compiled, by_java, cold, warm = java.do(
        {"run": compile_command},
        {"run": plain},
        {"run": ours},
        {"run": ours, "wait": java.language["warm"]["command"]},
        files=files,
    )
    ((served,),) = java.do(
        {"serve": java.language["compile"]["server"], "requests": requests((files, compile_command))}
    )
    assert served[:2] == [compiled[0], compiled[2]]
    assert cold == by_java
    assert warm[:3] == by_java


def test_without_the_option_there_are_no_preview_features(slot: SlotOf) -> None:
    java = slot("java")
    plain, ours = java.do(
        {"run": ["javac", "--enable-preview", "--release", "21", "Main.java"]},
        {"run": [LAUNCH, "Main"], "wait": java.language["warm"]["command"]},
        files={"Main.java": PREVIEW["an unnamed class"]},
    )
    assert plain[0] == 0
    assert "Preview features are not enabled for Main" in ours[2]


def test_the_only_class_with_a_main_is_run_whatever_the_file_is_called(slot: SlotOf) -> None:
    files = {
        "Main.java": 'class Other { } class Hello { public static void main(String[] a) { System.out.println("hi"); } }'
    }
    by_java, cold, warm = compiled_and_run(slot("java"), files, "Hello", "Main")
    assert cold == by_java == [0, "hi\n", ""]
    assert warm == [*by_java, "1E" if by_java[0] >= 0 else "1"]


@pytest.mark.parametrize("limit_mib", [2048, 512])
def test_the_heap_fits_the_memory_of_the_task_and_not_that_of_the_start(slot: SlotOf, limit_mib: int) -> None:
    java = slot("java")
    files = body('System.out.println(args[0] + System.in.read() + " " + (Runtime.getRuntime().maxMemory() >> 20));')
    given = {"run": [LAUNCH, "Main", "x"], "wait": java.language["warm"]["command"], "stdin": "A"}
    try:
        _, warm = java.do_with_memory(f"{limit_mib}m", {"run": ["javac", "Main.java"]}, given, files=files)
    finally:
        java.container.update(mem_limit="1g", memswap_limit="1g")
    read, heap_mib = warm[1].split()
    assert (warm[0], read, warm[2]) == (0, "x65", "")
    assert 0.6 * limit_mib < int(heap_mib) <= 0.7 * limit_mib


def test_flags_in_the_environment_do_not_reach_the_jvm(slot: SlotOf) -> None:
    environment = {"JAVA_TOOL_OPTIONS": "-Dx=1", "_JAVA_OPTIONS": "-Dx=1", "JDK_JAVA_OPTIONS": "-Dx=1"}
    files = body('System.out.println(System.getProperty("x"));')
    steps: list[dict[str, Any]] = [{"run": ["javac", "Main.java"]}, {"run": [LAUNCH, "Main"], "env": environment}]
    assert slot("java").do(*steps, files=files)[1] == [0, "null\n", ""]


def test_the_launcher_leaves_nothing_in_the_temporary_directory(slot: SlotOf) -> None:
    files = body('System.out.println(new java.io.File("/tmp").list().length);')
    assert slot("java").do({"run": ["javac", "Main.java"]}, {"run": [LAUNCH, "Main"]}, files=files)[1][1] == "0\n"


SOURCES: dict[str, dict[str, str]] = {
    "a fine program": body('System.out.println("x");'),
    "type errors": body('int x = "s"; missing(); String s = 1;'),
    "a syntax error": {"Main.java": "public class Main { void f( }"},
    "a public class in the wrong file": {"Main.java": "public class Other { }", "Else.java": "class Else { }"},
    "an unchecked call": body("java.util.List l = new java.util.ArrayList(); l.add(1);"),
    "a deprecated call": body("new Thread().stop();"),
    "names beyond ASCII in a directory": {"sub/Main.java": "class Größe { int ü = ß; }"},
    "two files": {"A.java": "class A extends B { }", "B.java": "class B { int x = y; }"},
    "an empty file": {"Main.java": ""},
}


def requests(*commands: tuple[dict[str, str], list[str]]) -> list[dict[str, Any]]:
    return [{"files": files, "command": command} for files, command in commands]


def test_the_resident_compiler_says_what_javac_says(slot: SlotOf) -> None:
    server = slot("java").language["compile"]["server"]
    commands = [(files, ["javac", "-proc:none", "-d", ".", *files]) for files in SOURCES.values()]
    (answers,) = slot("java").do({"serve": server, "requests": requests(*commands)})
    assert len(answers) == len(SOURCES)
    for (files, command), (code, words, _) in zip(commands, answers, strict=True):
        assert (code, "", words) == slot("java").run(*command, files=files)


def test_what_one_request_compiled_is_unknown_to_the_next(slot: SlotOf) -> None:
    server = slot("java").language["compile"]["server"]
    command = ["javac", "-d", ".", "Main.java"]
    first = {"Main.java": "public class Main { static class Inner { } } class Helper { }"}
    second = {"Main.java": "public class Main { Helper helper; Main.Inner inner; }"}
    (answers,) = slot("java").do({"serve": server, "requests": requests((first, command), (second, command))})
    assert answers[0] == [0, "", ["Helper.class", "Main$Inner.class", "Main.class", "Main.java"]]
    assert answers[1][0] == 1
    assert "cannot find symbol" in answers[1][1]


def test_the_resident_compiler_runs_no_submitted_code(slot: SlotOf) -> None:
    server = slot("java").language["compile"]["server"]
    source = {"Main.java": "public class Main { }"}
    refused = ["-processor", "-processorpath", "--processor-path=x", "-Xplugin:x", "-J-Dx", "@arguments"]
    commands = [(source, ["javac", option, "-d", ".", "Main.java"]) for option in refused]
    (answers,) = slot("java").do(
        {"serve": server, "requests": requests(*commands, (source, ["javac", "-d", ".", "Main.java"]))}
    )
    assert [answer[0] for answer in answers] == [2] * len(refused) + [0]


def test_a_source_that_overflows_the_compilers_stack_ends_the_server(slot: SlotOf) -> None:
    """Nobody knows what such a javac left behind. The agent starts another."""
    server = slot("java").language["compile"]["server"]
    deep = body(f"int x = {'(' * 55_000}1{')' * 55_000};")
    command = ["javac", "-d", ".", "Main.java"]
    (answers,) = slot("java").do(
        {"serve": server, "requests": requests((SOURCES["a fine program"], command), (deep, command))}
    )
    assert answers[0][0] == 0
    assert answers[1] == [None, "exit code 3"]
