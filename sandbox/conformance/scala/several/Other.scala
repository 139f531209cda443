object Other {
  def greeting = "Hello from the other file!"
}
