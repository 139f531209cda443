#include "other.h"

std::string greeting() {
    return "Hello from the other file!";
}
