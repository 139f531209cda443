// preload writes the object file that ../gobuild has the linker load before there is a program: `preload PACKAGES...`, once, when the
// image is built.
//
// It is a main package that imports the packages, all that they import, and behind these one more, which is the program.
// The linker opens the files of what it imports in this order, so it comes to the program's last. An import holds a
// fingerprint of what it was compiled with, which the linker compares unless it is zero, as it is in what assembly
// imports (cmd/link/internal/ld, ldobj); nobody knows the program's yet, so zero it is.
package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

const (
	home = "/opt/coderunner/go"
	// program is the import path that the program has for the linker alone.
	program = "program"
	// whereItIs is a descriptor of the linker's: ../gobuild/loaded.go.
	whereItIs = "/proc/self/fd/3"
	magic     = "\x00go120ld" // begins an object file; the fingerprint follows (cmd/internal/goobj)
)

func main() {
	if err := preload(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "preload:", err)
		os.Exit(1)
	}
}

func preload(packages []string) error {
	directory, err := os.MkdirTemp("", "preload-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(directory)
	placeholder := filepath.Join(directory, "placeholder.o")
	if err := compile(directory, placeholder, program, "package program\n", os.DevNull); err != nil {
		return err
	}
	listed, err := exec.Command("go", append([]string{"list", "-deps"}, packages...)...).Output()
	if err != nil {
		return err
	}
	source := "package main\n"
	for _, path := range append(strings.Fields(string(listed)), program) {
		if path != "unsafe" {
			source += fmt.Sprintf("import _ %q\n", path)
		}
	}
	built, err := os.ReadFile(filepath.Join(home, "importcfg"))
	if err != nil {
		return err
	}
	line := "packagefile " + program + "="
	imports := filepath.Join(directory, "importcfg")
	if err := os.WriteFile(imports, append(built, line+placeholder+"\n"...), 0o644); err != nil {
		return err
	}
	object := filepath.Join(home, "loaded.o")
	if err := compile(directory, object, "loaded", source+"func main() {}\n", imports); err != nil {
		return err
	}
	if err := forget(object, placeholder); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(home, "importcfg"), append(built, line+whereItIs+"\n"...), 0o644)
}

// compile compiles one source for the linker.
func compile(directory, object, path, source, imports string) error {
	file := filepath.Join(directory, path+".go")
	if err := os.WriteFile(file, []byte(source), 0o644); err != nil {
		return err
	}
	arguments := []string{"-o", object, "-p", path, "-complete", "-dwarf=false", "-importcfg", imports, file}
	command := exec.Command(filepath.Join(home, "tool", "compile"), arguments...)
	command.Stderr = os.Stderr
	return command.Run()
}

// forget puts zeros in the place of the placeholder's fingerprint.
func forget(object, placeholder string) error {
	compiled, err := os.ReadFile(placeholder)
	if err != nil {
		return err
	}
	_, after, found := bytes.Cut(compiled, []byte(magic))
	if !found || len(after) < 8 {
		return fmt.Errorf("%s is no object file of this format", placeholder)
	}
	importing, err := os.ReadFile(object)
	if err != nil {
		return err
	}
	if count := bytes.Count(importing, after[:8]); count != 1 {
		return fmt.Errorf("the fingerprint is %d times in what imports it", count)
	}
	return os.WriteFile(object, bytes.Replace(importing, after[:8], make([]byte, 8), 1), 0o644)
}
