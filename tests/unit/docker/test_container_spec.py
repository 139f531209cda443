"""What a slot's container is told to be."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

import pytest

from node.domain.language import CompileStage, Language, PackageRule, Warm
from node.domain.sandbox import Role
from node.infrastructure.docker.engine.oci_runtimes import RuntimeTraits
from node.infrastructure.docker.settings import DockerSettings
from node.infrastructure.docker.slot.container_spec import ContainerSpec
from node.infrastructure.docker.slot.mounts import Scratch
from node.infrastructure.docker.slot.template import SlotSize, SlotTemplate, usual_size

MIB = 1 << 20
LANGUAGE = Language(
    name="x",
    image="x",
    source_name="x",
    run_command=("x",),
    version_command=("x",),
    version_pattern="(x)",
    env={"A": "1"},
    compile=CompileStage(command=("c",), artefacts=("*",), sources=("*",), server=("serve",), env={"B": "2"}),
    warm=Warm(kind="zygote", command=("python3",)),
    memory_overhead_bytes=40 * MIB,
    processes_overhead=5,
    file_overhead_bytes=7 * MIB,
)
SETTINGS = DockerSettings(node_id="n")
SIZE = usual_size(LANGUAGE, Role.RUN, SETTINGS)


def spec(**changes: Any) -> ContainerSpec:
    """Of a run slot of the usual size; ``changes`` are fields of the template or of the specification."""
    template = {"language": LANGUAGE, "role": Role.RUN, "image": "sha256:1", "size": SIZE, "precompiled": ""}
    rest = {"uid": 5, "seccomp": "{}", "settings": SETTINGS}
    made = SlotTemplate(**{key: changes.pop(key, value) for key, value in template.items()})
    return ContainerSpec(template=made, **{**rest, **changes})


def test_a_slot_can_reach_nothing_and_gain_nothing() -> None:
    host = spec().payload()["HostConfig"]
    assert host["NetworkMode"] == "none"
    assert host["ReadonlyRootfs"] is True
    assert host["CapDrop"] == ["ALL"]
    assert set(host["CapAdd"]) == {"SETUID", "SETGID"}
    assert host["SecurityOpt"] == ["no-new-privileges:true", "seccomp={}"]
    assert host["IpcMode"] == "private"
    assert not {"Binds", "Mounts", "Devices", "Privileged", "PidMode", "UsernsMode"} & set(host)


def test_a_compile_slot_reads_what_was_precompiled_and_cannot_write_it() -> None:
    (mount,) = spec(role=Role.COMPILE, precompiled="headers").payload()["HostConfig"]["Mounts"]
    assert (mount["Type"], mount["Source"], mount["ReadOnly"]) == ("volume", "headers", True)


@pytest.mark.parametrize("role", [Role.RUN, Role.COMPILE])
def test_slots_of_languages_with_packages_read_layers_and_no_others_have_any(role: Role) -> None:
    settings = dataclasses.replace(SETTINGS, layers_volume="layers")
    indexed = dataclasses.replace(LANGUAGE, packages=PackageRule(kind="pypi", image="i", command=("c",)))
    (mount,) = spec(settings=settings, language=indexed, role=role).payload()["HostConfig"]["Mounts"]
    assert (mount["Type"], mount["Source"], mount["Target"], mount["ReadOnly"]) == (
        "volume",
        "layers",
        "/packages",
        True,
    )
    assert "Mounts" not in spec(settings=settings, language=LANGUAGE, role=role).payload()["HostConfig"]
    assert "Mounts" not in spec(language=indexed, role=role).payload()["HostConfig"]


def test_an_installer_has_a_folder_in_memory_of_bounded_size_and_sees_no_layer() -> None:
    settings = dataclasses.replace(SETTINGS, layers_volume="layers")
    indexed = dataclasses.replace(LANGUAGE, packages=PackageRule(kind="pypi", image="i", command=("c",)))
    made = SlotTemplate(indexed, Role.COMPILE, "sha256:1", SIZE, scratch=Scratch("s", "n", 7 * MIB, 10))
    host = ContainerSpec(template=made, uid=5, seccomp="{}", settings=settings).payload()["HostConfig"]
    (mount,) = host["Mounts"]
    assert (mount["Source"], mount["Target"], mount["ReadOnly"]) == ("s", "/layer", False)
    driver = mount["VolumeOptions"]["DriverConfig"]["Options"]
    assert (driver["type"], driver["o"]) == ("tmpfs", f"size={7 * MIB},nr_inodes=40,mode=1777,nosuid,nodev")
    assert host["NetworkMode"] == "none"


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"role": Role.COMPILE}, id="a compile slot"),
        pytest.param({"traits": RuntimeTraits(gives_back=False)}, id="gVisor"),
        pytest.param(
            {"language": dataclasses.replace(LANGUAGE, processes_overhead=0), "size": SlotSize(1, 1, 1)}, id="1"
        ),
    ],
)
def test_where_the_kernel_need_not_count_refusals_there_is_room_for_the_agents_forks(changes: dict[str, Any]) -> None:
    made = spec(**changes)
    language = made.template.language
    granted = made.template.size.processes + language.processes_overhead
    assert made.payload()["HostConfig"]["PidsLimit"] == granted + 8


def test_its_limits_are_the_shapes_and_what_the_language_itself_needs_and_no_swap() -> None:
    host = spec(size=SlotSize(100 * MIB, 10 * MIB, 20)).payload()["HostConfig"]
    assert host["Memory"] == host["MemorySwap"] == 140 * MIB
    assert host["PidsLimit"] == 20 + 5 + 2, "the program's, the language's; the agent and the zygote"
    assert f"size={10 * MIB}," in host["Tmpfs"]["/workspace"]
    assert all("nosuid,nodev" in options and "nr_inodes=" in options for options in host["Tmpfs"].values())


def test_the_environment_of_the_host_is_not_in_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CODERUNNER_TOKEN", "hush")
    payload = spec().payload()
    assert "hush" not in json.dumps(payload)
    assert [line.partition("=")[0] for line in payload["Env"]] == ["HOME", "LANG", "PATH"]


def test_only_run_slots_have_a_waiting_process_and_only_compile_slots_a_compiler() -> None:
    run = spec().agent_config()
    assert run["limits"]["processes"] == SETTINGS.processes + LANGUAGE.processes_overhead
    assert run["limits"]["file_bytes"] == SETTINGS.disk_bytes + LANGUAGE.file_overhead_bytes
    assert (run["warm"]["kind"], run["server"]) == ("zygote", None)
    assert (run["env"]["A"], "B" in run["env"]) == ("1", False)
    compiling = spec(role=Role.COMPILE).agent_config()
    assert (compiling["warm"], compiling["server"], compiling["env"]["B"]) == (None, ["serve"], "2")


@pytest.mark.parametrize(
    "change",
    [
        {"uid": 6},
        {"image": "sha256:2"},
        {"seccomp": '{"a": 1}'},
        {"role": Role.COMPILE},
        {"size": SlotSize(1, 2, 3)},
        {"language": dataclasses.replace(LANGUAGE, env={})},
        {"settings": dataclasses.replace(SETTINGS, oci_runtime="runsc")},
    ],
)
def test_whatever_changes_the_container_changes_its_digest(change: dict[str, Any]) -> None:
    assert spec(**change).digest() != spec().digest()


def test_the_same_specification_has_the_same_digest_and_says_it_in_a_label() -> None:
    labels = spec().payload()["Labels"]
    assert labels["coderunner.spec"] == spec().digest()
    assert {labels["coderunner.node"], labels["coderunner.role"], labels["coderunner.uid"]} == {"n", "run", "5"}


def test_a_language_without_a_compile_stage_has_no_compile_slots() -> None:
    with pytest.raises(ValueError, match="no compile stage"):
        usual_size(dataclasses.replace(LANGUAGE, compile=None), Role.COMPILE, SETTINGS)
