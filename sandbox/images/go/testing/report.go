package main

import (
	"encoding/json"
	"os"
)

const (
	reportVariable = "CODERUNNER_TEST_REPORT"
	maxTests       = 500
	maxNameBytes   = 200
)

// report is what tests leave for the node, written line by line while they run (docs/testing-frameworks.md).
type report struct {
	file  *os.File
	tests int
	told  map[string]bool
}

type line struct {
	Suite      string  `json:"suite,omitempty"`
	Name       string  `json:"name,omitempty"`
	Status     string  `json:"status,omitempty"`
	DurationMs float64 `json:"duration_ms,omitempty"`
	Message    string  `json:"message,omitempty"`
	File       string  `json:"file,omitempty"`
	Line       int     `json:"line,omitempty"`
	More       bool    `json:"more,omitempty"`
}

// openReport opens the report; where no variable names its file, nothing is written.
func openReport() *report {
	opened := &report{told: map[string]bool{}}
	if path := os.Getenv(reportVariable); path != "" {
		os.Unsetenv(reportVariable)
		opened.file, _ = os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o644)
	}
	return opened
}

// started says that a test begins. What follows the first 500 is not told.
func (r *report) started(suite, name string) {
	r.tests++
	if r.tests <= maxTests {
		r.told[suite+"\n"+name] = true
		r.write(line{Suite: suite, Name: name, Status: "STARTED"})
	} else if r.tests == maxTests+1 {
		r.write(line{More: true})
	}
}

func (r *report) ended(suite, name, status string, durationMs float64, message, file string, number int) {
	if key := suite + "\n" + name; r.told[key] {
		delete(r.told, key)
		r.write(line{suite, name, status, durationMs, message[:min(len(message), maxMessageBytes)], file, number, false})
	}
}

func (r *report) write(told line) {
	told.Suite, told.Name = told.Suite[:min(len(told.Suite), maxNameBytes)], told.Name[:min(len(told.Name), maxNameBytes)]
	if text, err := json.Marshal(told); err == nil && r.file != nil {
		_, _ = r.file.Write(append(text, '\n')) // where the disk is full, whoever fills it is told of that
	}
}
