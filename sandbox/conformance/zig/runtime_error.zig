pub fn main() void {
    @panic("got here");
}
