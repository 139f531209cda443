// Locks alternating bytes of files, some of them in processes of their own: memory of the kernel that is nobody's.
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <fcntl.h>
#include <unistd.h>

static const int ENOUGH = 400'000;
static const int OFD_SETLK = 37;

int main() {
    struct flock lock{};
    lock.l_type = F_WRLCK;
    lock.l_whence = SEEK_SET;
    lock.l_len = 1;
    int open_file = open("/tmp/ofd", O_RDWR | O_CREAT, 0600);
    if (access("/proc/locks", F_OK) == 0 && (fcntl(open_file, OFD_SETLK, &lock) == 0 || errno != EINVAL))
        puts("ESCAPED: a lock that is no process's");
    printf("locking\n");
    fflush(stdout);
    fork();
    char name[40];
    for (int made = 0; made < ENOUGH / 2;) {
        snprintf(name, sizeof name, "/tmp/%d-%d", getpid(), made);
        int file = open(name, O_RDWR | O_CREAT, 0600);
        unlink(name);
        if (file < 0) break;
        for (int at = 5'000; at-- > 0; ++made) {
            lock.l_start = 2 * at;
            if (fcntl(file, F_SETLK, &lock) != 0) break;
        }
    }
    if (access("/proc/locks", F_OK) == 0) puts("ESCAPED: all locks were had");
    fflush(stdout);
    pause();
}
