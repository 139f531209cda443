object Main {
  def main(words: Array[String]): Unit = sys.exit(7)
}
