// A blog's backend in Go: readers' programs go through it, so that the token stays here.
//
//	./generate.sh && go run .
//	curl -N --json '{"language": "python", "code": "print(42)"}' http://127.0.0.1:8080/run
package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log"
	"net"
	"net/http"
	"os"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"

	pb "example/blog/coderunnerpb"
)

func main() {
	if err := serve(); err != nil {
		log.Fatal(err)
	}
}

func serve() error {
	connection, err := dial(setting("CODERUNNER_GATEWAY", "localhost:50051"), os.Getenv("CODERUNNER_TOKEN"), os.Getenv("CODERUNNER_TLS_CA"))
	if err != nil {
		return err
	}
	defer connection.Close()
	routes := http.NewServeMux()
	routes.Handle("POST /run", &runner{executions: pb.NewExecutionServiceClient(connection)})
	listener, err := net.Listen("tcp", "127.0.0.1:"+setting("PORT", "8080"))
	if err != nil {
		return err
	}
	fmt.Printf("http://%s/run\n", listener.Addr())
	server := &http.Server{Handler: routes, ReadTimeout: 10 * time.Second}
	return server.Serve(listener)
}

// dial gives the connection for all calls: TLS, and a token that leaves by no other.
func dial(gateway, token, caFile string) (*grpc.ClientConn, error) {
	trusted := &tls.Config{MinVersion: tls.VersionTLS12}
	if caFile != "" {
		pem, err := os.ReadFile(caFile)
		if err != nil {
			return nil, err
		}
		trusted.RootCAs = x509.NewCertPool()
		if !trusted.RootCAs.AppendCertsFromPEM(pem) {
			return nil, errors.New(caFile + " has no certificate")
		}
	}
	return grpc.NewClient(gateway,
		grpc.WithTransportCredentials(credentials.NewTLS(trusted)),
		grpc.WithPerRPCCredentials(bearer(token)))
}

type bearer string

func (token bearer) GetRequestMetadata(context.Context, ...string) (map[string]string, error) {
	return map[string]string{"authorization": "Bearer " + string(token)}, nil
}

func (bearer) RequireTransportSecurity() bool { return true }

func setting(name, usual string) string {
	if value := os.Getenv(name); value != "" {
		return value
	}
	return usual
}
