#include <iostream>
#include <string>
#include <vector>
#include <array>

using Grid = std::vector<std::string>;

int neighbours(const Grid& grid, int row, int column) {
    static constexpr std::array<std::array<int, 2>, 8> around = {
        {{-1, -1}, {-1, 0}, {-1, 1}, {0, -1}, {0, 1}, {1, -1}, {1, 0}, {1, 1}}};
    int rows = static_cast<int>(grid.size()), columns = static_cast<int>(grid[0].size()), count = 0;
    for (auto [down, right] : around) {
        int r = (row + down + rows) % rows, c = (column + right + columns) % columns;
        count += grid[r][c] == '#';
    }
    return count;
}

Grid step(const Grid& grid) {
    Grid next = grid;
    for (std::size_t row = 0; row < grid.size(); ++row)
        for (std::size_t column = 0; column < grid[row].size(); ++column) {
            int alive = neighbours(grid, static_cast<int>(row), static_cast<int>(column));
            next[row][column] = alive == 3 || (alive == 2 && grid[row][column] == '#') ? '#' : '.';
        }
    return next;
}

int main() {
    Grid grid = {
        "..........", "..#.......", "...#......", ".###......", "..........", "......##..", "......##..", "..........",
    };
    for (int generation = 0; generation < 5; ++generation) grid = step(grid);
    for (const std::string& row : grid) std::cout << row << '\n';
    int alive = 0;
    for (const std::string& row : grid)
        for (char cell : row) alive += cell == '#';
    std::cout << alive << " alive\n";
}
