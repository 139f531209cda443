package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// tool is one of the toolchain's programs, started before its arguments are known: it waits for them at a pipe. So the
// start of a large program, a third of a small compilation, is over when somebody begins to wait.
type tool struct {
	name      string
	command   *exec.Cmd
	arguments *os.File
	said      bytes.Buffer
}

// standBy starts a tool. Compiler and linker read arguments from a file that is named with an @.
func standBy(name string) (*tool, error) {
	theirs, ours, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer theirs.Close()
	waiting := &tool{name: name, arguments: ours}
	waiting.command = exec.Command(filepath.Join(home, "tool", name), "@/proc/self/fd/3")
	// It lives for milliseconds: collecting its garbage only costs.
	waiting.command.Env = append(os.Environ(), "GOGC=off", "GOROOT=")
	waiting.command.ExtraFiles = []*os.File{theirs}
	waiting.command.Stdout, waiting.command.Stderr = &waiting.said, &waiting.said
	if err := waiting.command.Start(); err != nil {
		ours.Close()
		return nil, err
	}
	return waiting, nil
}

// run gives the tool its arguments and waits for its end; what it says goes to stderr under the heading that `go build`
// gives it. Returns the exit code that `go build` would have. One that died while it waited is started again.
func (t *tool) run(arguments []string) int {
	_, err := t.arguments.WriteString(lines(arguments))
	if err != nil {
		t.dismiss()
		if t, err = standBy(t.name); err != nil {
			return fail(err)
		}
		_, err = t.arguments.WriteString(lines(arguments))
	}
	if err = errors.Join(err, t.arguments.Close(), t.command.Wait()); err == nil && t.said.Len() == 0 {
		return 0
	}
	if t.said.Len() > 0 {
		fmt.Fprintf(os.Stderr, "# command-line-arguments\n%s", t.said.Bytes())
	}
	if err == nil {
		return 0
	}
	if t.said.Len() == 0 {
		return fail(err)
	}
	return 1
}

// dismiss ends a tool that has had nothing to do.
func (t *tool) dismiss() {
	_ = t.command.Process.Kill()
	_ = t.command.Wait()
	t.arguments.Close()
}

// lines is how such a file spells arguments: one a line, backslash and line feed escaped.
func lines(arguments []string) string {
	return strings.NewReplacer("\\", "\\\\", "\n", "\\n", "\x00", "\n").Replace(strings.Join(arguments, "\x00"))
}
