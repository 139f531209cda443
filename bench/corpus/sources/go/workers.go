package main

import (
	"fmt"
	"sync"
	"time"
)

type result struct {
	number, steps int
}

func collatz(n int) int {
	steps := 0
	for n != 1 {
		if n%2 == 0 {
			n /= 2
		} else {
			n = 3*n + 1
		}
		steps++
	}
	return steps
}

func main() {
	jobs := make(chan int)
	results := make(chan result, 16)
	var workers sync.WaitGroup
	for id := 0; id < 4; id++ {
		workers.Add(1)
		go func() {
			defer workers.Done()
			for n := range jobs {
				results <- result{n, collatz(n)}
			}
		}()
	}
	go func() {
		for n := 1; n <= 5000; n++ {
			jobs <- n
		}
		close(jobs)
		workers.Wait()
		close(results)
	}()
	best, count := result{}, 0
	for r := range results {
		count++
		if r.steps > best.steps {
			best = r
		}
	}
	fmt.Println(count, "numbers, the longest is", best.number, "with", best.steps, "steps")

	select {
	case <-time.After(time.Millisecond):
		fmt.Println("timed out")
	case <-make(chan int):
		fmt.Println("never")
	}
}
