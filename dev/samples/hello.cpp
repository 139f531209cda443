#include <bits/stdc++.h>

int main() {
    std::vector<int> numbers(10);
    std::iota(numbers.begin(), numbers.end(), 1);
    std::cout << "hello from C++ " << __cplusplus / 100 % 100 << " and "
              << std::accumulate(numbers.begin(), numbers.end(), 0) << '\n';
}
