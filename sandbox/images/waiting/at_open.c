/* Preloaded into an interpreter or a compiler that was started ahead, before there is a program: it reads its libraries and sets
 * itself up as always, and waits in the call by which it first touches the file of the program. Then the file is there, and the
 * call goes on; nothing else differs from a start by hand. A program that is to be run by other words than those which the process
 * was started with (another name, arguments, options) is started afresh in its place.
 *
 * Ruby opens the file, looks at its first byte (a shebang?), sets itself up, and goes on reading. For such there is another file
 * whose touch it waits at, a library that is read last. Until then it has a file of one byte in the place of the program's; the
 * byte is put right in the buffer where it was read to. A program with a shebang, or an empty one, is started afresh. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "lists.h"

extern char **environ;

static const char *awaited;   /* the file's name; NULL once the program has come */
static char awaited_whole[PATH_MAX]; /* the same with its directory */
static char **started_as;
static const char *last_library; /* NULL: waits at the program's file */
static int stand_in = -1;        /* what it has in the place of that until then */
static char *given;              /* where the stand-in's byte was read to */

static int differs(char **one, char **other) {
    while (*one && *other && strcmp(*one, *other) == 0) one++, other++;
    return *one || *other;
}

static void wait_for_program(void) {
    awaited = NULL;
    say_ready();
    char **command = read_list();
    for (char **setting = read_list(); *setting; setting++) putenv(*setting);
    close(CONTROL_FD);
    if (!differs(command, started_as)) return;
    execvp(command[0], command);
    dprintf(2, "%s: %s\n", command[0], strerror(errno));
    _exit(127);
}

static int is_program(const char *path) {
    return strcmp(path, awaited) == 0 || strcmp(path, awaited_whole) == 0;
}

/* The descriptor that the program's file is opened as, or -1 where the call is to go on. */
static int stand_in_for(const char *path) {
    if (!awaited || !last_library || stand_in >= 0 || !path || !is_program(path)) return -1;
    stand_in = memfd_create(awaited, MFD_CLOEXEC);
    if (stand_in < 0 || pwrite(stand_in, "\n", 1, 0) != 1) _exit(1);
    return stand_in;
}

/* Puts the program's file in the place of the other. */
static void replace_stand_in(const char *path) {
    char first[2] = {0};
    int file = (int)syscall(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC);
    if (file < 0 || pread(file, first, sizeof first, 0) <= 0 || memcmp(first, "#!", sizeof first) == 0) {
        execvp(started_as[0], started_as);
        _exit(127);
    }
    if (given) {
        *given = first[0];
        lseek(file, 1, SEEK_SET);
    }
    dup3(file, stand_in, O_CLOEXEC);
    close(file);
}

static void touch(const char *path) {
    if (!awaited || !path || !(last_library ? strcmp(path, last_library) == 0 : is_program(path))) return;
    const char *name = awaited;
    wait_for_program();
    if (stand_in >= 0) replace_stand_in(name);
}

__attribute__((constructor)) static void begin(int count, char **words) {
    const char *name = getenv("CODERUNNER_WAITS_AT");
    char here[PATH_MAX];
    if (!name || !getcwd(here, sizeof here)) return;
    if ((size_t)snprintf(awaited_whole, sizeof awaited_whole, "%s/%s", here, name) >= sizeof awaited_whole) return;
    started_as = calloc((size_t)count + 1, sizeof *started_as);
    for (int i = 0; started_as && i < count; i++) started_as[i] = strdup(words[i]);
    awaited = started_as ? strdup(name) : NULL;
    const char *other = getenv("CODERUNNER_WAITS_UNTIL");
    last_library = other ? strdup(other) : NULL;
    unsetenv("CODERUNNER_WAITS_UNTIL");
    unsetenv("CODERUNNER_WAITS_AT"); /* neither the program nor what it starts sees them */
    unsetenv("LD_PRELOAD");
}

#define ORIGINAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))
#define EXPORTED __attribute__((visibility("default")))

static mode_t mode_of(int flags, va_list rest) {
    return flags & O_CREAT || (flags & O_TMPFILE) == O_TMPFILE ? va_arg(rest, mode_t) : 0;
}

#define OPENS(name)                                             \
    EXPORTED int name(const char *path, int flags, ...) {       \
        static __typeof__(&name) original;                      \
        if (!original) original = ORIGINAL(name);               \
        va_list rest;                                           \
        va_start(rest, flags);                                  \
        mode_t mode = mode_of(flags, rest);                     \
        va_end(rest);                                           \
        int other = stand_in_for(path);                         \
        if (other >= 0) return other;                           \
        touch(path);                                            \
        return original(path, flags, mode);                     \
    }

#define OPENS_AT(name)                                                  \
    EXPORTED int name(int directory, const char *path, int flags, ...) { \
        static __typeof__(&name) original;                              \
        if (!original) original = ORIGINAL(name);                       \
        va_list rest;                                                   \
        va_start(rest, flags);                                          \
        mode_t mode = mode_of(flags, rest);                             \
        va_end(rest);                                                   \
        touch(path);                                                    \
        return original(directory, path, flags, mode);                  \
    }

#define TOUCHES(type, name, parameters, ...)      \
    EXPORTED type name parameters {               \
        static __typeof__(&name) original;        \
        if (!original) original = ORIGINAL(name); \
        touch(path);                              \
        return original(__VA_ARGS__);             \
    }

EXPORTED ssize_t read(int fd, void *buffer, size_t size) {
    static __typeof__(&read) original;
    if (!original) original = ORIGINAL(read);
    ssize_t got = original(fd, buffer, size);
    if (awaited && fd == stand_in && got == 1) given = buffer;
    return got;
}

OPENS(open)
OPENS(open64)
OPENS_AT(openat)
OPENS_AT(openat64)
TOUCHES(FILE *, fopen, (const char *path, const char *mode), path, mode)
TOUCHES(FILE *, fopen64, (const char *path, const char *mode), path, mode)
TOUCHES(int, stat, (const char *path, struct stat *found), path, found)
TOUCHES(int, stat64, (const char *path, struct stat64 *found), path, found)
TOUCHES(int, lstat, (const char *path, struct stat *found), path, found)
TOUCHES(int, lstat64, (const char *path, struct stat64 *found), path, found)
TOUCHES(int, fstatat, (int at, const char *path, struct stat *found, int flags), at, path, found, flags)
TOUCHES(int, fstatat64, (int at, const char *path, struct stat64 *found, int flags), at, path, found, flags)
TOUCHES(int, statx, (int at, const char *path, int flags, unsigned mask, struct statx *found), at, path, flags, mask, found)
TOUCHES(int, access, (const char *path, int mode), path, mode)
TOUCHES(ssize_t, readlink, (const char *path, char *buffer, size_t size), path, buffer, size)
TOUCHES(char *, realpath, (const char *path, char *resolved), path, resolved)
