// Nothing of the submission may run while it is compiled; what it writes then would be found in the compile slot.
#include <cstdlib>
#include <fstream>
#pragma GCC plugin "./evil.so"
static const int before_main = [] { std::ofstream("/tmp/ran") << 1; return 0; }();
int main() { std::ifstream file("/tmp/ran"); return file.good() ? 0 : 1; }
