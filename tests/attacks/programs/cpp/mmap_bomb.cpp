#include <cstdio>
#include <cstring>
#include <sys/mman.h>

int main() {
    puts("mapping");
    fflush(stdout);
    for (;;) {
        void* piece = mmap(nullptr, 1 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (piece == MAP_FAILED) return 9;
        memset(piece, 1, 1 << 20);
    }
}
