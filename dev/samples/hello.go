package main

import (
	"fmt"
	"runtime"
)

func main() {
	sums := make(chan int)
	go func() {
		sum := 0
		for n := range 11 {
			sum += n
		}
		sums <- sum
	}()
	fmt.Println("hello from", runtime.Version(), "and", <-sums)
}
