pub fn greeting() []const u8 {
    return "Hello from the other file!\n";
}
