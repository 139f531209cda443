fun main() {
    System.err.println("to standard error")
}
