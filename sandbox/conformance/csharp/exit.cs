class Program {
    static int Main() {
        return 7;
    }
}
