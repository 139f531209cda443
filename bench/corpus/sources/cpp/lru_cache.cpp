#include <iostream>
#include <list>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>

template <typename Key, typename Value>
class LruCache {
public:
    explicit LruCache(std::size_t capacity) : capacity_(capacity) {}

    std::optional<Value> get(const Key& key) {
        auto found = places_.find(key);
        if (found == places_.end()) {
            ++misses_;
            return std::nullopt;
        }
        ++hits_;
        entries_.splice(entries_.begin(), entries_, found->second);
        return found->second->second;
    }

    void put(const Key& key, Value value) {
        if (auto found = places_.find(key); found != places_.end()) {
            found->second->second = std::move(value);
            entries_.splice(entries_.begin(), entries_, found->second);
            return;
        }
        if (entries_.size() == capacity_) {
            places_.erase(entries_.back().first);
            entries_.pop_back();
        }
        entries_.emplace_front(key, std::move(value));
        places_[key] = entries_.begin();
    }

    std::size_t hits() const { return hits_; }
    std::size_t misses() const { return misses_; }

private:
    std::size_t capacity_, hits_ = 0, misses_ = 0;
    std::list<std::pair<Key, Value>> entries_;
    std::unordered_map<Key, typename std::list<std::pair<Key, Value>>::iterator> places_;
};

int main() {
    LruCache<std::string, int> cache(2);
    cache.put("one", 1);
    cache.put("two", 2);
    std::cout << cache.get("one").value_or(-1) << '\n';
    cache.put("three", 3);
    std::cout << cache.get("two").value_or(-1) << '\n';
    std::cout << cache.get("three").value_or(-1) << '\n';
    cache.put("one", 11);
    std::cout << cache.get("one").value_or(-1) << '\n';
    std::cout << cache.hits() << " hits, " << cache.misses() << " misses\n";
}
