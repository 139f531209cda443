__asm__(".data\n.fill 3000000000, 1, 1\n");
int main() {}
