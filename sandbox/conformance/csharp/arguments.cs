using System;

class Program {
    static void Main(string[] words) {
        foreach (var word in words) Console.WriteLine(word);
    }
}
