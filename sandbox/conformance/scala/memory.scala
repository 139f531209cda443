object Main {
  def main(words: Array[String]): Unit = {
    var kept = List[Array[Byte]]()
    while (true) kept = new Array[Byte](1 << 20) :: kept
  }
}
