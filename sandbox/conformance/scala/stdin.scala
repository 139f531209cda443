object Main {
  def main(words: Array[String]): Unit =
    for (line <- scala.io.Source.stdin.getLines()) println(line.toUpperCase)
}
