// Children given to our own parent (CLONE_PARENT): the zygote or the agent gets the news of their ends.
#include <csignal>
#include <cstdio>
#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

int main() {
    puts("cloning");
    fflush(stdout);
    for (int number = 0; number < 20000; ++number)
        if (syscall(SYS_clone, CLONE_PARENT, 0, 0, 0, 0) == 0) _exit(number % 3 ? 0 : 7);
    for (int number = 0; number < 20; ++number)
        if (syscall(SYS_clone, CLONE_PARENT, 0, 0, 0, 0) == 0)
            for (;;) pause();
    puts("left");
    return 3;
}
