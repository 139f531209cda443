"""Every family and every address that leads somewhere: the outside, the metadata service, the engine, the host."""
import os
import socket

ADDRESSES = [
    (socket.AF_INET, ("169.254.169.254", 80)), (socket.AF_INET, ("169.254.170.2", 80)), (socket.AF_INET, ("172.17.0.1", 2375)),
    (socket.AF_INET, ("172.17.0.1", 4222)), (socket.AF_INET, ("10.0.0.1", 80)), (socket.AF_INET, ("192.168.0.1", 80)),
    (socket.AF_INET, ("8.8.8.8", 53)), (socket.AF_INET, ("127.0.0.1", 4222)), (socket.AF_INET, ("127.0.0.1", 2379)),
    (socket.AF_INET, ("127.0.0.1", 50051)), (socket.AF_INET, ("0.0.0.0", 22)), (socket.AF_INET6, ("::1", 4222)),
    (socket.AF_INET6, ("fd00:ec2::254", 80)), (socket.AF_INET6, ("fe80::1", 80)), (socket.AF_INET6, ("2001:4860:4860::8888", 53)),
    (socket.AF_INET6, ("::ffff:169.254.169.254", 80)),
]
for family, address in ADDRESSES:
    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
        try:
            with socket.socket(family, kind) as line:
                line.settimeout(0.2)
                line.connect(address)
                line.sendall(b"GET / HTTP/1.0\r\n\r\n")
                line.recv(10)
                print("ESCAPED: reached", address, kind)
        except OSError:
            pass
for path in ("/var/run/docker.sock", "/run/docker.sock", "/run/containerd/containerd.sock", "/run/systemd/private", "/run/dbus/system_bus_socket",
             "\0/containerd-shim/", "/proc/1/root/var/run/docker.sock"):
    try:
        with socket.socket(socket.AF_UNIX) as line:
            line.connect(path)
            print("ESCAPED: reached", path)
    except OSError:
        pass
try:
    with open("/proc/net/unix") as table:
        print("ESCAPED: abstract sockets" if "@/containerd-shim" in table.read() else "none of the host's")
except OSError:
    pass
for name in ("example.com", "metadata.google.internal", "host.docker.internal", "nats", "etcd"):
    try:
        print("ESCAPED: resolved", socket.getaddrinfo(name, 80))
    except OSError:
        pass
with open("/proc/net/dev") as table:
    interfaces = [line.partition(":")[0].strip() for line in table if ":" in line]
if os.path.exists("/sys/class/net") and os.listdir("/sys/class/net") != interfaces:
    print("ESCAPED: interfaces", os.listdir("/sys/class/net"))
if interfaces != ["lo"]:
    print("ESCAPED: interfaces", interfaces)
print("tried")
