pub fn main() void {
    _ = 1;
    _ = here;
}
