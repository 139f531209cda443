package main

import (
	"fmt"
	"runtime"
	"syscall"
)

func main() {
	fmt.Println("spinning")
	for number := 0; number < 500; number++ {
		go func() {
			runtime.LockOSThread()
			for {
				syscall.Getpid()
			}
		}()
	}
	select {}
}
