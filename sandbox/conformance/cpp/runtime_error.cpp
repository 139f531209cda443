#include <cassert>

int main() {
    assert(!"got here");
}
