package main

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"time"

	pb "example/blog/coderunnerpb"
)

const (
	maxRequestBytes = 64 << 10
	patience        = 90 * time.Second
)

// program is what a reader's page sends.
type program struct {
	Language string `json:"language"`
	Code     string `json:"code"`
	Stdin    string `json:"stdin"`
}

// piece is a part of what the program prints, as it prints it.
type piece struct {
	Stream string `json:"stream"`
	Text   string `json:"text"`
}

// end is the last line of an answer.
type end struct {
	Status   string `json:"status"`
	ExitCode int32  `json:"exit_code"`
	Error    string `json:"error"`
}

// runner answers with one JSON object per line.
type runner struct {
	executions pb.ExecutionServiceClient
}

func (r *runner) ServeHTTP(response http.ResponseWriter, request *http.Request) {
	var said program
	if err := json.NewDecoder(http.MaxBytesReader(response, request.Body, maxRequestBytes)).Decode(&said); err != nil {
		http.Error(response, "the request is no program", http.StatusBadRequest)
		return
	}
	// A reader who leaves ends the call; his program ends by its limits.
	ctx, cancel := context.WithTimeout(request.Context(), patience)
	defer cancel()
	events, err := r.executions.SubmitAndWatch(ctx, &pb.SubmitAndWatchRequest{Task: taskOf(said)})
	if err != nil {
		refuse(response, err)
		return
	}
	lines := &lineWriter{response: response}
	for {
		event, err := events.Recv()
		switch {
		case errors.Is(err, io.EOF):
			return
		case err != nil && !lines.begun:
			refuse(response, err)
			return
		case err != nil:
			lines.write(refusalOf(err))
			return
		}
		tell(lines, event)
	}
}

func taskOf(said program) *pb.Task {
	return &pb.Task{
		Language: said.Language,
		Files:    []*pb.File{{Body: &pb.File_Content{Content: said.Code}}},
		Input:    &pb.Task_Stdin{Stdin: said.Stdin},
		Labels:   map[string]string{"page": "playground"},
	}
}

func tell(lines *lineWriter, event *pb.WatchResponse) {
	if output := event.GetOutput(); output != nil {
		lines.write(piece{strings.ToLower(output.GetStream().String()), output.GetText()})
	}
	if execution := event.GetExecution(); execution != nil && isFinal(execution.GetStatus()) {
		lines.write(end{execution.GetStatus().String(), execution.GetRun().GetExitCode(), execution.GetError()})
	}
}

func isFinal(status pb.Execution_Status) bool {
	return status != pb.Execution_QUEUED && status != pb.Execution_RUNNING
}

// lineWriter sends each object at once.
type lineWriter struct {
	response http.ResponseWriter
	begun    bool
}

func (lines *lineWriter) write(said any) {
	if !lines.begun {
		lines.response.Header().Set("Content-Type", "application/x-ndjson")
		lines.begun = true
	}
	if json.NewEncoder(lines.response).Encode(said) == nil {
		http.NewResponseController(lines.response).Flush()
	}
}
