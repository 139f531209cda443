package main

import (
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

const (
	testsOption = "--tests"
	testBinary  = "package.test" // in the directory of its package; see ../testing
	module      = "module example\n\ngo 1.24\n"
)

// buildTests compiles the tests of every directory here that has some, each into a program of its own:
// `gobuild --tests [OPTIONS] SOURCES...`. Where nothing says what module they are of, they are of the module `example`.
func buildTests(arguments []string) int {
	if _, err := os.Stat("go.mod"); os.IsNotExist(err) {
		if err := os.WriteFile("go.mod", []byte(module), 0o600); err != nil {
			return fail(err)
		}
	}
	directories, err := testDirectories()
	if err != nil {
		return fail(err)
	}
	if len(directories) == 0 {
		fmt.Fprintln(os.Stderr, "go: no test files: their names end in _test.go")
		return 1
	}
	cache, err := openCache()
	if err != nil {
		return fail(err)
	}
	defer os.RemoveAll(cache)
	var options []string
	for _, argument := range arguments {
		if strings.HasPrefix(argument, "-") {
			options = append(options, argument)
		}
	}
	worst := 0
	for _, directory := range directories {
		worst = max(worst, buildTestsOf(directory, options, cache))
	}
	return worst
}

func buildTestsOf(directory string, options []string, cache string) int {
	flags := []string{
		"test", "-c", "-vet=off", "-trimpath", "-gcflags=all=-dwarf=false", "-ldflags=-s -w",
		"-o", filepath.Join(directory, testBinary),
	}
	command := goCommand(append(append(flags, options...), "./"+filepath.ToSlash(directory)), cache)
	if err := command.Run(); err != nil {
		if command.ProcessState == nil {
			return fail(err)
		}
		return max(command.ProcessState.ExitCode(), 1)
	}
	return 0
}

// testDirectories are those with files of tests, by name, but none that `./...` would leave out.
func testDirectories() (found []string, err error) {
	err = filepath.WalkDir(".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := entry.Name()
		if entry.IsDir() {
			if path != "." && (name == "testdata" || name == "vendor" || strings.HasPrefix(name, ".") || strings.HasPrefix(name, "_")) {
				return filepath.SkipDir
			}
			return nil
		}
		directory := filepath.Dir(path)
		if strings.HasSuffix(name, "_test.go") && (len(found) == 0 || found[len(found)-1] != directory) {
			found = append(found, directory)
		}
		return nil
	})
	return found, err
}

// goCommand is `go` with nothing but what came with the image. It keeps no index of a package's files, which it would
// want to write to the cache once they are two seconds old.
func goCommand(arguments []string, cache string) *exec.Cmd {
	command := exec.Command(filepath.Join(home, "go"), arguments...)
	command.Env = append(os.Environ(),
		"GOCACHE="+cache, "GOPATH="+home+"/path", "GOENV=off", "GOFLAGS=", "GOPROXY=off", "GOSUMDB=off",
		"GOTELEMETRY=off", "GOTOOLCHAIN=local", "GODEBUG=goindex=0", "CGO_ENABLED=0", "PWD=")
	command.Stdout, command.Stderr = os.Stderr, os.Stderr
	return command
}
