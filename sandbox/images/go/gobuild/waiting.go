package main

import (
	"encoding/binary"
	"io"
	"os"
	"strings"
	"syscall"
)

// The descriptors of a process that waits for its command, and the lists that come there: docs/agent-protocol.md.
const (
	commands = 3
	ready    = 4
)

// closeOnExec keeps these descriptors from the programs that this process starts.
func closeOnExec() {
	syscall.CloseOnExec(commands)
	syscall.CloseOnExec(ready)
}

// awaitCommand tells the agent that this process is ready, and returns the command that the agent sends, its environment
// set. Ends the process where none comes: the slot has closed.
func awaitCommand() []string {
	ready := os.NewFile(ready, "ready")
	if _, err := ready.WriteString("1"); err != nil {
		os.Exit(1)
	}
	ready.Close()
	input := os.NewFile(commands, "commands")
	command := readList(input)
	for _, setting := range readList(input) {
		name, value, _ := strings.Cut(setting, "=")
		os.Setenv(name, value)
	}
	input.Close()
	return command
}

// readList reads count | (length | bytes)*, 32 bits each, big endian.
func readList(input io.Reader) []string {
	list := make([]string, readNumber(input))
	for i := range list {
		text := make([]byte, readNumber(input))
		if _, err := io.ReadFull(input, text); err != nil {
			os.Exit(0)
		}
		list[i] = string(text)
	}
	return list
}

func readNumber(input io.Reader) uint32 {
	var number uint32
	if err := binary.Read(input, binary.BigEndian, &number); err != nil {
		os.Exit(0)
	}
	return number
}
