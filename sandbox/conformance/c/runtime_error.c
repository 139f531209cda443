#include <assert.h>

int main(void) {
    assert(!"got here");
}
