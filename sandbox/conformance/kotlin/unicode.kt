fun main() {
    println("Grüße, 世界! 🎉")
}
