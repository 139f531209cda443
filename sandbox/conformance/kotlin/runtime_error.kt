fun main() {
    throw IllegalStateException("got here")
}
