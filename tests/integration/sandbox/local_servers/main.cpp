#include <arpa/inet.h>
#include <cstdio>
#include <cstring>
#include <initializer_list>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>

static int fail(const char* what) {
    perror(what);
    return 1;
}

int main() {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(8080);
    inet_pton(AF_INET, "127.0.0.1", &address.sin_addr);
    auto* where = reinterpret_cast<sockaddr*>(&address);
    int server = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, IPPROTO_TCP), yes = 1, large = 1 << 20;
    timeval patience{5, 0};
    for (int option : {SO_REUSEADDR, SO_REUSEPORT, SO_KEEPALIVE})
        if (setsockopt(server, SOL_SOCKET, option, &yes, sizeof yes)) return fail("setsockopt");
    for (int option : {SO_SNDBUF, SO_RCVBUF})
        if (setsockopt(server, SOL_SOCKET, option, &large, sizeof large)) return fail("sizes of buffers");
    if (setsockopt(server, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience)) return fail("SO_RCVTIMEO");
    if (setsockopt(server, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes)) return fail("TCP_NODELAY");
    if (bind(server, where, sizeof address) || listen(server, 5)) return fail("bind");
    std::thread serving([&] {
        int peer = accept(server, nullptr, nullptr);
        write(peer, "hello", 5);
        close(peer);
    });
    int client = socket(AF_INET, SOCK_STREAM, 0);
    if (connect(client, where, sizeof address)) return fail("connect");
    char heard[6] = {};
    if (recv(client, heard, 5, MSG_WAITALL) != 5) return fail("recv");
    serving.join();
    int one = socket(AF_INET, SOCK_DGRAM, 0), other = socket(AF_INET, SOCK_DGRAM, IPPROTO_UDP);
    if (bind(one, where, sizeof address)) return fail("bind UDP");
    sendto(other, "hello", 5, 0, where, sizeof address);
    if (recv(one, heard, 5, 0) == 5 && !strcmp(heard, "hello")) puts("served");
}
