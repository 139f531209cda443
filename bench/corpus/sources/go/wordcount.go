package main

import (
	"bufio"
	"fmt"
	"sort"
	"strings"
	"unicode"
)

const text = `The quick brown fox jumps over the lazy dog. The dog barks; the fox runs away.
Over the hills and far away the fox rests, and the dog sleeps.`

func words(text string) []string {
	return strings.FieldsFunc(strings.ToLower(text), func(r rune) bool { return !unicode.IsLetter(r) })
}

func main() {
	counts := make(map[string]int)
	for _, word := range words(text) {
		counts[word]++
	}
	type entry struct {
		word  string
		count int
	}
	var ranked []entry
	for word, count := range counts {
		ranked = append(ranked, entry{word, count})
	}
	sort.Slice(ranked, func(i, j int) bool {
		if ranked[i].count != ranked[j].count {
			return ranked[i].count > ranked[j].count
		}
		return ranked[i].word < ranked[j].word
	})
	for _, one := range ranked[:6] {
		fmt.Printf("%-6s %2d %s\n", one.word, one.count, strings.Repeat("*", one.count))
	}
	lines := 0
	for scanner := bufio.NewScanner(strings.NewReader(text)); scanner.Scan(); {
		lines++
	}
	fmt.Println(len(counts), "different words in", lines, "lines")
}
