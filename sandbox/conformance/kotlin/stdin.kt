fun main() {
    while (true) println((readLine() ?: break).toUpperCase())
}
