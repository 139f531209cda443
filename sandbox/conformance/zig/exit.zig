pub fn main() u8 {
    return 7;
}
