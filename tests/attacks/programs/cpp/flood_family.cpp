// Several writers on both streams, from processes that ignore a closed pipe.
#include <csignal>
#include <unistd.h>

int main() {
    signal(SIGPIPE, SIG_IGN);
    fork();
    fork();
    static char block[65536];
    for (auto& byte : block) byte = 'x';
    for (;;) {
        write(1, block, sizeof block);
        write(2, block, sizeof block);
    }
}
