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
	output    bytes.Buffer
}

// startTool starts a compiler or linker that waits. Compiler and linker read arguments from a file that is named with an @.
func startTool(name string) (*tool, error) {
	theirs, ours, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer theirs.Close()
	started := &tool{name: name, arguments: ours}
	started.command = exec.Command(filepath.Join(home, "tool", name), "@/proc/self/fd/3")
	started.command.Env = toolEnvironment()
	started.command.ExtraFiles = []*os.File{theirs}
	started.command.Stdout, started.command.Stderr = &started.output, &started.output
	if err := started.command.Start(); err != nil {
		ours.Close()
		return nil, err
	}
	return started, nil
}

// toolEnvironment is what a tool starts with: it lives for milliseconds, so collecting its garbage only costs.
func toolEnvironment() []string {
	return append(os.Environ(), "GOGC=off", "GOROOT=")
}

// run gives the tool its arguments and waits for its end; what it prints goes to stderr under the heading that `go build`
// gives it. Returns the exit code that `go build` would have. One that died while it waited is started again.
func (t *tool) run(arguments []string) int {
	_, err := t.arguments.WriteString(spellArguments(arguments))
	if err != nil {
		t.stop()
		if t, err = startTool(t.name); err != nil {
			return fail(err)
		}
		_, err = t.arguments.WriteString(spellArguments(arguments))
	}
	if err = errors.Join(err, t.arguments.Close(), t.command.Wait()); err == nil && t.output.Len() == 0 {
		return 0
	}
	if t.output.Len() > 0 {
		fmt.Fprintf(os.Stderr, "# command-line-arguments\n%s", t.output.Bytes())
	}
	if err == nil {
		return 0
	}
	if t.output.Len() == 0 {
		return fail(err)
	}
	return 1
}

// stop ends a tool that was given nothing to do.
func (t *tool) stop() {
	_ = t.command.Process.Kill()
	_ = t.command.Wait()
	t.arguments.Close()
}

// spellArguments writes arguments as such a file holds them: one a line, backslash and line feed escaped.
func spellArguments(arguments []string) string {
	return strings.NewReplacer("\\", "\\\\", "\n", "\\n", "\x00", "\n").Replace(strings.Join(arguments, "\x00"))
}
