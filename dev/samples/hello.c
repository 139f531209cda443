#include <stdio.h>

int main(void) {
    int sum = 0;
    for (int number = 1; number <= 10; number++) {
        sum += number;
    }
    printf("hello from C %ld and %d\n", __STDC_VERSION__ / 100 % 100, sum);
}
