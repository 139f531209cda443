"""Leaves connections in every state on the ports that samples use: closed by the server first (TIME_WAIT), half closed,
with data that nobody read, and not yet accepted."""

import socket

PORTS = (3000, 5000, 8000, 8080)
kept = []
for port in PORTS:
    server = socket.create_server(("127.0.0.1", port))
    for way in ("closed", "half", "full", "waiting"):
        client = socket.create_connection(("127.0.0.1", port))
        if way == "waiting":
            kept += [client]
            continue
        peer, _ = server.accept()
        if way == "closed":
            peer.close()
            client.recv(1)
            client.close()
        elif way == "half":
            peer.shutdown(socket.SHUT_WR)
            kept += [client, peer]
        else:
            peer.setblocking(False)
            try:
                while True:
                    peer.send(b"x" * 65536)
            except BlockingIOError:
                pass
            peer.close()
            kept += [client]
    kept += [server]
print("left", flush=True)
