#include <string>
#include <vector>
#include <iostream>
#include <sstream>
#include <algorithm>

std::vector<std::string> split(const std::string& text, char separator) {
    std::vector<std::string> parts;
    std::stringstream stream(text);
    std::string part;
    while (std::getline(stream, part, separator)) parts.push_back(part);
    return parts;
}

std::string join(const std::vector<std::string>& parts, const std::string& glue) {
    std::ostringstream out;
    for (std::size_t i = 0; i < parts.size(); ++i) {
        if (i) out << glue;
        out << parts[i];
    }
    return out.str();
}

bool is_palindrome(const std::string& text) {
    std::string letters;
    for (unsigned char c : text)
        if (std::isalnum(c)) letters += static_cast<char>(std::tolower(c));
    return std::equal(letters.begin(), letters.begin() + letters.size() / 2, letters.rbegin());
}

std::string caesar(std::string text, int shift) {
    for (char& c : text) {
        if (std::islower(static_cast<unsigned char>(c))) c = static_cast<char>('a' + (c - 'a' + shift + 26) % 26);
        if (std::isupper(static_cast<unsigned char>(c))) c = static_cast<char>('A' + (c - 'A' + shift + 26) % 26);
    }
    return text;
}

int main() {
    auto parts = split("alpha,beta,gamma,,delta", ',');
    std::cout << parts.size() << ": " << join(parts, " | ") << '\n';
    std::reverse(parts.begin(), parts.end());
    std::cout << join(parts, "-") << '\n';
    for (std::string text : {"A man, a plan, a canal: Panama", "Was it a car or a cat I saw?", "not this one"})
        std::cout << text << " -> " << std::boolalpha << is_palindrome(text) << '\n';
    std::string secret = caesar("Attack at Dawn", 3);
    std::cout << secret << " = " << caesar(secret, -3) << '\n';
}
