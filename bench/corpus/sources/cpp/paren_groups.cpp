#include <algorithm>
#include <iostream>
#include <string>
#include <vector>

using namespace std;

// Splits a line of balanced brackets into its groups, blanks left out.
vector<string> separate_groups(const string& text) {
    vector<string> groups;
    string current;
    int depth = 0;
    for (char c : text) {
        if (c == ' ') continue;
        current += c;
        if (c == '(') depth++;
        if (c == ')' && --depth == 0) {
            groups.push_back(current);
            current.clear();
        }
    }
    return groups;
}

int deepest(const string& group) {
    int depth = 0, most = 0;
    for (char c : group) {
        depth += c == '(' ? 1 : -1;
        most = max(most, depth);
    }
    return most;
}

int main() {
    const vector<string> lines = {
        "(()()) ((())) () ((())()())",
        "() (()) ((())) (((())))",
        "(()(())((())))",
        "( ) (( )) (( )( ))",
    };
    for (const string& line : lines) {
        for (const string& group : separate_groups(line)) cout << group << ":" << deepest(group) << " ";
        cout << "\n";
    }
    return 0;
}
