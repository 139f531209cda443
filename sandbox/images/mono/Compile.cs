// A C# compiler that has compiled once and waits for its program (`--wait`; docs/agent-protocol.md, prestart): code that Mono has
// translated need not be translated again. What comes is done by the compiler's own Main, once.
using System;
using System.Collections.Generic;
using System.IO;
using System.Net;
using System.Reflection;
using Microsoft.Win32.SafeHandles;

static class Compile {
    const string COMPILER = "/usr/lib/mono/4.5/mcs.exe";
    const string REHEARSAL = "using System; using System.Collections.Generic; using System.Linq; using System.Text;"
        + "interface INamed { string Name { get; } }"
        + "class Word : INamed { public string Name { get; set; } public override string ToString() { return $\"{Name}!\"; } }"
        + "static class Program { static IEnumerable<int> Squares(int n) { for (var i = 0; i < n; i++) yield return i * i; }"
        + "static void Main(string[] args) { try { var found = new Dictionary<string, List<int>> { { \"a\", Squares(9).Where(x => x > 2).ToList() } };"
        + "foreach (var pair in found) Console.WriteLine(\"{0} {1}\", pair.Key, pair.Value.Sum()); var text = new StringBuilder();"
        + "text.Append(new Word { Name = args.Length > 0 ? args[0] : null }); Console.WriteLine(text); }"
        + "catch (InvalidOperationException e) { Console.Error.WriteLine(e.Message); } } }";

    static int Main(string[] words) {
        var compiler = Assembly.LoadFrom(COMPILER);
        if (words.Length == 1 && words[0] == "--wait") words = Wait(compiler);
        return (int)compiler.EntryPoint.Invoke(null, new object[] { words });
    }

    static string[] Wait(Assembly compiler) {
        Rehearse(compiler);
        using (var ready = Descriptor(4, FileAccess.Write)) ready.WriteByte((byte)'1');
        using (var commands = Descriptor(3, FileAccess.Read)) {
            var command = ReadList(commands);
            foreach (var setting in ReadList(commands)) {
                var equals = setting.IndexOf('=');
                Environment.SetEnvironmentVariable(setting.Substring(0, equals), setting.Substring(equals + 1));
            }
            return command.GetRange(1, command.Count - 1).ToArray();
        }
    }

    static void Rehearse(Assembly compiler) {
        var source = Path.GetTempFileName();
        var output = Path.GetTempFileName();
        File.WriteAllText(source, REHEARSAL);
        var said = new StringWriter();
        var words = new[] { "-debug", "-out:" + output, "-r:System.Numerics", source };
        compiler.GetType("Mono.CSharp.CompilerCallableEntryPoint").GetMethod("InvokeCompiler").Invoke(null, new object[] { words, said });
        foreach (var file in new[] { source, output, output + ".mdb" }) File.Delete(file);
        if (said.ToString() != "") throw new InvalidOperationException(said.ToString());
    }

    static FileStream Descriptor(int number, FileAccess access) {
        return new FileStream(new SafeFileHandle(new IntPtr(number), true), access, 1);
    }

    static List<string> ReadList(Stream commands) {
        var list = new List<string>();
        for (var count = ReadNumber(commands); count > 0; count--)
            list.Add(System.Text.Encoding.UTF8.GetString(ReadExactly(commands, ReadNumber(commands))));
        return list;
    }

    static int ReadNumber(Stream commands) {
        return IPAddress.NetworkToHostOrder(BitConverter.ToInt32(ReadExactly(commands, 4), 0));
    }

    static byte[] ReadExactly(Stream commands, int size) {
        var bytes = new byte[size];
        for (var filled = 0; filled < size;) {
            var read = commands.Read(bytes, filled, size - filled);
            if (read == 0) Environment.Exit(0); // The slot closes: there will be no program.
            filled += read;
        }
        return bytes;
    }
}
