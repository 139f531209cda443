#include <iostream>

int main() {
    std::cerr << "to standard error\n";
}
