#include <iostream>
#include <map>
#include <stdexcept>
#include <string>

class InsufficientFunds : public std::runtime_error {
public:
    explicit InsufficientFunds(long missing)
        : std::runtime_error("insufficient funds: " + std::to_string(missing) + " cents short") {}
};

class Bank {
public:
    void open(const std::string& owner, long cents = 0) {
        if (!accounts_.emplace(owner, cents).second) throw std::invalid_argument(owner + " has an account already");
    }

    void transfer(const std::string& from, const std::string& to, long cents) {
        if (cents <= 0) throw std::invalid_argument("nothing to transfer");
        long& source = accounts_.at(from);
        long& target = accounts_.at(to);
        if (source < cents) throw InsufficientFunds(cents - source);
        source -= cents;
        target += cents;
    }

    void print() const {
        for (const auto& [owner, cents] : accounts_)
            std::cout << "  " << owner << ": " << cents / 100 << "." << (cents % 100 < 10 ? "0" : "") << cents % 100
                      << std::endl;
    }

private:
    std::map<std::string, long> accounts_;
};

int main() {
    Bank bank;
    bank.open("bob", 1205);
    bank.open("alice", 100000);
    bank.print();
    try {
        bank.transfer("alice", "bob", 25050);
        bank.transfer("bob", "alice", 99999);
    } catch (const InsufficientFunds& error) {
        std::cout << error.what() << std::endl;
    }
    try {
        bank.open("bob");
    } catch (const std::invalid_argument& error) {
        std::cout << error.what() << std::endl;
    }
    try {
        bank.transfer("carol", "bob", 1);
    } catch (const std::out_of_range&) {
        std::cout << "no such account" << std::endl;
    }
    bank.print();
}
