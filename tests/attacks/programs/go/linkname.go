package main

import _ "unsafe"

//go:linkname runtime_write runtime.write
func runtime_write(fd uintptr, p *byte, n int32) int32

//go:debug madvdontneed=1
func main() { println("ran") }
