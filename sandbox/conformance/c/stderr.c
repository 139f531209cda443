#include <stdio.h>

int main(void) {
    fputs("to standard error\n", stderr);
}
