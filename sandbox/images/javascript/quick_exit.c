/* Tells the slot's agent that Node.js has ended, and how, before the kernel takes its memory apart: a Node-API module
 * without a function of its own, which bootstrap.js loads (docs/adr/0007-the-end-before-the-memory-is-gone.md).
 *
 * A program ends in one of two ways (Node.js 20), and both call the C library's exit():
 *
 *     the event loop is empty                          process.exit(), an exception that nobody catches
 *     (SpinEventLoopInternal, embed_helpers.cc)        (lib/internal/process/per_thread.js, node_errors.cc)
 *      |                                                |
 *      |- process emits 'beforeExit'                    |- process emits 'exit'
 *      |  (again while that gives the loop work)        |
 *      |- process emits 'exit'                          |- no JavaScript of the program runs any more
 *      |- no JavaScript of the program runs any more    |- RunAtExit
 *      |- FreeEnvironment: worker threads stopped,      |- DefaultProcessExitHandler: worker threads stopped,
 *      |  handles closed, clean-up hooks, RunAtExit     |  libuv's threads ended, the V8 platform disposed of
 *      |- ~NodeMainInstance: the isolate, V8's heap     |
 *      |- TearDownOncePerProcess: terminal, signals, V8 |
 *      '- main() returns                                |
 *      |                                                |
 *      '------------------------.-----------------------'
 *                               |
 *     exit(): what was registered with on_exit and atexit is called, the last registered first
 *                               |
 *                          ===> tell_agent() sends the exit code, and sleeps until the agent kills the process
 *                               |
 *     destructors of C++ objects, _exit(), and the kernel unmaps the memory: 4 ms for which nobody waits */
#define _DEFAULT_SOURCE
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

enum { AGENT_TIMEOUT_NS = 100 * 1000 * 1000 };

static const char agent[] = "\0coderunner-agent"; /* an abstract socket's address */
static pid_t program_pid;                          /* a process that it forks has nothing to tell */

static void tell_agent(int status, void *unused) {
    (void)unused;
    if (getpid() != program_pid) return;
    fflush(NULL);
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    for (size_t i = 0; i < sizeof agent - 1; i++) address.sun_path[i] = agent[i];
    unsigned char message[] = {'E', (unsigned char)status};
    close(STDIN_FILENO); /* its place is the socket's: no descriptor is counted that the program did not open */
    int agent_socket = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    ssize_t sent = sendto(agent_socket, message, sizeof message, MSG_DONTWAIT, (struct sockaddr *)&address,
                          offsetof(struct sockaddr_un, sun_path) + sizeof agent - 1);
    /* While it sleeps, until the agent kills it, its processor time is accounted for. */
    if (sent == sizeof message) nanosleep(&(struct timespec){.tv_nsec = AGENT_TIMEOUT_NS}, NULL);
}

void *napi_register_module_v1(void *environment, void *exports);

void *napi_register_module_v1(void *environment, void *exports) {
    (void)environment;
    program_pid = getpid();
    on_exit(tell_agent, NULL);
    return exports;
}
