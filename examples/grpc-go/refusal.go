package main

import (
	"encoding/json"
	"net/http"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// refusal says why a program was not run, in words for its reader: of bad input what is wrong with which field.
type refusal struct {
	Refused    string      `json:"refused"`
	Violations []violation `json:"violations"`
	status     int
}

type violation struct {
	Field       string `json:"field"`
	Description string `json:"description"`
}

func refusalOf(err error) refusal {
	switch told := status.Convert(err); told.Code() {
	case codes.InvalidArgument:
		return refusal{"This cannot be run.", violationsIn(told), http.StatusBadRequest}
	case codes.FailedPrecondition:
		return refusal{"Nothing runs this language just now.", nil, http.StatusBadRequest}
	case codes.ResourceExhausted:
		return refusal{"Many programs run just now. Please wait a moment.", nil, http.StatusTooManyRequests}
	case codes.Unavailable, codes.DeadlineExceeded:
		return refusal{"Programs cannot be run just now.", nil, http.StatusServiceUnavailable}
	default:
		return refusal{"Something broke on the server.", nil, http.StatusBadGateway}
	}
}

func violationsIn(told *status.Status) []violation {
	found := []violation{}
	for _, detail := range told.Details() {
		if bad, ok := detail.(*errdetails.BadRequest); ok {
			for _, one := range bad.GetFieldViolations() {
				found = append(found, violation{one.GetField(), one.GetDescription()})
			}
		}
	}
	return found
}

func refuse(response http.ResponseWriter, err error) {
	said := refusalOf(err)
	response.Header().Set("Content-Type", "application/json")
	response.WriteHeader(said.status)
	_ = json.NewEncoder(response).Encode(said)
}
