pub fn greeting() -> &'static str {
    "Hello from the other file!"
}
