#include <queue>
#include <iostream>
#include <vector>
#include <string>
#include <functional>
#include <map>
#include <set>

struct Event {
    double time;
    int number;
    std::string what;
    std::function<void()> action;
    bool operator>(const Event& other) const {
        return time != other.time ? time > other.time : number > other.number;
    }
};

class Simulation {
public:
    void in(double delay, std::string what, std::function<void()> action) {
        events_.push({now_ + delay, ++count_, std::move(what), std::move(action)});
    }

    void run(double until) {
        while (!events_.empty() && events_.top().time <= until) {
            Event event = events_.top();
            events_.pop();
            now_ = event.time;
            ++seen_[event.what];
            event.action();
        }
    }

    double now() const { return now_; }
    const std::map<std::string, int>& seen() const { return seen_; }

private:
    double now_ = 0;
    int count_ = 0;
    std::priority_queue<Event, std::vector<Event>, std::greater<Event>> events_;
    std::map<std::string, int> seen_;
};

int main() {
    Simulation simulation;
    std::set<int> inside;
    int next = 0;
    std::function<void()> arrive = [&] {
        int customer = ++next;
        inside.insert(customer);
        simulation.in(4.5, "leave", [&, customer] { inside.erase(customer); });
        simulation.in(customer % 3 + 0.5, "arrive", arrive);
    };
    simulation.in(0, "arrive", arrive);
    simulation.run(60);
    for (const auto& [what, count] : simulation.seen()) std::cout << what << ": " << count << "\n";
    std::cout << "at " << simulation.now() << " inside:";
    for (int customer : inside) std::cout << ' ' << customer;
    std::cout << std::endl;
}
