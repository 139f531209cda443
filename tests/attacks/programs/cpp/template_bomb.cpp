template <int N, int M> struct Bomb { static constexpr long value = Bomb<N - 1, M>::value + Bomb<N - 1, M + (1 << (N % 20))>::value; };
template <int M> struct Bomb<0, M> { static constexpr long value = M; };
int main() { return Bomb<60, 0>::value; }
