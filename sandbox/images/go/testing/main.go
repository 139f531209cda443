// testing runs the tests that gobuild has built, one program for each package, in the directory of that package, as
// `go test -v` does: `testing [OPTIONS OF A TEST PROGRAM]`. What they print goes to standard output, and what becomes of
// each test into the report.
package main

import (
	"bufio"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

const (
	testBinary   = "package.test"
	maxLineBytes = 64 << 10
)

func main() {
	report := openReport()
	worst := 0
	_ = filepath.WalkDir(".", func(path string, entry fs.DirEntry, err error) error {
		if err == nil && entry.Name() == testBinary {
			worst = max(worst, run(filepath.Dir(path), os.Args[1:], report))
		}
		return nil
	})
	os.Exit(worst)
}

// run is one package. Its output is read as it comes.
func run(directory string, options []string, report *report) int {
	command := exec.Command("./"+testBinary, append([]string{"-test.v=test2json", "-test.paniconexit0"}, options...)...)
	command.Dir = directory
	reading, writing, err := os.Pipe()
	if err != nil {
		fmt.Fprintln(os.Stderr, "testing:", err)
		return 1
	}
	var lastWords head
	command.Stdin, command.Stdout, command.Stderr = os.Stdin, writing, io.MultiWriter(os.Stderr, &lastWords)
	err = command.Start()
	writing.Close()
	if err != nil {
		fmt.Fprintln(os.Stderr, "testing:", err)
		return 1
	}
	suite := newSuite(directory, report)
	follow(bufio.NewReaderSize(reading, maxLineBytes), suite)
	err = command.Wait()
	suite.over(string(lastWords))
	if err != nil {
		return max(command.ProcessState.ExitCode(), 1)
	}
	return 0
}

// follow prints what comes, without the marks, and tells of it line by line.
func follow(output *bufio.Reader, suite *suite) {
	for {
		line, err := output.ReadSlice('\n')
		said, event, marked := cutLast(string(line), mark)
		os.Stdout.WriteString(said + event)
		suite.output(said)
		if marked {
			suite.event(strings.TrimSuffix(event, "\n"))
		}
		if err != nil && err != bufio.ErrBufferFull {
			return
		}
	}
}

func cutLast(line, separator string) (before, after string, found bool) {
	if at := strings.LastIndex(line, separator); at >= 0 {
		return line[:at], line[at+len(separator):], true
	}
	return line, "", false
}

// head keeps the beginning of what is written to it.
type head []byte

func (h *head) Write(data []byte) (int, error) {
	*h = append(*h, data[:min(len(data), 2*maxMessageBytes-len(*h))]...)
	return len(data), nil
}
