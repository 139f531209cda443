"""Fills the buffers of sockets on the loopback, which nobody reads: TCP or UDP, as its argument says. It stops where it
has proved enough: what it takes is the whole machine's."""

import errno
import os
import resource
import socket
import sys

ENOUGH = 48 << 20
KIND = {"tcp": socket.SOCK_STREAM, "udp": socket.SOCK_DGRAM}[sys.argv[1]]


def queued():
    with open(f"/proc/net/{sys.argv[1]}") as file:
        fields = [line.split()[4].split(":") for line in file.readlines()[1:]]
    return sum(int(sent, 16) + int(received, 16) for sent, received in fields)


def pair():
    server = socket.socket(socket.AF_INET, KIND)
    server.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
    server.bind(("127.0.0.1", 0))
    if KIND == socket.SOCK_DGRAM:
        client = socket.socket(socket.AF_INET, KIND)
        client.connect(server.getsockname())
        return server, client
    server.listen(1)
    client = socket.socket(socket.AF_INET, KIND)
    client.settimeout(2)
    client.connect(server.getsockname())
    peer, _ = server.accept()
    return peer, client


def fill():
    kept = []
    try:
        while True:
            kept += pair()
            client = kept[-1]
            client.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4 << 20)
            client.setblocking(False)
            try:
                for _ in range(200):
                    client.send(b"x" * 60_000)
            except BlockingIOError:
                pass
            if queued() > ENOUGH:
                break
    except OSError as error:
        print(errno.errorcode.get(error.errno, error), flush=True)
    return kept


resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
told, tell = os.pipe()
done, wait = os.pipe()
children = 0
while children < 6 and queued() < ENOUGH:
    children += 1
    if os.fork() == 0:
        os.close(wait)
        kept = fill()
        os.write(tell, b".")
        os.read(done, 1)
        os._exit(0)
    os.read(told, 1)
print("tried", queued() >> 20, "MiB", flush=True)
if queued() > ENOUGH:
    print("ESCAPED: more than the slot's memory in buffers", flush=True)
