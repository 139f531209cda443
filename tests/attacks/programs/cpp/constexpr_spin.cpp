constexpr long spin() {
    long sum = 0;
    for (long outer = 0; outer < 2000000000000L; ++outer) sum += outer;
    return sum;
}
constexpr long value = spin();
int main() { return value != 0; }
