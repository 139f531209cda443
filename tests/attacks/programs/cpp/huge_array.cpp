char block[200 << 20] = {1};
int main() { return block[1]; }
