package main

import (
	"bytes"
	"os"
)

func main() {
	block := bytes.Repeat([]byte("x"), 65536)
	go func() {
		for {
			os.Stderr.Write(block)
		}
	}()
	for {
		os.Stdout.Write(block)
	}
}
