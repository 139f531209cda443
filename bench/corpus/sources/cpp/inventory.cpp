#include <iostream>
#include <iomanip>
#include <string>
#include <unordered_map>
#include <vector>
#include <algorithm>
#include <numeric>
#include <optional>

struct Product {
    std::string name;
    double price;
    int stock;
};

class Inventory {
public:
    void add(const std::string& sku, Product product) { products_.insert_or_assign(sku, std::move(product)); }

    std::optional<Product> find(const std::string& sku) const {
        auto found = products_.find(sku);
        return found == products_.end() ? std::nullopt : std::make_optional(found->second);
    }

    bool sell(const std::string& sku, int count) {
        auto found = products_.find(sku);
        if (found == products_.end() || found->second.stock < count) return false;
        found->second.stock -= count;
        return true;
    }

    double worth() const {
        std::vector<double> each;
        for (const auto& [sku, product] : products_) each.push_back(product.price * product.stock);
        std::sort(each.begin(), each.end());
        return std::accumulate(each.begin(), each.end(), 0.0);
    }

    std::vector<Product> by_price() const {
        std::vector<Product> all;
        for (const auto& entry : products_) all.push_back(entry.second);
        std::sort(all.begin(), all.end(), [](const Product& a, const Product& b) { return a.price > b.price; });
        return all;
    }

private:
    std::unordered_map<std::string, Product> products_;
};

int main() {
    Inventory inventory;
    inventory.add("A1", {"lamp", 39.90, 4});
    inventory.add("B2", {"chair", 119.00, 2});
    inventory.add("C3", {"table", 349.50, 1});
    std::cout << std::boolalpha << inventory.sell("A1", 3) << ' ' << inventory.sell("C3", 2) << ' '
              << inventory.sell("X9", 1) << '\n';
    std::cout << std::fixed << std::setprecision(2);
    for (const Product& product : inventory.by_price())
        std::cout << std::setw(8) << product.name << std::setw(10) << product.price << std::setw(4) << product.stock << '\n';
    std::cout << "worth " << inventory.worth() << ", Z0 " << (inventory.find("Z0") ? "known" : "unknown") << '\n';
}
