"""What a connection to the bus says of itself, for the health page."""

from __future__ import annotations

from chassis.nats.connection import BusConnection
from chassis.nats.settings import BusSettings
from tests.servers.fixtures import StartNats
from tests.servers.waiting import eventually


async def test_a_connection_is_connected_until_the_bus_goes_and_again_when_it_is_back(start_nats: StartNats) -> None:
    server = start_nats()
    bus = BusConnection(BusSettings(urls=[server.url], reconnect_base_s=0.05, reconnect_max_s=0.2))
    assert bus.words() == "not connected: no try has ended yet"
    bus.start()
    try:
        await bus.wait_connected()
        assert bus.words() == f"connected to 127.0.0.1:{server.port}"
        server.stop()
        await eventually(lambda: not bus.connected())
        assert bus.words().startswith("not connected: ")
        assert bus.words() != "not connected: no try has ended yet"
        server.start()
        await eventually(bus.connected)
        assert bus.words() == f"connected to 127.0.0.1:{server.port}"
    finally:
        await bus.close()


async def test_the_words_of_a_connection_name_neither_user_nor_password(start_nats: StartNats) -> None:
    server = start_nats()
    url = server.url.replace("nats://", "nats://somebody:a-secret@")
    bus = BusConnection(BusSettings(urls=[url], reconnect_base_s=0.05, reconnect_max_s=0.2))
    bus.start()
    try:
        await bus.wait_connected()
        connected = bus.words()
        server.stop()
        await eventually(lambda: "Errno" in bus.words())
        assert "secret" not in connected + bus.words()
    finally:
        await bus.close()
