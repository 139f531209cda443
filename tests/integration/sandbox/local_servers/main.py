import asyncio
import multiprocessing
import sqlite3
import subprocess
import tempfile
import threading
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"hello")

    def log_message(self, *args):
        pass


def http():
    server = ThreadingHTTPServer(("127.0.0.1", 8000), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    assert urllib.request.urlopen("http://127.0.0.1:8000/").read() == b"hello"
    server.shutdown()
    server.server_close()


async def datagrams():
    loop = asyncio.get_running_loop()
    heard = loop.create_future()

    class Listener(asyncio.DatagramProtocol):
        def datagram_received(self, data, addr):
            heard.set_result(data)

    transport, _ = await loop.create_datagram_endpoint(Listener, local_addr=("127.0.0.1", 5000))
    sender, _ = await loop.create_datagram_endpoint(asyncio.DatagramProtocol, remote_addr=("127.0.0.1", 5000))
    sender.sendto(b"hello")
    assert await heard == b"hello"
    sender.close()
    transport.close()


def database():
    with tempfile.NamedTemporaryFile(suffix=".db") as file, sqlite3.connect(file.name) as connection:
        connection.execute("pragma journal_mode = wal")
        connection.execute("create table t (n integer)")
        connection.executemany("insert into t values (?)", [(n,) for n in range(100)])
        connection.commit()
        assert connection.execute("select sum(n) from t").fetchone() == (4950,)


def double(n):
    return 2 * n


if __name__ == "__main__":
    http()
    asyncio.run(datagrams())
    database()
    with multiprocessing.Pool(2) as pool:
        assert pool.map(double, [1, 2]) == [2, 4]
    assert subprocess.run(["sync"], check=True).returncode == 0
    print("served")
