package main

func main() {
	panic("got here")
}
