#include <iostream>
#include <algorithm>
#include <string>
#include <vector>
using namespace std;

struct Item {
    string name;
    int weight, value;
};

int best[101][1001];

int solve(const vector<Item>& items, int capacity) {
    fill(best[0], best[0] + capacity + 1, 0);
    for (size_t i = 1; i <= items.size(); i++)
        for (int room = 0; room <= capacity; room++) {
            best[i][room] = best[i - 1][room];
            if (items[i - 1].weight <= room)
                best[i][room] = max(best[i][room], best[i - 1][room - items[i - 1].weight] + items[i - 1].value);
        }
    return best[items.size()][capacity];
}

vector<string> chosen(const vector<Item>& items, int capacity) {
    vector<string> names;
    for (size_t i = items.size(); i > 0; i--)
        if (best[i][capacity] != best[i - 1][capacity]) {
            names.push_back(items[i - 1].name);
            capacity -= items[i - 1].weight;
        }
    reverse(names.begin(), names.end());
    return names;
}

int main() {
    vector<Item> items = {{"map", 9, 150},     {"compass", 13, 35},  {"water", 153, 200}, {"sandwich", 50, 160},
                          {"glucose", 15, 60}, {"tin", 68, 45},      {"banana", 27, 60},  {"apple", 39, 40},
                          {"cheese", 23, 30},  {"sunglasses", 7, 20}, {"towel", 18, 12},   {"socks", 4, 50}};
    for (int capacity : {50, 150, 400}) {
        cout << "capacity " << capacity << ": value " << solve(items, capacity) << " with";
        for (const string& name : chosen(items, capacity)) cout << " " << name;
        cout << "\n";
    }
}
