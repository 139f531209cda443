class Other {
    static String greeting() {
        return "Hello from the other file!";
    }
}
