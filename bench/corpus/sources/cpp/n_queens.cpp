#include <iostream>
#include <vector>
using namespace std;

class Board {
public:
    explicit Board(int n) : n_(n), columns_(n), rising_(2 * n), falling_(2 * n), queen_(n, -1) {}

    int solve() {
        place(0);
        return solutions_;
    }

    void print_first() const {
        for (int column : first_) {
            for (int i = 0; i < n_; i++) cout << (i == column ? 'Q' : '.');
            cout << '\n';
        }
    }

private:
    void place(int row) {
        if (row == n_) {
            if (solutions_++ == 0) first_ = queen_;
            return;
        }
        for (int column = 0; column < n_; column++) {
            if (columns_[column] || rising_[row + column] || falling_[row - column + n_]) continue;
            columns_[column] = rising_[row + column] = falling_[row - column + n_] = true;
            queen_[row] = column;
            place(row + 1);
            columns_[column] = rising_[row + column] = falling_[row - column + n_] = false;
        }
    }

    int n_, solutions_ = 0;
    vector<bool> columns_, rising_, falling_;
    vector<int> queen_, first_;
};

int main() {
    for (int n = 4; n <= 8; n++) cout << n << " queens: " << Board(n).solve() << " solutions\n";
    Board board(8);
    board.solve();
    board.print_first();
    return 0;
}
