#include <algorithm>
#include <functional>
#include <iostream>
#include <random>
#include <string>
#include <utility>
#include <vector>

using Numbers = std::vector<int>;

void bubble(Numbers& v) {
    for (bool swapped = true; swapped;) {
        swapped = false;
        for (std::size_t i = 1; i < v.size(); ++i)
            if (v[i - 1] > v[i]) std::swap(v[i - 1], v[i]), swapped = true;
    }
}

void quick(Numbers& v, int low, int high) {
    if (low >= high) return;
    int pivot = v[(low + high) / 2], i = low, j = high;
    while (i <= j) {
        while (v[i] < pivot) ++i;
        while (v[j] > pivot) --j;
        if (i <= j) std::swap(v[i++], v[j--]);
    }
    quick(v, low, j);
    quick(v, i, high);
}

void merge(Numbers& v) {
    if (v.size() < 2) return;
    Numbers left(v.begin(), v.begin() + v.size() / 2), right(v.begin() + v.size() / 2, v.end());
    merge(left), merge(right);
    std::merge(left.begin(), left.end(), right.begin(), right.end(), v.begin());
}

void heap(Numbers& v) {
    std::make_heap(v.begin(), v.end());
    std::sort_heap(v.begin(), v.end());
}

int main() {
    std::mt19937 generator(42);
    Numbers original(1500);
    for (int& n : original) n = static_cast<int>(generator() % 100000);
    Numbers expected = original;
    std::sort(expected.begin(), expected.end());

    const std::vector<std::pair<std::string, std::function<void(Numbers&)>>> sorts = {
        {"bubble", bubble},
        {"quick", [](Numbers& v) { quick(v, 0, static_cast<int>(v.size()) - 1); }},
        {"merge", merge},
        {"heap", heap},
    };
    for (const auto& [name, sort] : sorts) {
        Numbers copy = original;
        sort(copy);
        std::cout << name << ": " << (copy == expected ? "sorted" : "wrong") << "\n";
    }
    std::cout << expected.front() << " .. " << expected.back() << "\n";
}
