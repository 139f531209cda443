import std.stdio;

void main(string[] words) {
    foreach (word; words[1 .. $]) writeln(word);
}
