#include <algorithm>
#include <cctype>
#include <iomanip>
#include <iostream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

static const char* const TEXT =
    "The quick brown fox jumps over the lazy dog. The dog barks; the fox runs away. "
    "Over the hills and far away the fox rests, and the dog sleeps.";

static std::string lower(std::string word) {
    std::transform(word.begin(), word.end(), word.begin(), [](unsigned char c) { return std::tolower(c); });
    return word;
}

int main() {
    std::string cleaned = TEXT;
    std::replace_if(cleaned.begin(), cleaned.end(), [](unsigned char c) { return std::ispunct(c) != 0; }, ' ');

    std::map<std::string, int> counts;
    std::istringstream words(cleaned);
    for (std::string word; words >> word;) ++counts[lower(word)];

    std::vector<std::pair<std::string, int>> ranked(counts.begin(), counts.end());
    std::stable_sort(ranked.begin(), ranked.end(), [](const auto& a, const auto& b) { return a.second > b.second; });

    for (std::size_t at = 0; at < ranked.size() && at < 8; ++at)
        std::cout << std::left << std::setw(8) << ranked[at].first << std::right << std::setw(3) << ranked[at].second
                  << '\n';
    std::cout << counts.size() << " different words\n";
}
