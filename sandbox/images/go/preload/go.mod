module coderunner/preload

go 1.24
