@main def hello(): Unit = print(probed)
