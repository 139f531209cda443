module coderunner/gobuild

go 1.24
