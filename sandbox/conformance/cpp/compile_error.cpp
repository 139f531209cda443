#include <iostream>

int main() {
    std::cout << here << '\n';
}
