#include <bits/stdc++.h>

int main() {
    auto began = std::chrono::steady_clock::now();
    unsigned best = 1;
    int most = 0;
    for (unsigned start = 1; start < 3'000'000; ++start) {
        int steps = 0;
        for (unsigned long long n = start; n != 1; ++steps)
            n = n % 2 ? 3 * n + 1 : n / 2;
        if (steps > most) most = steps, best = start;
    }
    std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
    std::cout << best << " takes " << most << " steps\n"
              << std::fixed << std::setprecision(2) << took.count() << " s for all of them\n";
}
