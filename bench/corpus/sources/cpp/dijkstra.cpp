#include <functional>
#include <iostream>
#include <limits>
#include <queue>
#include <string>
#include <vector>

struct Edge {
    int to;
    long long weight;
};

using Graph = std::vector<std::vector<Edge>>;
constexpr long long INFINITE = std::numeric_limits<long long>::max();

std::vector<long long> distances(const Graph& graph, int start, std::vector<int>& before) {
    std::vector<long long> best(graph.size(), INFINITE);
    before.assign(graph.size(), -1);
    using Item = std::pair<long long, int>;
    std::priority_queue<Item, std::vector<Item>, std::greater<Item>> open;
    best[start] = 0;
    open.emplace(0, start);
    while (!open.empty()) {
        auto [distance, node] = open.top();
        open.pop();
        if (distance != best[node]) continue;
        for (const Edge& edge : graph[node]) {
            long long through = distance + edge.weight;
            if (through < best[edge.to]) {
                best[edge.to] = through;
                before[edge.to] = node;
                open.emplace(through, edge.to);
            }
        }
    }
    return best;
}

int main() {
    Graph graph(7);
    auto connect = [&](int a, int b, long long weight) {
        graph[a].push_back({b, weight});
        graph[b].push_back({a, weight});
    };
    connect(0, 1, 7), connect(0, 2, 9), connect(0, 5, 14), connect(1, 2, 10), connect(1, 3, 15);
    connect(2, 3, 11), connect(2, 5, 2), connect(3, 4, 6), connect(4, 5, 9);

    std::vector<int> before;
    auto best = distances(graph, 0, before);
    for (std::size_t node = 0; node < graph.size(); ++node) {
        std::cout << "0 -> " << node << ": ";
        if (best[node] == INFINITE) {
            std::cout << "unreachable\n";
            continue;
        }
        std::string path = std::to_string(node);
        for (int at = before[node]; at != -1; at = before[at]) path = std::to_string(at) + " " + path;
        std::cout << best[node] << " by " << path << "\n";
    }
}
