import std.stdio, std.uni;

void main() {
    foreach (line; stdin.byLine) writeln(line.toUpper);
}
