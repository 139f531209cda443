// System calls that a program has no business with. Each must be refused; the number that was not is printed.
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <fcntl.h>
#include <initializer_list>
#include <linux/bpf.h>
#include <linux/perf_event.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

static void refused(const char* what, long answer) {
    if (answer >= 0) printf("ESCAPED: %s gave %ld\n", what, answer);
}

int main() {
    setvbuf(stdout, nullptr, _IONBF, 0);
    char memory[4096] = {};
    for (int pid : {1, static_cast<int>(getppid())}) {
        refused("ptrace attach", ptrace(PTRACE_ATTACH, pid, 0, 0));
        refused("ptrace seize", ptrace(PTRACE_SEIZE, pid, 0, 0));
        refused("process_vm_readv", syscall(SYS_process_vm_readv, pid, memory, 1, memory, 1, 0));
        refused("pidfd_getfd", syscall(SYS_pidfd_getfd, syscall(SYS_pidfd_open, pid, 0), 1, 0));
        refused("kcmp", syscall(SYS_kcmp, pid, getpid(), 0, 0, 0));
        refused("setns", syscall(SYS_setns, syscall(SYS_pidfd_open, pid, 0), CLONE_NEWNS));
        refused("process_madvise", syscall(SYS_process_madvise, syscall(SYS_pidfd_open, pid, 0), memory, 0, 20, 0));
        refused("move_pages", syscall(SYS_move_pages, pid, 0, 0, 0, 0, 0) ? -1 : pid);
    }
    refused("mount", mount("none", "/tmp", "tmpfs", 0, ""));
    refused("bind mount", mount("/", "/tmp", nullptr, MS_BIND, nullptr));
    refused("remount", mount("none", "/", nullptr, MS_REMOUNT, nullptr));
    refused("umount", umount2("/proc", MNT_DETACH));
    refused("fsopen", syscall(SYS_fsopen, "tmpfs", 0));
    refused("open_tree", syscall(SYS_open_tree, AT_FDCWD, "/", 1));
    refused("pivot_root", syscall(SYS_pivot_root, "/tmp", "/tmp"));
    refused("chroot", chroot("/tmp"));
    refused("unshare user", unshare(CLONE_NEWUSER));
    refused("unshare mount", unshare(CLONE_NEWNS));
    refused("unshare net", unshare(CLONE_NEWNET));
    refused("unshare pid", unshare(CLONE_NEWPID));
    long child = syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, 0, 0, 0, 0);
    if (child == 0) _exit(0);
    refused("clone user", child);
    refused("setuid 0", setuid(0));
    refused("setgid 0", setgid(0));
    refused("setresuid", setresuid(0, 0, 0));
    refused("setgroups", syscall(SYS_setgroups, 0, 0));
    refused("add_key", syscall(SYS_add_key, "user", "name", "secret", 6, -4));
    refused("keyctl", syscall(SYS_keyctl, 0, -4, 1));
    refused("request_key", syscall(SYS_request_key, "user", "name", 0, 0));
    refused("io_uring", syscall(SYS_io_uring_setup, 8, memory));
    refused("bpf", syscall(SYS_bpf, BPF_MAP_CREATE, memory, sizeof memory));
    perf_event_attr attributes{};
    attributes.size = sizeof attributes;
    refused("perf", syscall(SYS_perf_event_open, &attributes, 0, -1, -1, 0));
    refused("userfaultfd", syscall(SYS_userfaultfd, 0));
    refused("init_module", syscall(SYS_init_module, memory, 1, ""));
    refused("finit_module", syscall(SYS_finit_module, 0, "", 0));
    refused("kexec", syscall(SYS_kexec_load, 0, 0, 0, 0));
    refused("reboot", syscall(SYS_reboot, 0xfee1dead, 672274793, 0x89abcdef, 0));
    refused("swapon", syscall(SYS_swapon, "/tmp/x", 0));
    refused("open_by_handle_at", syscall(SYS_open_by_handle_at, AT_FDCWD, memory, 0));
    refused("name_to_handle_at", syscall(SYS_name_to_handle_at, AT_FDCWD, "/", memory, memory, 0));
    refused("acct", syscall(SYS_acct, "/tmp/x"));
    refused("quotactl", syscall(SYS_quotactl, 0, 0, 0, 0));
    refused("settimeofday", syscall(SYS_settimeofday, memory, 0));
    refused("sethostname", syscall(SYS_sethostname, "x", 1));
    refused("syslog", syscall(SYS_syslog, 3, memory, 100));
    refused("ioperm", syscall(SYS_ioperm, 0, 1, 1));
    refused("iopl", syscall(SYS_iopl, 3));
    refused("vhangup", syscall(SYS_vhangup));
    refused("lookup_dcookie", syscall(212, 0, memory, 100));
    refused("fanotify", syscall(SYS_fanotify_init, 0, 0));
    refused("shmget", syscall(SYS_shmget, 77, 4096, 01666));
    refused("semget", syscall(SYS_semget, 77, 1, 01666));
    refused("msgget", syscall(SYS_msgget, 77, 01666));
    refused("mq_open", syscall(SYS_mq_open, "q", O_CREAT | O_RDWR, 0600, 0));
    refused("personality", syscall(SYS_personality, 0x0400000));
    for (int family : {AF_PACKET, 40, AF_ALG, AF_BLUETOOTH, AF_KEY, AF_TIPC, 44})
        for (int kind : {SOCK_STREAM, SOCK_RAW, SOCK_DGRAM, SOCK_SEQPACKET}) refused("socket", socket(family, kind, 0) < 0 ? -1 : family);
    refused("raw ip", socket(AF_INET, SOCK_RAW, 1));
    refused("raw ip6", socket(AF_INET6, SOCK_RAW, 58));
    printf("uid %d, tried\n", getuid() == 0);
}
