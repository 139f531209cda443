pub fn main() void {
    var n: u8 = 0;
    const p: *volatile u8 = &n;
    while (true) p.* = 1;
}
