// gobuild builds one Go program: `gobuild -o FILE [OPTIONS] [--entry-point=ENTRY] ENTRY SOURCES...`, from the program's directory. As
// `gobuild --wait` it takes these arguments from the agent, once there are any. `gobuild --tests` builds tests.
//
// A program of plain files that imports only packages that were built with the image (the standard library, and in some
// images others) is compiled and linked against those, with no `go build` in between. Everything else goes to
// `go build`, with a build cache that holds them and that nobody can write to.
package main

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"
)

const (
	home       = "/opt/coderunner/go"
	entryPoint = "--entry-point="
)

// request is the parsed command line.
type request struct {
	output  string
	options []string
	entry   string
	sources []string // each once, the entry first
	named   string   // the entry, where the task named it
	alone   bool     // it is built by itself, as `go run` builds a file that it is given
}

// toolchain is the compiler and the linker, started before the program is known.
type toolchain struct {
	compiler *tool
	linker   *loaded // nil where there can be none
}

func main() {
	switch arguments := os.Args[1:]; {
	case slices.Equal(arguments, []string{"--wait"}):
		closeOnExec()
		tools := mustStartToolchain()
		if tools.linker != nil {
			tools.linker.await()
		}
		os.Exit(build(awaitCommand()[1:], tools))
	default:
		os.Exit(build(arguments, mustStartToolchain()))
	}
}

func mustStartToolchain() toolchain {
	tools, err := startToolchain()
	if err != nil {
		os.Exit(fail(err))
	}
	return tools
}

func build(arguments []string, tools toolchain) int {
	if len(arguments) > 0 && arguments[0] == testsOption {
		tools.stop()
		return buildTests(arguments[1:])
	}
	req, err := parse(arguments)
	if err != nil {
		tools.stop()
		fmt.Fprintln(os.Stderr, err)
		return 2
	}
	if strings.HasSuffix(req.named, "_test.go") {
		tools.stop()
		fmt.Fprintf(os.Stderr, "go: cannot run *_test.go files (%s)\n", req.named) // in the words of `go run`
		return 1
	}
	req = asFolder(req)
	if packages, ok := direct(req); ok {
		if linksByName(req.sources) { // which the linker would find in packages that it has loaded, and the plain one not
			tools.stopLinker()
			tools.linker = nil
		}
		return buildDirectly(req, packages, tools)
	}
	tools.stop()
	return goBuild(req)
}

func startToolchain() (tools toolchain, err error) {
	if tools.linker, err = startLoaded(); err != nil {
		tools.linker = nil
	}
	if tools.compiler, err = startTool("compile"); err != nil {
		tools.stopLinker()
	}
	return tools, err
}

func (tools toolchain) stop() {
	tools.compiler.stop()
	tools.stopLinker()
}

func (tools toolchain) stopLinker() {
	if tools.linker != nil {
		tools.linker.stop()
	}
}

// link links an object file, with the linker that has loaded the packages, or the plain one where that cannot.
func (tools toolchain) link(object string, req request, packages string) int {
	if tools.linker != nil && tools.linker.link(object, req.output) {
		return 0
	}
	plain, err := startTool("link")
	if err != nil {
		return fail(err)
	}
	return plain.run([]string{"-o", req.output, "-s", "-w", "-buildmode=exe", "-importcfg", packages, object})
}

func parse(arguments []string) (request, error) {
	var req request
	for i := 0; i < len(arguments); i++ {
		argument := arguments[i]
		switch {
		case argument == "-o" && i+1 < len(arguments):
			i++
			req.output = arguments[i]
		case strings.HasPrefix(argument, entryPoint):
			req.named = strings.TrimPrefix(argument, entryPoint)
		case strings.HasPrefix(argument, "-"):
			req.options = append(req.options, argument)
		case !slices.Contains(req.sources, argument):
			req.sources = append(req.sources, argument)
		}
	}
	if req.output == "" || len(req.sources) == 0 {
		return req, fmt.Errorf("usage: gobuild -o FILE [OPTIONS] ENTRY SOURCES...")
	}
	req.entry = req.sources[0]
	return req, nil
}

// buildDirectly runs the compiler and the linker; exit code and messages are those of `go build`.
func buildDirectly(req request, packages string, tools toolchain) int {
	scratch, err := os.MkdirTemp("", "gobuild-")
	if err != nil {
		return fail(err)
	}
	defer os.RemoveAll(scratch)
	directory, err := os.Getwd()
	if err != nil {
		return fail(err)
	}
	object := filepath.Join(scratch, "main.a")
	version := strings.Join(strings.SplitN(runtime.Version(), ".", 3)[:2], ".")
	compile := []string{
		"-o", object, "-p", "main", "-complete", "-dwarf=false", "-lang=" + version, "-goversion", runtime.Version(),
		"-trimpath", directory + "=>.", "-nolocalimports", "-importcfg", packages, "-pack",
	}
	for _, source := range req.sources {
		compile = append(compile, "./"+source)
	}
	if code := tools.compiler.run(compile); code != 0 {
		tools.stopLinker()
		return code
	}
	return tools.link(object, req, packages)
}

// goBuild hands the program to `go build`, whole.
func goBuild(req request) int {
	output, err := filepath.Abs(req.output)
	if err != nil {
		return fail(err)
	}
	arguments := []string{"build", "-trimpath", "-gcflags=all=-dwarf=false", "-ldflags=-s -w", "-o", output}
	arguments = append(arguments, req.options...)
	root, isModule := moduleRoot(filepath.Dir(req.entry))
	if isModule && !req.alone {
		directory, err := filepath.Rel(root, filepath.Dir(req.entry))
		if err != nil {
			return fail(err)
		}
		arguments = append(arguments, "./"+directory)
	} else {
		for _, source := range req.sources {
			relative, err := filepath.Rel(root, source)
			if err != nil {
				return fail(err)
			}
			arguments = append(arguments, relative)
		}
	}
	cache, err := openCache()
	if err != nil {
		return fail(err)
	}
	defer os.RemoveAll(cache)
	command := goCommand(arguments, cache)
	command.Dir = root
	if packages, err := os.Readlink(filepath.Join(home, "gopath")); err == nil && !isModule {
		// Where no module says what is to be had, that is what the image has.
		command.Env = append(command.Env, "GO111MODULE=off", "GOPATH="+packages)
	}
	if err := command.Run(); err != nil {
		if command.ProcessState == nil {
			return fail(err)
		}
		return max(command.ProcessState.ExitCode(), 1)
	}
	if built, err := os.Stat(req.output); err != nil || built.Mode()&0o111 == 0 {
		// `go build` is content with any package, and writes it as an archive; `go run` has these words for it.
		fmt.Fprintln(os.Stderr, "package command-line-arguments is not a main package")
		return 1
	}
	return 0
}

// openCache makes a directory that `go build` takes for its cache: the entries are the image's, which are read-only, and
// the date says that they were tidied just now, which `go build` would otherwise insist on doing.
func openCache() (string, error) {
	cache, err := os.MkdirTemp("", "gocache-")
	if err != nil {
		return "", err
	}
	for i := range 256 {
		name := fmt.Sprintf("%02x", i)
		if err := os.Symlink(filepath.Join(home, "cache", name), filepath.Join(cache, name)); err != nil {
			return cache, err
		}
	}
	now := fmt.Sprintf("%d", time.Now().Unix())
	return cache, os.WriteFile(filepath.Join(cache, "trim.txt"), []byte(now), 0o600)
}

func fail(err error) int {
	fmt.Fprintln(os.Stderr, "gobuild:", err)
	return 1
}
