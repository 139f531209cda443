#include <stdio.h>

int main(int count, char **words) {
    for (int i = 1; i < count; i++) puts(words[i]);
}
