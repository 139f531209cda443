package main

import "fmt"

type path struct{ start, steps int }

func longest(from, to int, found chan<- path) {
	best := path{}
	for start := from; start < to; start++ {
		steps := 0
		for n := start; n != 1; steps++ {
			if n%2 == 0 {
				n /= 2
			} else {
				n = 3*n + 1
			}
		}
		if steps > best.steps {
			best = path{start, steps}
		}
	}
	found <- best
}

func main() {
	const hands, share = 4, 250_000
	found := make(chan path)
	for hand := 0; hand < hands; hand++ {
		go longest(1+hand*share, 1+(hand+1)*share, found)
	}
	for hand := 0; hand < hands; hand++ {
		fmt.Printf("%+v\n", <-found)
	}
}
