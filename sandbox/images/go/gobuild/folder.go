package main

import (
	rules "go/build"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// asFolder returns the request with those of its files that `go build` takes for the program of a folder, in its order:
// the ones in the directory of package main that are no tests, not hidden, and meant for this platform and these tags.
// Where none are, all stay as they are, as files that are named to `go run`; so does a file that the task named and these rules
// leave out, by itself.
func asFolder(req request) request {
	context := buildContext(req.options)
	if req.named != "" && !belongs(context, req.named) {
		req.sources, req.alone = []string{req.entry}, true
		return req
	}
	sources := slices.DeleteFunc(slices.Clone(req.sources), func(source string) bool { return !belongs(context, source) })
	if len(sources) == 0 {
		return req
	}
	directory := mainDirectory(req.entry, sources)
	req.sources = slices.DeleteFunc(sources, func(source string) bool { return filepath.Dir(source) != directory })
	if !slices.Contains(req.sources, req.entry) {
		req.entry = req.sources[0]
	}
	slices.Sort(req.sources) // the order of initialisation
	return req
}

// buildContext is the platform and the tags of `go build` here.
func buildContext(options []string) rules.Context {
	context := rules.Default
	context.CgoEnabled = false
	for _, option := range options {
		if tags, found := strings.CutPrefix(option, "-tags="); found {
			context.BuildTags = strings.Split(tags, ",")
		}
	}
	return context
}

// belongs says that a file is part of a package. One that cannot be read as Go is: the compiler has words for it.
func belongs(context rules.Context, source string) bool {
	directory, name := filepath.Split(source)
	if strings.HasSuffix(name, "_test.go") {
		return false
	}
	matches, err := context.MatchFile(directory, name)
	return err != nil || matches
}

// mainDirectory is the directory of the entry, unless that is no file of package main and there is exactly one directory
// with such files.
func mainDirectory(entry string, sources []string) string {
	if slices.Contains(sources, entry) && inMain(entry) {
		return filepath.Dir(entry)
	}
	var directories []string
	for _, source := range sources {
		if directory := filepath.Dir(source); inMain(source) && !slices.Contains(directories, directory) {
			directories = append(directories, directory)
		}
	}
	switch {
	case len(directories) == 1:
		return directories[0]
	case slices.Contains(sources, entry):
		return filepath.Dir(entry)
	default:
		return filepath.Dir(sources[0])
	}
}

// inMain says that a file belongs to package main, or that nobody can tell.
func inMain(source string) bool {
	file, err := parser.ParseFile(token.NewFileSet(), source, nil, parser.PackageClauseOnly)
	return err != nil || file.Name.Name == "main"
}

// moduleRoot is the directory of the module that a directory is in.
func moduleRoot(directory string) (root string, found bool) {
	for root = directory; ; root = filepath.Dir(root) {
		if _, err := os.Stat(filepath.Join(root, "go.mod")); err == nil {
			return root, true
		}
		if root == "." || root == "/" {
			return "", false
		}
	}
}
