package main

import (
	"bytes"
	"go/ast"
	rules "go/build"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// direct tells whether compiler and linker can be called directly, and the file that names the built packages. In doubt
// it says no: `go build` knows all the rules.
func direct(req request) (packages string, ok bool) {
	packages = filepath.Join(home, "importcfg")
	if len(req.options) > 0 || !plainDirectory() {
		return "", false
	}
	built, err := builtPackages(packages)
	if err != nil {
		return "", false
	}
	for _, source := range req.sources {
		if !plainName(source) || !plainFile(source, built) {
			return "", false
		}
	}
	return packages, true
}

// plainDirectory says that no file here changes how a package is built.
func plainDirectory() bool {
	entries, err := os.ReadDir(".")
	if err != nil {
		return false
	}
	for _, entry := range entries {
		switch name := entry.Name(); {
		case name == "go.mod" || name == "go.work" || name == "vendor":
			return false
		case strings.HasSuffix(name, ".s") || strings.HasSuffix(name, ".syso"):
			return false
		}
	}
	return true
}

// plainName refuses other directories, tests, hidden files, and what a file of arguments cannot spell.
func plainName(name string) bool {
	return !strings.ContainsAny(name, "/\\\r\n") && !strings.HasPrefix(name, "_") && !strings.HasPrefix(name, ".") &&
		strings.HasSuffix(name, ".go") && !strings.HasSuffix(name, "_test.go")
}

// plainFile says that a file belongs to package main, imports only built packages, embeds nothing, sets nothing and is
// meant for this platform. A file that cannot be parsed is not plain.
func plainFile(name string, built map[string]bool) bool {
	if matches, err := rules.Default.MatchFile(".", name); err != nil || !matches {
		return false
	}
	file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ImportsOnly|parser.ParseComments)
	if err != nil || file.Name.Name != "main" || hasSettings(file) {
		return false
	}
	for _, spec := range file.Imports {
		path, err := strconv.Unquote(spec.Path.Value)
		if err != nil || path == "embed" || !built[path] {
			return false
		}
	}
	return true
}

// hasSettings says that a file has a `//go:debug` above its package clause, which `go build` hands to the linker.
func hasSettings(file *ast.File) bool {
	for _, group := range file.Comments {
		for _, comment := range group.List {
			if comment.Pos() < file.Package && strings.HasPrefix(comment.Text, "//go:debug") {
				return true
			}
		}
	}
	return false
}

// linksByName says that one of the files may name what is in a package that it does not import.
func linksByName(sources []string) bool {
	for _, source := range sources {
		if content, err := os.ReadFile(source); err != nil || bytes.Contains(content, []byte("//go:linkname")) {
			return true
		}
	}
	return false
}

// builtPackages is what a program may import, read from the list of built packages.
func builtPackages(packages string) (map[string]bool, error) {
	listed, err := os.ReadFile(packages)
	if err != nil {
		return nil, err
	}
	paths := map[string]bool{"unsafe": true}
	for line := range strings.Lines(string(listed)) {
		path, _, found := strings.Cut(strings.TrimPrefix(line, "packagefile "), "=")
		if found && !reserved(path) {
			paths[path] = true
		}
	}
	return paths, nil
}

func reserved(path string) bool {
	return path == loadedProgram || strings.HasPrefix(path, "vendor/") || strings.Contains("/"+path+"/", "/internal/")
}
