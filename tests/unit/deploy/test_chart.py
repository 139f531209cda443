"""The Helm chart, as far as it can be held to the code without Helm (`make helm` renders it)."""

from __future__ import annotations

import json
from typing import Any

import yaml

from broker_gateway.infrastructure.settings import GatewaySettings
from chassis.settings import ServiceSettings
from dev.paths import REPOSITORY
from node.infrastructure.settings import NodeSettings

CHART = REPOSITORY / "deploy" / "helm" / "coderunner"
SCHEMA = json.loads((CHART / "values.schema.json").read_text(encoding="utf-8"))
VALUES = yaml.safe_load((CHART / "values.yaml").read_text(encoding="utf-8"))
SAID_OTHERWISE = {
    "nats_urls", "etcd_endpoints", "http_address", "nats_credentials", "nats_nkey",
    "nats_account_nkey",
    *(f"{server}_tls_{file}" for server in ("nats", "etcd") for file in ("authorities", "certificate", "key")),
}  # fmt: skip
"""Settings that the chart makes from other values, or that name files of a Secret."""
OF_GATEWAYS = {"grpc_address", "roles", "tls_certificate", "tls_key"}
OF_NODES = {
    "node_id", "nats_user", "etcd_user", "pools", "state_dir", "docker_socket", "oci_runtime", "slot_direct",
}  # fmt: skip


def open_settings(settings: type[ServiceSettings], said_otherwise: set[str]) -> list[str]:
    """Those that may stand in the values: none that is secret."""
    fields = settings.model_fields.items()
    return [name for name, field in fields if "Secret" not in repr(field.annotation) and name not in said_otherwise]


def test_values_may_set_every_setting_by_its_name_but_secrets_and_what_the_chart_says_itself() -> None:
    for part, settings, own in (("gateway", GatewaySettings, OF_GATEWAYS), ("node", NodeSettings, OF_NODES)):
        named = SCHEMA["$defs"][f"{part}Settings"]["propertyNames"]["enum"]
        assert named == open_settings(settings, SAID_OTHERWISE | own)


def test_no_object_of_the_values_takes_what_it_does_not_know() -> None:
    assert open_objects(SCHEMA, "values") == []


def open_objects(schema: dict[str, Any], where: str) -> list[str]:
    """Where objects with named properties may have others."""
    found = [where] if "properties" in schema and schema.get("additionalProperties") is not False else []
    for name, inner in {**schema.get("properties", {}), **schema.get("$defs", {})}.items():
        found += open_objects(inner, f"{where}.{name}")
    return found


def test_every_value_that_there_is_has_its_place_in_the_schema() -> None:
    assert unknown(VALUES, SCHEMA, "values") == []


def unknown(values: dict[str, Any], schema: dict[str, Any], where: str) -> list[str]:
    """Values that the schema does not name, where it names any."""
    found = []
    for name, value in values.items():
        if "properties" in schema and name not in schema["properties"]:
            found.append(f"{where}.{name}")
        elif isinstance(value, dict) and "properties" in schema:
            found += unknown(value, schema["properties"][name], f"{where}.{name}")
    return found


def test_the_chart_is_of_this_version() -> None:
    chart = yaml.safe_load((CHART / "Chart.yaml").read_text(encoding="utf-8"))
    version = (REPOSITORY / "VERSION").read_text(encoding="utf-8").strip()
    assert (chart["version"], chart["appVersion"]) == (version, version)
    assert VALUES["node"]["engine"]["imagesFrom"].rpartition(":")[2] == version
