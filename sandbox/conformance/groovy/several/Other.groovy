class Other {
    String greeting() {
        "Hello from the other file!"
    }
}
