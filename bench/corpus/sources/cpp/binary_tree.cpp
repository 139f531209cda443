#include <memory>
#include <queue>
#include <vector>
#include <iostream>
using namespace std;

struct TreeNode {
    int value;
    unique_ptr<TreeNode> left, right;
    explicit TreeNode(int v) : value(v) {}
};

void insert(unique_ptr<TreeNode>& node, int value) {
    if (!node) node = make_unique<TreeNode>(value);
    else insert(value < node->value ? node->left : node->right, value);
}

void inorder(const unique_ptr<TreeNode>& node, vector<int>& out) {
    if (!node) return;
    inorder(node->left, out);
    out.push_back(node->value);
    inorder(node->right, out);
}

int height(const unique_ptr<TreeNode>& node) { return node ? 1 + max(height(node->left), height(node->right)) : 0; }

vector<vector<int>> levels(const unique_ptr<TreeNode>& root) {
    vector<vector<int>> result;
    queue<const TreeNode*> waiting;
    if (root) waiting.push(root.get());
    while (!waiting.empty()) {
        result.emplace_back();
        for (size_t left = waiting.size(); left > 0; left--) {
            const TreeNode* node = waiting.front();
            waiting.pop();
            result.back().push_back(node->value);
            if (node->left) waiting.push(node->left.get());
            if (node->right) waiting.push(node->right.get());
        }
    }
    return result;
}

int main() {
    unique_ptr<TreeNode> root;
    for (int value : {50, 30, 70, 20, 40, 60, 80, 35, 45, 65}) insert(root, value);
    vector<int> sorted;
    inorder(root, sorted);
    for (int value : sorted) cout << value << " ";
    cout << "\nheight " << height(root) << "\n";
    for (const auto& level : levels(root)) {
        for (int value : level) cout << value << " ";
        cout << "\n";
    }
}
