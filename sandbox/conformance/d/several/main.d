import std.stdio, other;

void main() {
    writeln(greeting());
}
