import std.stdio;

void main() {
    writeln(here);
}
