object Main {
  def main(words: Array[String]): Unit = while (true) {}
}
