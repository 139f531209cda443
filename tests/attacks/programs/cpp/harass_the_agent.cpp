// The agent takes on our user id for the moment in which it kills us. Everything that needs no more than an equal user id
// is tried, without pause, in the hope of that moment.
#include <csignal>
#include <cstdio>
#include <sched.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

int main() {
    signal(SIGTERM, SIG_IGN);
    puts("harassing");
    fflush(stdout);
    for (int number = 0; number < 12; ++number)
        if (fork() == 0) break;
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(0, &one);
    sched_param none{};
    struct rlimit tiny = {3, 3};
    for (unsigned turn = 0;; ++turn) {
        kill(1, SIGTERM);
        kill(1, SIGINT);
        switch (turn % 8) {
            case 0: kill(1, SIGHUP); break;
            case 1: setpriority(PRIO_PROCESS, 1, 19); break;
            case 2: sched_setaffinity(1, sizeof one, &one); break;
            case 3: sched_setscheduler(1, SCHED_IDLE, &none); break;
            case 4: prlimit(static_cast<__pid_t>(1), RLIMIT_NOFILE, &tiny, nullptr); break;
            case 5: syscall(SYS_ioprio_set, 1, 1, 3 << 13); break;
            case 6: kill(-1, SIGTERM); break;
            case 7: kill(1, SIGRTMIN); break;
        }
    }
}
