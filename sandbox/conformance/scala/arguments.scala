object Main {
  def main(words: Array[String]): Unit = words.foreach(println)
}
