/* Waits for the command of a built program, and becomes that program. It is C so that it has next to no memory of its own: what
 * it has goes as the program comes, and would be taken for the program's. */
#include <stdio.h>
#include <string.h>

#include "lists.h"

enum { NOT_FOUND = 127 /* as a shell's where a command cannot be started */ };

int main(void) {
    say_ready();
    char **command = read_list();
    for (char **setting = read_list(); *setting; setting++) putenv(*setting);
    close(CONTROL_FD);
    execvp(command[0], command);
    fprintf(stderr, "%s: %s\n", command[0], strerror(errno));
    return NOT_FOUND;
}
