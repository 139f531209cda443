#include <stdio.h>
#include <math.h>
#include <vector>
using namespace std;
#include <algorithm>
#include <stdlib.h>

// Are two numbers of the list closer to each other than the threshold?
bool has_close_elements(vector<float> numbers, float threshold) {
    for (size_t i = 0; i < numbers.size(); i++)
        for (size_t j = i + 1; j < numbers.size(); j++)
            if (fabs(numbers[i] - numbers[j]) < threshold) return true;
    return false;
}

// The same after sorting: only neighbours can be the closest.
bool has_close_neighbours(vector<float> numbers, float threshold) {
    sort(numbers.begin(), numbers.end());
    for (size_t i = 1; i < numbers.size(); i++)
        if (numbers[i] - numbers[i - 1] < threshold) return true;
    return false;
}

#undef NDEBUG
#include <assert.h>

int main() {
    vector<float> a = {1.0, 2.0, 3.9, 4.0, 5.0, 2.2};
    assert(has_close_elements(a, 0.3) == true);
    assert(has_close_elements(a, 0.05) == false);
    assert(has_close_elements({1.0, 2.0, 5.9, 4.0, 5.0}, 0.95) == true);
    assert(has_close_elements({1.0, 2.0, 5.9, 4.0, 5.0}, 0.8) == false);
    unsigned state = 12345;
    int agree = 0;
    for (int round = 0; round < 200; round++) {
        vector<float> v;
        for (int i = 0; i < 8; i++) {
            state = state * 1103515245u + 12345u;
            v.push_back((state >> 16) % 1000 / 10.0f);
        }
        if (has_close_elements(v, 1.0f) == has_close_neighbours(v, 1.0f)) agree++;
    }
    printf("agree: %d of 200\n", agree);
    return agree == 200 ? 0 : EXIT_FAILURE;
}
