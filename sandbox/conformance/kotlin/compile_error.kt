fun main() {
    println(here)
}
