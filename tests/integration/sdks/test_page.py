"""The modules of ``<code-runner>`` in Node.js: their own tests."""

from __future__ import annotations

import pytest

from dev.page_element import PAGE
from tests.integration.sdks.node_in_image import said_by_node

OWN_TESTS = sorted(f"test/{path.name}" for path in (PAGE / "test").glob("*.test.mjs"))


@pytest.mark.usefixtures("docker_engine")
async def test_its_own_tests_pass() -> None:
    said = await said_by_node(["--test", *OWN_TESTS], seen={PAGE: "/page"})
    assert "# fail 0" in said
    assert int(said.rpartition("# pass ")[2].split()[0]) > len(OWN_TESTS), said
