/* start [--until LIBRARY] FILE COMMAND...: runs COMMAND so that it waits where it first touches FILE, a name in the work directory,
 * or where it first touches LIBRARY, the last that it reads before it goes on with FILE (at_open.c). */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int main(int count, char **words) {
    if (count > 3 && strcmp(words[1], "--until") == 0) {
        setenv("CODERUNNER_WAITS_UNTIL", words[2], 1);
        count -= 2, words += 2;
    }
    if (count < 3) return 2;
    setenv("LD_PRELOAD", "/opt/coderunner/waiting/at_open.so", 1);
    setenv("CODERUNNER_WAITS_AT", words[1], 1);
    execvp(words[2], words + 2);
    fprintf(stderr, "%s: %s\n", words[2], strerror(errno));
    return 127;
}
