// A C# compiler that has compiled once and waits for its program (`--wait`; docs/agent-protocol.md, prestart): code that Mono has
// translated need not be translated again. What comes is done by the compiler's own Main, once.
using System;
using System.Collections.Generic;
using System.IO;
using System.Net;
using System.Reflection;
using System.Runtime.InteropServices;
using System.Text;

static class Compile {
    const int COMMANDS = 3;
    const int READY = 4;
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
        if (write(READY, new[] { (byte)'1' }, new IntPtr(1)) != new IntPtr(1)) Environment.Exit(0);
        close(READY);
        var command = ReadList();
        foreach (var setting in ReadList()) {
            var equals = setting.IndexOf('=');
            Environment.SetEnvironmentVariable(setting.Substring(0, equals), setting.Substring(equals + 1));
        }
        close(COMMANDS);
        return command.GetRange(1, command.Count - 1).ToArray();
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

    static List<string> ReadList() {
        var list = new List<string>();
        for (var count = ReadNumber(); count > 0; count--) list.Add(Encoding.UTF8.GetString(ReadExactly(ReadNumber())));
        return list;
    }

    static int ReadNumber() {
        return IPAddress.NetworkToHostOrder(BitConverter.ToInt32(ReadExactly(4), 0));
    }

    static byte[] ReadExactly(int size) {
        var bytes = new byte[size];
        for (var filled = 0; filled < size;) {
            var rest = new byte[size - filled];
            var got = (int)read(COMMANDS, rest, new IntPtr(rest.Length));
            if (got <= 0) Environment.Exit(0); // The slot closes: there will be no program.
            Array.Copy(rest, 0, bytes, filled, got);
            filled += got;
        }
        return bytes;
    }

    // Mono's own streams refuse descriptors that it has not opened.
    [DllImport("libc")] static extern IntPtr read(int descriptor, byte[] buffer, IntPtr size);
    [DllImport("libc")] static extern IntPtr write(int descriptor, byte[] buffer, IntPtr size);
    [DllImport("libc")] static extern int close(int descriptor);
}
