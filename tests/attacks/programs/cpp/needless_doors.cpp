// Calls whose argument asks for what no program needs: protocols of sockets, the page cache that all slots share,
// memory that no control group counts. Each must be refused, with junk above the 32 bits that the kernel looks at too.
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fcntl.h>
#include <initializer_list>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <netinet/in.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

static const long JUNK = 1L << 32;

static void refused(const char* what, long answer) {
    if (answer >= 0) printf("ESCAPED: %s gave %ld\n", what, answer);
}

static void sockets() {
    for (long family : {AF_INET, AF_INET6})
        for (long junk : {0L, JUNK}) {
            refused("multipath TCP", syscall(SYS_socket, family, SOCK_STREAM, 262 + junk));
            refused("SCTP", syscall(SYS_socket, family, SOCK_STREAM, IPPROTO_SCTP + junk));
            refused("SMC", syscall(SYS_socket, family, SOCK_STREAM, 256 + junk));
            refused("ping", syscall(SYS_socket, family, SOCK_DGRAM, IPPROTO_ICMP + junk));
            refused("ping of IPv6", syscall(SYS_socket, family, SOCK_DGRAM, IPPROTO_ICMPV6 + junk));
            refused("UDP-Lite", syscall(SYS_socket, family, SOCK_DGRAM, IPPROTO_UDPLITE + junk));
            refused("L2TP", syscall(SYS_socket, family, SOCK_DGRAM, 115 + junk));
            refused("raw", syscall(SYS_socket, family, SOCK_RAW + junk, IPPROTO_UDP));
            refused("DCCP", syscall(SYS_socket, family, 6 + junk, IPPROTO_DCCP));
        }
    errno = 0;
    if (socket(AF_INET, SOCK_STREAM, 262) >= 0 || errno != EPROTONOSUPPORT) printf("ESCAPED: Go goes on asking\n");
}

static void options_of_sockets() {
    int tcp = socket(AF_INET, SOCK_STREAM, 0), size = 0, room = 4 << 20;
    socklen_t length = sizeof size;
    sock_filter all{BPF_RET | BPF_K, 0, 0, 0xffff};
    sock_fprog filter{1, &all};
    int usual = 0;
    getsockopt(tcp, SOL_SOCKET, SO_RCVBUF, &usual, &length);
    setsockopt(tcp, SOL_SOCKET, SO_RCVBUF, &room, sizeof room);
    syscall(SYS_setsockopt, tcp, SOL_SOCKET + JUNK, SO_RCVBUF + JUNK, &room, sizeof room);
    getsockopt(tcp, SOL_SOCKET, SO_RCVBUF, &size, &length);
    if (size > usual) printf("ESCAPED: a receive buffer of %d\n", size);
    refused("a filter of packets", setsockopt(tcp, SOL_SOCKET, SO_ATTACH_FILTER, &filter, sizeof filter));
    refused("zero copies", setsockopt(tcp, SOL_SOCKET, SO_ZEROCOPY, &tcp, sizeof tcp));
    refused("kernel TLS", setsockopt(tcp, IPPROTO_TCP, 31, "tls", 3));
    refused("congestion control", setsockopt(tcp, IPPROTO_TCP, 13, "cubic", 5));
    close(tcp);
}

static void page_cache() {
    int shared = open("/usr/bin/env", O_RDONLY);
    char one[4096];
    iovec into{one, sizeof one};
    for (long junk : {0L, JUNK}) {
        refused("fadvise DONTNEED", syscall(SYS_fadvise64, shared, 0, 0, POSIX_FADV_DONTNEED + junk) == 0 ? 0 : -1);
        refused("preadv2 NOWAIT", syscall(SYS_preadv2, shared, &into, 1, 0, 0, 8 + junk));
        refused("preadv2 DONTCACHE", syscall(SYS_preadv2, shared, &into, 1, 0, 0, 0x80 + junk));
    }
    long range[2] = {0, 4096}, found[5];
    refused("cachestat", syscall(451, shared, range, found, 0));
    refused("readahead", syscall(SYS_readahead, shared, 0, 4096));
    void* page = mmap(nullptr, 1 << 16, PROT_READ, MAP_SHARED, shared, 0);
    for (long junk : {0L, JUNK}) {
        refused("madvise COLD", syscall(SYS_madvise, page, 1 << 16, 20 + junk));
        refused("madvise PAGEOUT", syscall(SYS_madvise, page, 1 << 16, 21 + junk));
    }
    unsigned char resident[16] = {};
    // The kernel tells it of files that one may write to only; of others it says that all of them are there.
    mincore(page, 1 << 16, resident);
    for (int at = 0; at < 8; ++at)
        if (!(resident[at] & 1)) printf("ESCAPED: mincore tells of other people's pages\n");
}

static void memory() {
    void* own = mmap(nullptr, 1 << 16, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    for (long junk : {0L, JUNK}) {
        refused("madvise MERGEABLE", syscall(SYS_madvise, own, 1 << 16, 12 + junk));
        refused("madvise COLLAPSE", syscall(SYS_madvise, own, 1 << 16, 25 + junk));
        refused("PR_SET_MEMORY_MERGE", syscall(SYS_prctl, 67 + junk, 1, 0, 0, 0));
        refused("PR_SCHED_CORE", syscall(SYS_prctl, 62 + junk, 1, 0, 0, 0));
        refused("PR_SET_MM", syscall(SYS_prctl, 35 + junk, 1, 0, 0, 0));
        refused("PR_FUTEX_HASH", syscall(SYS_prctl, 78 + junk, 1, 16, 0, 0));
    }
    sock_filter allow{BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW};
    sock_fprog filter{1, &allow};
    refused("a filter of calls", prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter));
    errno = 0;
    if (mmap(nullptr, 2 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB, -1, 0) != MAP_FAILED ||
        errno != EPERM)
        printf("ESCAPED: huge pages\n");
    refused("a file of huge pages", syscall(SYS_memfd_create, "x", 4));
}

int main() {
    sockets();
    if (access("/proc/sentry-meminfo", F_OK) != 0) {  // gVisor's kernel is the slot's own, and all in the slot's memory
        options_of_sockets();
        page_cache();
        memory();
    }
    sync();
    puts("tried");
}
