#include <cctype>
#include <iostream>
#include <sstream>
#include <stdexcept>
#include <string>

// expression := term (('+'|'-') term)*;  term := factor (('*'|'/') factor)*;  factor := number | '(' expression ')' | '-' factor
class Parser {
public:
    explicit Parser(const std::string& text) : text_(text) {}

    double parse() {
        double value = expression();
        skip();
        if (at_ != text_.size()) throw std::runtime_error("unexpected '" + std::string(1, text_[at_]) + "'");
        return value;
    }

private:
    double expression() {
        double value = term();
        for (;;) {
            if (take('+')) value += term();
            else if (take('-')) value -= term();
            else return value;
        }
    }

    double term() {
        double value = factor();
        for (;;) {
            if (take('*')) value *= factor();
            else if (take('/')) {
                double divisor = factor();
                if (divisor == 0) throw std::runtime_error("division by zero");
                value /= divisor;
            } else return value;
        }
    }

    double factor() {
        if (take('-')) return -factor();
        if (take('(')) {
            double value = expression();
            if (!take(')')) throw std::runtime_error("missing ')'");
            return value;
        }
        skip();
        std::size_t start = at_;
        while (at_ < text_.size() && (std::isdigit(static_cast<unsigned char>(text_[at_])) || text_[at_] == '.')) ++at_;
        if (start == at_) throw std::runtime_error("number expected");
        double value;
        std::istringstream(text_.substr(start, at_ - start)) >> value;
        return value;
    }

    void skip() { while (at_ < text_.size() && text_[at_] == ' ') ++at_; }
    bool take(char c) { skip(); return at_ < text_.size() && text_[at_] == c ? (++at_, true) : false; }

    const std::string text_;
    std::size_t at_ = 0;
};

int main() {
    for (const char* line : {"1 + 2 * 3", "(1 + 2) * 3", "-4 * (2.5 - 1) / 3", "10 / (5 - 5)", "2 * (3 + 4", "7 $ 3"}) {
        std::cout << line << " = ";
        try {
            std::cout << Parser(line).parse() << "\n";
        } catch (const std::runtime_error& error) {
            std::cout << "error: " << error.what() << "\n";
        }
    }
}
