#include <iostream>
#include <vector>
#include <cmath>
#include <numeric>
#include <algorithm>
using namespace std;

double mean(const vector<double>& v) { return accumulate(v.begin(), v.end(), 0.0) / v.size(); }

double deviation(const vector<double>& v) {
    double m = mean(v);
    double squares = accumulate(v.begin(), v.end(), 0.0, [m](double sum, double x) { return sum + (x - m) * (x - m); });
    return sqrt(squares / (v.size() - 1));
}

double median(vector<double> v) {
    sort(v.begin(), v.end());
    size_t half = v.size() / 2;
    return v.size() % 2 ? v[half] : (v[half - 1] + v[half]) / 2;
}

double correlation(const vector<double>& x, const vector<double>& y) {
    double mx = mean(x), my = mean(y), above = 0, left = 0, right = 0;
    for (size_t i = 0; i < x.size(); i++) {
        above += (x[i] - mx) * (y[i] - my);
        left += pow(x[i] - mx, 2);
        right += pow(y[i] - my, 2);
    }
    return above / sqrt(left * right);
}

int main() {
    vector<double> heights = {167, 181, 176, 173, 172, 174, 177, 177, 172, 169};
    vector<double> weights = {51, 86, 69, 67, 73, 70, 75, 80, 69, 62};
    cout.precision(3);
    cout << fixed;
    cout << "mean " << mean(heights) << ", median " << median(heights) << ", deviation " << deviation(heights) << endl;
    cout << "correlation " << correlation(heights, weights) << endl;
    vector<int> histogram(40);
    for (double height : heights) histogram[static_cast<size_t>(height) / 5]++;
    for (size_t at = 0; at < histogram.size(); at++)
        if (histogram[at] > 0) cout << at * 5 << ": " << string(histogram[at], '*') << endl;
    return 0;
}
