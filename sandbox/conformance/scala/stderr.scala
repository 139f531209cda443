object Main {
  def main(words: Array[String]): Unit = Console.err.println("to standard error")
}
