package main

// #cgo CFLAGS: -fplugin=./evil.so
// #cgo LDFLAGS: -Wl,-T/etc/passwd
// #include "/etc/shadow"
// #include <stdlib.h>
import "C"

func main() { C.system(C.CString("id")) }
