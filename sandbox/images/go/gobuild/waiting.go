package main

import (
	"encoding/binary"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
)

// The descriptors of a process that waits for its command, and the lists that come there: docs/agent-protocol.md.
const (
	commands = 3
	ready    = 4

	notFound = 127 // as a shell says that a command cannot be started
)

// inherit keeps these descriptors from the tools that stand by.
func inherit() {
	syscall.CloseOnExec(commands)
	syscall.CloseOnExec(ready)
}

// launch becomes the program whose command comes.
func launch() int {
	inherit()
	command := await()
	path, err := exec.LookPath(command[0])
	if err == nil {
		err = syscall.Exec(path, command, os.Environ())
	}
	fmt.Fprintf(os.Stderr, "%s: %v\n", command[0], err)
	return notFound
}

// await says that everything is ready, and returns the command once it comes. Where none comes, the slot has closed.
func await() []string {
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
