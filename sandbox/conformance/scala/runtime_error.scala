object Main {
  def main(words: Array[String]): Unit = {
    throw new IllegalStateException("got here")
  }
}
