using System;

class Program {
    static void Main() {
        Console.Error.WriteLine("to standard error");
    }
}
