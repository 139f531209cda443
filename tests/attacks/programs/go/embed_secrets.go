package main

import (
	_ "embed"
	"fmt"
)

//go:embed ../../../etc/shadow
var secret string

//go:generate touch /tmp/generated

func main() { fmt.Println(secret) }
