using System.Collections.Generic;

class Program {
    static void Main() {
        var kept = new List<byte[]>();
        for (;;) {
            var block = new byte[1 << 20];
            for (int i = 0; i < block.Length; i += 1024) block[i] = 1;
            kept.Add(block);
        }
    }
}
