#include <set>
#include <iostream>
#include <iterator>
#include <algorithm>
#include <string>
#include <vector>

template <typename Container>
void show(const std::string& title, const Container& items) {
    std::cout << title << ": {";
    const char* glue = "";
    for (const auto& item : items) {
        std::cout << glue << item;
        glue = ", ";
    }
    std::cout << "}\n";
}

std::vector<int> common(std::vector<int> a, std::vector<int> b) {
    std::set<int> left(a.begin(), a.end()), right(b.begin(), b.end());
    std::vector<int> both;
    std::set_intersection(left.begin(), left.end(), right.begin(), right.end(), std::back_inserter(both));
    return both;
}

int main() {
    std::set<std::string> monday{"ann", "bob", "cid", "dora"}, tuesday{"bob", "dora", "emil"};
    std::set<std::string> all, only_monday, either;
    std::set_union(monday.begin(), monday.end(), tuesday.begin(), tuesday.end(), std::inserter(all, all.end()));
    std::set_difference(monday.begin(), monday.end(), tuesday.begin(), tuesday.end(),
                        std::inserter(only_monday, only_monday.end()));
    std::set_symmetric_difference(monday.begin(), monday.end(), tuesday.begin(), tuesday.end(),
                                  std::inserter(either, either.end()));
    show("all", all);
    show("only monday", only_monday);
    show("one day", either);
    show("common", common({1, 4, 3, 34, 653, 2, 5}, {5, 7, 1, 5, 9, 653, 121}));
    show("common", common({4, 3, 2, 8}, {}));

    std::multiset<int> scores{70, 85, 85, 90, 60, 85};
    std::cout << scores.count(85) << " times 85, median " << *std::next(scores.begin(), scores.size() / 2) << "\n";
    scores.erase(scores.lower_bound(70), scores.upper_bound(85));
    show("left", scores);
}
