package main

var block = [1 << 30]byte{1<<30 - 1: 1}

func main() { println(block[5]) }
