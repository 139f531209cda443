// What was open when we were started: three pipes, and nothing else.
#include <cstdio>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

int main() {
    for (int number = 0; number < 4096; ++number) {
        struct stat found;
        if (fstat(number, &found) != 0) continue;
        if (number > 2 || !S_ISFIFO(found.st_mode)) printf("ESCAPED: descriptor %d\n", number);
    }
    puts("looked");
}
