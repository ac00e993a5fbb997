// The test server of gRPC's interoperability cases, as grpc-go has it, on a port of its own choosing that it prints. With
// the metadata x-want-gzip a call's answers are compressed; -max-age ends connections (GOAWAY) of that age. With -echo it
// serves test.Echo (echo.go) instead, and tells what comes line by line. With -hpack it
// serves nothing: it reads a JSON list of header blocks, each a list of names and values, and prints what Go's HPACK encoder
// makes of each, in hex, as one connection would send them.
package main

import (
	"bytes"
	"context"
	"encoding/hex"
	"encoding/json"
	"flag"
	"fmt"
	"log"
	"net"
	"os"
	"time"

	"golang.org/x/net/http2/hpack"
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

func encodeBlocks() {
	var blocks [][]string
	if err := json.NewDecoder(os.Stdin).Decode(&blocks); err != nil {
		log.Fatal(err)
	}
	var block bytes.Buffer
	encoder := hpack.NewEncoder(&block)
	for number, fields := range blocks {
		// What a peer may do between blocks, and has to say in the next.
		if number%7 == 6 {
			encoder.SetMaxDynamicTableSize(uint32(number * 37 % 4097))
		}
		for at := 0; at < len(fields); at += 2 {
			field := hpack.HeaderField{Name: fields[at], Value: fields[at+1], Sensitive: len(fields[at+1])%5 == 4}
			if err := encoder.WriteField(field); err != nil {
				log.Fatal(err)
			}
		}
		fmt.Println(hex.EncodeToString(block.Bytes()))
		block.Reset()
	}
}

func main() {
	isHpack := flag.Bool("hpack", false, "")
	isEcho := flag.Bool("echo", false, "")
	maxAge := flag.Duration("max-age", 0, "")
	flag.Parse()
	if *isHpack {
		encodeBlocks()
		return
	}
	options := []grpc.ServerOption{
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
	if !*isEcho {
		// Few enough for tests to reach.
		options = append(options, grpc.MaxConcurrentStreams(100))
	} else {
		options = append(options, grpc.UnknownServiceHandler(echo), grpc.ForceServerCodec(bytesCodec{}), grpc.MaxRecvMsgSize(1<<26))
	}
	server := grpc.NewServer(options...)
	if !*isEcho {
		testgrpc.RegisterTestServiceServer(server, interop.NewTestServer())
	}
	if *isEcho {
		fmt.Print("port ")
	}
	fmt.Println(listener.Addr().(*net.TCPAddr).Port)
	log.Fatal(server.Serve(listener))
}
