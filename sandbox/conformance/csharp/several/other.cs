static class Other {
    public static string Greeting() {
        return "Hello from the other file!";
    }
}
