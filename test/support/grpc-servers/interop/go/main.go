// The test server of gRPC's interoperability cases, as grpc-go has it, on a port of its own choosing that it prints. With
// the metadata x-want-gzip a call's answers are compressed; -max-age ends connections (GOAWAY) of that age.
package main

import (
	"context"
	"flag"
	"fmt"
	"log"
	"net"
	"time"

	"google.golang.org/grpc"
	_ "google.golang.org/grpc/encoding/gzip"
	"google.golang.org/grpc/interop"
	testgrpc "google.golang.org/grpc/interop/grpc_testing"
	"google.golang.org/grpc/keepalive"
	"google.golang.org/grpc/metadata"
)

func compress(ctx context.Context) {
	if md, ok := metadata.FromIncomingContext(ctx); ok && len(md.Get("x-want-gzip")) > 0 {
		if err := grpc.SetSendCompressor(ctx, "gzip"); err != nil {
			log.Fatal(err)
		}
	}
}

func main() {
	maxAge := flag.Duration("max-age", 0, "")
	flag.Parse()
	options := []grpc.ServerOption{
		grpc.MaxConcurrentStreams(100),
		grpc.UnaryInterceptor(func(ctx context.Context, request any, _ *grpc.UnaryServerInfo, handle grpc.UnaryHandler) (any, error) {
			compress(ctx)
			return handle(ctx, request)
		}),
		grpc.StreamInterceptor(func(server any, stream grpc.ServerStream, _ *grpc.StreamServerInfo, handle grpc.StreamHandler) error {
			compress(stream.Context())
			return handle(server, stream)
		}),
	}
	if *maxAge > 0 {
		options = append(options, grpc.KeepaliveParams(keepalive.ServerParameters{
			MaxConnectionAge: *maxAge, MaxConnectionAgeGrace: 10 * time.Second,
		}))
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	server := grpc.NewServer(options...)
	testgrpc.RegisterTestServiceServer(server, interop.NewTestServer())
	fmt.Println(listener.Addr().(*net.TCPAddr).Port)
	log.Fatal(server.Serve(listener))
}
