import std.stdio;

void main() {
    writeln("Grüße, 世界! 🎉");
}
