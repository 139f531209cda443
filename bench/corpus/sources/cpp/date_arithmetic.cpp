#include <cstdio>
#include <string>
#include <tuple>
#include <vector>

struct Date {
    int year, month, day;
    bool operator<(const Date& other) const {
        return std::tie(year, month, day) < std::tie(other.year, other.month, other.day);
    }
};

bool is_leap(int year) { return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0); }

int days_in(int year, int month) {
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    return month == 2 && is_leap(year) ? 29 : days[month - 1];
}

bool valid(const Date& date) {
    return date.month >= 1 && date.month <= 12 && date.day >= 1 && date.day <= days_in(date.year, date.month);
}

long day_number(const Date& date) {
    long days = 0;
    for (int year = 1970; year < date.year; ++year) days += is_leap(year) ? 366 : 365;
    for (int month = 1; month < date.month; ++month) days += days_in(date.year, month);
    return days + date.day - 1;
}

const char* weekday(const Date& date) {
    static const char* const names[] = {"Thursday", "Friday", "Saturday", "Sunday", "Monday", "Tuesday", "Wednesday"};
    return names[day_number(date) % 7];
}

std::string text(const Date& date) {
    char buffer[48];
    std::snprintf(buffer, sizeof buffer, "%04d-%02d-%02d", date.year, date.month, date.day);
    return buffer;
}

int main() {
    const std::vector<Date> dates = {{1970, 1, 1}, {2000, 2, 29}, {1999, 12, 31}, {2024, 2, 30}, {2038, 1, 19}};
    const Date* earliest = nullptr;
    for (const Date& date : dates) {
        if (!valid(date)) {
            std::printf("%s is no date\n", text(date).c_str());
            continue;
        }
        std::printf("%s %s, day %ld\n", text(date).c_str(), weekday(date), day_number(date));
        if (!earliest || date < *earliest) earliest = &date;
    }
    std::printf("earliest %s\n", text(*earliest).c_str());
    return 0;
}
