#include <vector>
#include <iostream>
#include <numeric>
#include <cmath>
#include <algorithm>

std::vector<int> primes_below(int limit) {
    std::vector<bool> composite(limit, false);
    std::vector<int> primes;
    for (int n = 2; n < limit; ++n) {
        if (composite[n]) continue;
        primes.push_back(n);
        for (long long multiple = 1LL * n * n; multiple < limit; multiple += n) composite[multiple] = true;
    }
    return primes;
}

std::vector<int> factors(int n) {
    std::vector<int> found;
    for (int p = 2; p <= std::sqrt(n); ++p)
        while (n % p == 0) {
            found.push_back(p);
            n /= p;
        }
    if (n > 1) found.push_back(n);
    return found;
}

int main() {
    auto primes = primes_below(200000);
    long long sum = std::accumulate(primes.begin(), primes.end(), 0LL);
    std::cout << primes.size() << " primes, sum " << sum << "\n";

    int widest = 0, after = 0;
    for (std::size_t i = 1; i < primes.size(); ++i)
        if (primes[i] - primes[i - 1] > widest) {
            widest = primes[i] - primes[i - 1];
            after = primes[i - 1];
        }
    std::cout << "widest gap " << widest << " after " << after << "\n";

    for (int n : {8, 25, 70, 97, 1001, 65536}) {
        std::cout << n << " =";
        for (int p : factors(n)) std::cout << ' ' << p;
        std::cout << "\n";
    }
    std::cout << "gcd " << std::gcd(1071, 462) << " lcm " << std::lcm(21, 6) << "\n";
    auto twin = std::adjacent_find(primes.rbegin(), primes.rend(), [](int a, int b) { return a - b == 2; });
    std::cout << "last twins " << *(twin + 1) << " " << *twin << "\n";
}
