package main

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
)

func check(err error) {
	if err != nil {
		panic(err)
	}
}

func main() {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, "hello") }))
	response, err := http.Get(server.URL)
	check(err)
	body, err := io.ReadAll(response.Body)
	check(err)
	server.Close()
	listener, err := net.Listen("tcp", "127.0.0.1:8080")
	check(err)
	go http.Serve(listener, nil)
	client, err := net.Dial("tcp", "127.0.0.1:8080")
	check(err)
	check(client.(*net.TCPConn).SetKeepAlive(true))
	client.Close()
	packets, err := net.ListenPacket("udp", "127.0.0.1:5000")
	check(err)
	check(packets.(*net.UDPConn).SetReadBuffer(1 << 16))
	sender, err := net.Dial("udp", "127.0.0.1:5000")
	check(err)
	fmt.Fprint(sender, "hello")
	heard := make([]byte, 5)
	_, _, err = packets.ReadFrom(heard)
	check(err)
	if string(body) == "hello" && string(heard) == "hello" {
		fmt.Println("served")
	}
}
