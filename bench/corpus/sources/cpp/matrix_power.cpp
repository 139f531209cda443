#include <array>
#include <cstdint>
#include <iostream>

constexpr std::uint64_t MODULUS = 1'000'000'007;
using Matrix = std::array<std::array<std::uint64_t, 2>, 2>;

constexpr Matrix operator*(const Matrix& a, const Matrix& b) {
    Matrix product{};
    for (int i = 0; i < 2; ++i)
        for (int j = 0; j < 2; ++j)
            for (int k = 0; k < 2; ++k) product[i][j] = (product[i][j] + a[i][k] * b[k][j]) % MODULUS;
    return product;
}

constexpr Matrix power(Matrix base, std::uint64_t exponent) {
    Matrix result{{{1, 0}, {0, 1}}};
    for (; exponent != 0; exponent >>= 1) {
        if (exponent & 1) result = result * base;
        base = base * base;
    }
    return result;
}

constexpr std::uint64_t fibonacci(std::uint64_t n) { return power({{{1, 1}, {1, 0}}}, n)[0][1]; }

static_assert(fibonacci(10) == 55);
static_assert(fibonacci(0) == 0);

int main() {
    for (std::uint64_t n : {1ull, 2ull, 10ull, 50ull, 90ull, 1'000'000ull, 1'000'000'000'000ull})
        std::cout << "fibonacci(" << n << ") mod 1e9+7 = " << fibonacci(n) << '\n';
    return 0;
}
