// The echo service of contract tests, on bytes: the methods of echo-server.ts, with the events of ccore_server.py.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/encoding"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
)

// bytesCodec leaves messages as they are.
type bytesCodec struct{}

var _ encoding.Codec = bytesCodec{}

func (bytesCodec) Name() string                        { return "bytes" }
func (bytesCodec) Marshal(message any) ([]byte, error) { return *message.(*[]byte), nil }
func (bytesCodec) Unmarshal(data []byte, message any) error {
	*message.(*[]byte) = append([]byte{}, data...)
	return nil
}

func picked(ctx context.Context, prefix string) metadata.MD {
	result := metadata.MD{}
	md, _ := metadata.FromIncomingContext(ctx)
	for name, values := range md {
		if strings.HasPrefix(name, prefix) {
			result[name] = values
		}
	}
	return result
}

func receive(stream grpc.ServerStream) ([]byte, error) {
	var message []byte
	err := stream.RecvMsg(&message)
	return message, err
}

func send(stream grpc.ServerStream, message []byte) error {
	return stream.SendMsg(&message)
}

func echo(_ any, stream grpc.ServerStream) error {
	ctx := stream.Context()
	method, _ := grpc.MethodFromServerStream(stream)
	stream.SetTrailer(picked(ctx, "x-tail-"))
	switch method {
	case "/test.Echo/Unary":
		message, err := receive(stream)
		if err != nil {
			return err
		}
		md, _ := metadata.FromIncomingContext(ctx)
		fmt.Println("authority", strings.Join(md.Get(":authority"), ","))
		if err := stream.SetHeader(picked(ctx, "x-head-")); err != nil {
			return err
		}
		return send(stream, message)
	case "/test.Echo/Fail":
		message, err := receive(stream)
		if err != nil {
			return err
		}
		return failure(message)
	case "/test.Echo/Count":
		message, err := receive(stream)
		if err != nil {
			return err
		}
		return count(stream, message)
	case "/test.Echo/Collect":
		messages, bytes := 0, 0
		for {
			message, err := receive(stream)
			if err == io.EOF {
				return send(stream, []byte(fmt.Sprintf(`{"count":%d,"bytes":%d}`, messages, bytes)))
			}
			if err != nil {
				return err
			}
			messages++
			bytes += len(message)
		}
	case "/test.Echo/Chat":
		for {
			message, err := receive(stream)
			if err == io.EOF {
				return nil
			}
			if err != nil {
				return err
			}
			if err := send(stream, message); err != nil {
				return err
			}
		}
	case "/test.Echo/Hang":
		fmt.Println("arrived")
		<-ctx.Done()
		fmt.Println("cancelled")
		return ctx.Err()
	}
	return status.Error(codes.Unimplemented, method)
}

// failure is the status that a request asks for in JSON.
func failure(request []byte) error {
	var wanted struct {
		Code    codes.Code
		Message string
	}
	if err := json.Unmarshal(request, &wanted); err != nil {
		return err
	}
	return status.Error(wanted.Code, wanted.Message)
}

func count(stream grpc.ServerStream, request []byte) error {
	var wanted struct {
		Count, Size int
		Code        *codes.Code
	}
	if err := json.Unmarshal(request, &wanted); err != nil {
		return err
	}
	for sent := 1; sent <= wanted.Count; sent++ {
		message := make([]byte, wanted.Size)
		for at := range message {
			message[at] = byte(sent)
		}
		if err := send(stream, message); err != nil {
			return err
		}
	}
	if wanted.Code != nil {
		return status.Error(*wanted.Code, "counted")
	}
	return nil
}
