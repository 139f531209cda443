fun main(words: Array<String>) {
    for (word in words) println(word)
}
