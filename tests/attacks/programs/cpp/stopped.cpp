// Children that are stopped, traced, zombies or in sessions of their own when their parent ends.
#include <csignal>
#include <cstdio>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

int main() {
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    signal(SIGHUP, SIG_IGN);  // which gVisor sends to a session that has both stopped and dead processes
    for (int number = 0; number < 10; ++number) {
        int child = fork();
        if (child == 0) {
            if (number % 3 == 0) setsid();
            if (number % 3 == 1) ptrace(PTRACE_TRACEME, 0, 0, 0);
            if (number % 5 == 4) _exit(0);
            raise(SIGSTOP);
            for (;;) pause();
        }
    }
    usleep(100000);
    puts("left");
    fflush(stdout);
    _exit(0);
}
