#include <cassert>
#include <iostream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

const std::vector<std::pair<int, std::string_view>> NUMERALS = {
    {1000, "M"}, {900, "CM"}, {500, "D"}, {400, "CD"}, {100, "C"}, {90, "XC"}, {50, "L"},
    {40, "XL"},  {10, "X"},   {9, "IX"},  {5, "V"},    {4, "IV"},  {1, "I"}};

std::string to_roman(int number) {
    std::string roman;
    for (const auto& [value, letters] : NUMERALS)
        while (number >= value) {
            roman += letters;
            number -= value;
        }
    return roman;
}

int from_roman(std::string_view roman) {
    int number = 0;
    for (const auto& [value, letters] : NUMERALS)
        while (roman.substr(0, letters.size()) == letters) {
            number += value;
            roman.remove_prefix(letters.size());
        }
    return roman.empty() ? number : -1;
}

int main() {
    assert(to_roman(19) == "XIX");
    assert(to_roman(152) == "CLII");
    assert(to_roman(426) == "CDXXVI");
    assert(from_roman("MCMXC") == 1990);
    std::string longest;
    for (int n = 1; n < 4000; ++n) {
        std::string roman = to_roman(n);
        assert(from_roman(roman) == n);
        if (roman.size() > longest.size()) longest = roman;
    }
    std::cout << longest << " is the longest: " << from_roman(longest) << '\n';
    for (int year : {1066, 1492, 1789, 1969, 2024}) std::cout << year << " " << to_roman(year) << '\n';
    std::cout << from_roman("HELLO") << '\n';
}
