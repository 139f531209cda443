object Main {
  def main(words: Array[String]): Unit = println("Grüße, 世界! 🎉")
}
