//go:build tools

// Package tools pins the Jaeger that tests ask for traces: scripts/get-jaeger.mjs builds it from here.
package tools

import _ "github.com/jaegertracing/jaeger/cmd/all-in-one"
