// 32-bit system calls from a 64-bit program: a filter that only knows one architecture does not see them.
#include <csetjmp>
#include <csignal>
#include <cstdio>
#include <initializer_list>
#include <unistd.h>

static sigjmp_buf back;
static void faulted(int) { siglongjmp(back, 1); }

static long call32(long number) {
    long answer = number;
    __asm__ volatile("int $0x80" : "+a"(answer) : "b"(0L), "c"(0L), "d"(0L) : "r8", "r9", "r10", "r11", "memory");
    return answer;
}

int main(int count, char** arguments) {
    setvbuf(stdout, nullptr, _IONBF, 0);
    if (count > 1) {
        if (syscall(0x40000000 | 39) >= 0) puts("ESCAPED: x32");
        puts("tried");
        return 0;
    }
    signal(SIGSEGV, faulted);
    signal(SIGSYS, faulted);
    for (long number : {20L, 26L, 310L, 117L, 395L, 21L})
        if (sigsetjmp(back, 1) == 0) {
            long answer = call32(number);
            if (answer >= 0) printf("ESCAPED: 32-bit call %ld gave %ld\n", number, answer);
        }
    puts("tried");
}
