package main

func greeting() string {
	return "Hello from the other file!"
}
