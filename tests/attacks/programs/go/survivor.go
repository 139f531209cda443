package main

import (
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"syscall"
	"time"
)

func main() {
	signal.Ignore(syscall.SIGTERM, syscall.SIGINT, syscall.SIGHUP)
	for number := 0; number < 4; number++ {
		command := exec.Command("sh", "-c", "trap '' TERM; while :; do sleep 0.01; : > /dev/shm/alive$$; done")
		command.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
		command.Start()
	}
	time.Sleep(150 * time.Millisecond)
	fmt.Println("left")
	os.Exit(0)
}
