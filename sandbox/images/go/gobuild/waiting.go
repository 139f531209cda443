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

	notFoundExitCode = 127 // as a shell's where a command cannot be started
)

// closeOnExec keeps these descriptors from the programs that this process starts.
func closeOnExec() {
	syscall.CloseOnExec(commands)
	syscall.CloseOnExec(ready)
}

// launch waits for the command of a built program, and becomes that program.
func launch() int {
	closeOnExec()
	command := awaitCommand()
	path, err := exec.LookPath(command[0])
	if err == nil {
		err = syscall.Exec(path, command, os.Environ())
	}
	fmt.Fprintf(os.Stderr, "%s: %v\n", command[0], err)
	return notFoundExitCode
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
