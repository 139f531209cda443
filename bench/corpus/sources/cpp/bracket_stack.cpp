#include <stack>
#include <string>
#include <iostream>
#include <map>
#include <vector>

using namespace std;

// -1 if every bracket is closed in order, else the place of the first that is wrong.
int first_mistake(const string& text) {
    static const map<char, char> opening = {{')', '('}, {']', '['}, {'}', '{'}};
    stack<pair<char, int>> open;
    for (int i = 0; i < static_cast<int>(text.size()); i++) {
        char c = text[i];
        if (c == '(' || c == '[' || c == '{') open.push({c, i});
        auto closes = opening.find(c);
        if (closes == opening.end()) continue;
        if (open.empty() || open.top().first != closes->second) return i;
        open.pop();
    }
    return open.empty() ? -1 : open.top().second;
}

// Evaluates postfix notation of single digits.
long postfix(const string& text) {
    stack<long> values;
    for (char c : text) {
        if (isdigit(c)) {
            values.push(c - '0');
            continue;
        }
        long right = values.top();
        values.pop();
        long left = values.top();
        values.pop();
        switch (c) {
            case '+': values.push(left + right); break;
            case '-': values.push(left - right); break;
            case '*': values.push(left * right); break;
        }
    }
    return values.top();
}

int main() {
    vector<string> texts = {"{[()]}", "int main() { return a[0]; }", "(]", "((a + b)", "}", ""};
    for (const auto& text : texts) cout << '"' << text << "\" " << first_mistake(text) << endl;
    for (string text : {"23+5*", "93-2*1+", "99*9*"}) cout << text << " = " << postfix(text) << endl;
    return 0;
}
