package main

import (
	"fmt"
	"net"
	"net/http"
	"time"
)

func main() {
	for _, goal := range [][2]string{{"tcp", "169.254.169.254:80"}, {"tcp", "172.17.0.1:2375"}, {"unix", "/var/run/docker.sock"}, {"tcp6", "[::1]:4222"}, {"tcp", "127.0.0.1:2379"}, {"ip4:icmp", "8.8.8.8"}} {
		if line, refused := net.DialTimeout(goal[0], goal[1], 200*time.Millisecond); refused == nil {
			fmt.Println("ESCAPED: reached", goal, line)
		}
	}
	client := http.Client{Timeout: 200 * time.Millisecond}
	if answer, refused := client.Get("http://metadata.google.internal/"); refused == nil {
		fmt.Println("ESCAPED:", answer.Status)
	}
	fmt.Println("tried")
}
