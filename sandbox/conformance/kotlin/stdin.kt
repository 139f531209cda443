fun main() {
    while (true) println((readLine() ?: break).map { Character.toUpperCase(it) }.joinToString(""))
}
