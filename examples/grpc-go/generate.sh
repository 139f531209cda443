#!/bin/sh
# Makes the stubs in ./coderunnerpb of the repository's proto/. Needs protoc (Debian: protobuf-compiler); Go has the rest.
set -eu
cd "$(dirname "$0")"
GOBIN="$PWD/bin" go install tool
mkdir -p coderunnerpb
files="blobs callback catalog execution keys nodes operations"
set --
for file in $files; do
    set -- "$@" --go_opt="Mcoderunner/v1/$file.proto=example/blog/coderunnerpb" \
        --go-grpc_opt="Mcoderunner/v1/$file.proto=example/blog/coderunnerpb"
done
for file in $files; do
    set -- "$@" "coderunner/v1/$file.proto"
done
PATH="$PWD/bin:$PATH" protoc -I ../../proto --go_out=. --go_opt=module=example/blog \
    --go-grpc_out=. --go-grpc_opt=module=example/blog "$@"
