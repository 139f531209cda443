package main

import (
	"bytes"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"
)

const log = `2024-03-01T10:00:00Z INFO request path=/index ms=12
2024-03-01T10:00:03Z WARN slow path=/report ms=1840
damaged line
2024-03-01T10:01:30Z INFO request path=/index ms=9
2024-03-01T10:02:00Z ERROR failed path=/api ms=77`

var line = regexp.MustCompile(`^(\S+) (INFO|WARN|ERROR) (\w+) path=(\S+) ms=(\d+)$`)

func main() {
	var first, last time.Time
	var table bytes.Buffer
	writer := tabwriter.NewWriter(&table, 0, 8, 2, ' ', tabwriter.AlignRight)
	total := 0
	for number, text := range strings.Split(log, "\n") {
		parts := line.FindStringSubmatch(text)
		if parts == nil {
			fmt.Printf("line %d: %q is not understood\n", number+1, text)
			continue
		}
		at, err := time.Parse(time.RFC3339, parts[1])
		if err != nil {
			panic(err)
		}
		if first.IsZero() {
			first = at
		}
		last = at
		ms, _ := strconv.Atoi(parts[5])
		total += ms
		fmt.Fprintf(writer, "%s\t%s\t%s\t%d\t\n", at.Format("15:04:05"), strings.ToLower(parts[2]), parts[4], ms)
	}
	writer.Flush()
	fmt.Print(table.String())
	fmt.Println(last.Sub(first), time.Duration(total)*time.Millisecond)
	if _, err := strconv.Atoi("12a"); err != nil {
		fmt.Println(err)
	}
}
