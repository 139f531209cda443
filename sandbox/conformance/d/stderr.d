import std.stdio;

void main() {
    stderr.writeln("to standard error");
}
