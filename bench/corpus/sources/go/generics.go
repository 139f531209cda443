package main

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

type Number interface {
	~int | ~int64 | ~float64
}

func Map[T, R any](items []T, change func(T) R) []R {
	changed := make([]R, 0, len(items))
	for _, item := range items {
		changed = append(changed, change(item))
	}
	return changed
}

func Sum[T Number](items ...T) (total T) {
	for _, item := range items {
		total += item
	}
	return total
}

type Stack[T any] struct{ items []T }

func (s *Stack[T]) Push(item T) { s.items = append(s.items, item) }

func (s *Stack[T]) Pop() (T, bool) {
	var none T
	if len(s.items) == 0 {
		return none, false
	}
	last := s.items[len(s.items)-1]
	s.items = s.items[:len(s.items)-1]
	return last, true
}

type Person struct {
	Name string
	Age  int
}

func main() {
	people := []Person{{"Ann", 34}, {"Bob", 19}, {"Cid", 52}, {"Dora", 19}}
	slices.SortFunc(people, func(a, b Person) int {
		return cmp.Or(cmp.Compare(a.Age, b.Age), strings.Compare(b.Name, a.Name))
	})
	fmt.Println(people)
	fmt.Println(Map(people, func(p Person) string { return strings.ToLower(p.Name) }))
	fmt.Println(Sum(1, 2, 3), Sum(0.5, 0.25), Sum(Map(people, func(p Person) int { return p.Age })...))

	var stack Stack[rune]
	for _, letter := range "olleh" {
		stack.Push(letter)
	}
	var word strings.Builder
	for letter, ok := stack.Pop(); ok; letter, ok = stack.Pop() {
		word.WriteRune(letter)
	}
	fmt.Println(word.String(), slices.Max([]int{3, 9, 4}), slices.Contains([]string{"a", "b"}, "c"))
}
