package main

import (
	"path"
	"regexp"
	"strconv"
	"strings"
)

// mark stands before each line that the framework prints, not the tests (src/testing/testing.go).
const mark = "\x16"

const maxMessageBytes = 2000

var (
	endOf = regexp.MustCompile(`^ *--- (PASS|FAIL|SKIP): (\S+) \(([0-9.]+)s\)$`)
	place = regexp.MustCompile(` *([^\s:]+\.go):(\d+): `)
	frame = regexp.MustCompile(`\n\t(?:\S+/)?([^\s/]+_test\.go):(\d+)`)
)

var statuses = map[string]string{"PASS": "PASSED", "FAIL": "FAILED", "SKIP": "SKIPPED"}

// suite is one package, while its tests run.
type suite struct {
	name    string
	report  *report
	current string                      // the test that prints
	said    map[string]*strings.Builder // what each test that runs has printed so far
	ended   *ended                      // the last one, of which a panic may still say more
}

type ended struct {
	name, status, said string
	durationMs         float64
}

func newSuite(directory string, report *report) *suite {
	name := directory
	if name == "." {
		name = ""
	}
	return &suite{name: name, report: report, said: map[string]*strings.Builder{}}
}

// event is a line of the framework: a test begins, goes on, or has ended.
func (s *suite) event(line string) {
	s.tell()
	if name, found := strings.CutPrefix(line, "=== RUN   "); found {
		s.current, s.said[name] = name, &strings.Builder{}
		s.report.started(s.name, name)
	} else if name, found := strings.CutPrefix(line, "=== NAME  "); found {
		s.current = name
	} else if name, found := strings.CutPrefix(line, "=== CONT  "); found {
		s.current = name
	} else if found := endOf.FindStringSubmatch(line); found != nil {
		seconds, _ := strconv.ParseFloat(found[3], 64)
		s.ended = &ended{name: found[2], status: statuses[found[1]], durationMs: seconds * 1000}
		if said := s.said[found[2]]; said != nil {
			s.ended.said = said.String()
		}
		delete(s.said, found[2])
	}
}

// output is a line of the test that runs.
func (s *suite) output(line string) {
	if said := s.said[s.current]; said != nil && said.Len() < maxMessageBytes {
		said.WriteString(line)
	}
}

// over tells of the last test, whose panic has ended the program where it failed without a word.
func (s *suite) over(lastWords string) {
	if s.ended != nil && s.ended.status == "FAILED" && s.ended.said == "" {
		if at := strings.Index(lastWords, "panic: "); at >= 0 {
			s.ended.said = lastWords[at:]
		}
	}
	s.tell()
}

func (s *suite) tell() {
	if s.ended == nil {
		return
	}
	end := *s.ended
	s.ended = nil
	message, file, line := "", "", 0
	if end.status != "PASSED" {
		message, file, line = s.explained(end.said)
	}
	s.report.ended(s.name, end.name, end.status, end.durationMs, message, file, line)
}

// explained is what a test said, and the first place in a file of its package that it named.
func (s *suite) explained(said string) (message, file string, line int) {
	if strings.HasPrefix(said, "panic: ") {
		if found := frame.FindStringSubmatch(said); found != nil {
			file = found[1]
			line, _ = strconv.Atoi(found[2])
		}
		said, _, _ = strings.Cut(said, "\n\n")
	} else if found := place.FindStringSubmatch(said); found != nil {
		file = found[1]
		line, _ = strconv.Atoi(found[2])
		said = place.ReplaceAllString(said, "")
	}
	if file != "" {
		file = path.Join(s.name, file)
	}
	return strings.TrimSpace(said), file, line
}
