#include <iostream>
#include <vector>
#include <unordered_map>
#include <utility>
using namespace std;

class Solution {
public:
    vector<int> twoSum(const vector<int>& nums, int target) {
        unordered_map<int, int> seen;
        for (int i = 0; i < (int)nums.size(); ++i) {
            auto found = seen.find(target - nums[i]);
            if (found != seen.end()) return {found->second, i};
            seen[nums[i]] = i;
        }
        return {};
    }

    int longestConsecutive(const vector<int>& nums) {
        unordered_map<int, int> length;
        int best = 0;
        for (int n : nums) {
            if (length.count(n)) continue;
            int left = length.count(n - 1) ? length[n - 1] : 0;
            int right = length.count(n + 1) ? length[n + 1] : 0;
            int whole = left + right + 1;
            length[n] = length[n - left] = length[n + right] = whole;
            best = max(best, whole);
        }
        return best;
    }
};

int main() {
    Solution solution;
    vector<pair<vector<int>, int>> cases = {{{2, 7, 11, 15}, 9}, {{3, 2, 4}, 6}, {{3, 3}, 6}, {{1, 5, 9}, 100}};
    for (auto& [nums, target] : cases) {
        auto answer = solution.twoSum(nums, target);
        if (answer.empty()) cout << "none" << endl;
        else cout << answer[0] << "," << answer[1] << endl;
    }
    cout << solution.longestConsecutive({100, 4, 200, 1, 3, 2}) << endl;
    cout << solution.longestConsecutive({0, 3, 7, 2, 5, 8, 4, 6, 0, 1}) << endl;
    return 0;
}
