"""A C-core gRPC server on bytes, without generated code: the methods of echo-server.ts.

Unary fails where metadata asks it to: x-fail-code, x-fail-message-bin, x-fail-details-bin.

Prints `port N` when it listens, then a line per event tests count: `arrived`, `cancelled`, `authority NAME`.
Options: --gzip packs what it sends, --max-receive BYTES limits what it takes, --max-age SECONDS ends connections,
--health serves grpc.health.v1; the one byte sent to SetHealth is the status it tells.
"""

import argparse
import base64
import json
import threading
from concurrent import futures

import grpc

CODES = {code.value[0]: code for code in grpc.StatusCode}
LOCK = threading.Lock()


def tell(line):
    with LOCK:
        print(line, flush=True)


def picked(context, prefix):
    return tuple((name, value) for name, value in context.invocation_metadata() if name.startswith(prefix))


def unary(request, context):
    asked = dict(context.invocation_metadata())
    if "x-fail-code" in asked:
        trailers = picked(context, "x-tail-")
        if "x-fail-details-bin" in asked:
            trailers += (("grpc-status-details-bin", asked["x-fail-details-bin"]),)
        context.set_trailing_metadata(trailers)
        context.abort(CODES[int(asked["x-fail-code"])], asked["x-fail-message-bin"].decode())
    tell("authority " + getattr(context, "_rpc_event").call_details.host.decode())
    context.send_initial_metadata(picked(context, "x-head-"))
    context.set_trailing_metadata(picked(context, "x-tail-"))
    return request


def fail(request, context):
    wanted = json.loads(request)
    trailers = picked(context, "x-tail-")
    if wanted.get("details") is not None:
        trailers += (("grpc-status-details-bin", base64.b64decode(wanted["details"])),)
    context.set_trailing_metadata(trailers)
    context.abort(CODES[wanted["code"]], wanted["message"])


def count(request, context):
    wanted = json.loads(request)
    for sent in range(1, wanted["count"] + 1):
        yield bytes([sent & 255]) * wanted["size"]
    if wanted.get("code") is not None:
        context.abort(CODES[wanted["code"]], "counted")


def collect(requests, context):
    lengths = [len(message) for message in requests]
    return json.dumps({"count": len(lengths), "bytes": sum(lengths)}, separators=(",", ":")).encode()


def chat(requests, context):
    yield from requests


def hang(request, context):
    over = threading.Event()
    context.add_callback(over.set)
    tell("arrived")
    over.wait()
    tell("cancelled")
    return b""


HEALTH = threading.Condition()
SERVING = bytes([8, 1])
health = SERVING


def set_health(request, context):
    global health
    with HEALTH:
        health = bytes([8, request[0]])
        HEALTH.notify_all()
    return b""


def check(request, context):
    return health


def watch(request, context):
    told = None
    while context.is_active():
        with HEALTH:
            HEALTH.wait_for(lambda: health != told, timeout=1)
            if health == told:
                continue
            told = health
        yield told


HEALTH_HANDLERS = {
    "Check": grpc.unary_unary_rpc_method_handler(check),
    "Watch": grpc.unary_stream_rpc_method_handler(watch),
}

HANDLERS = {
    "Unary": grpc.unary_unary_rpc_method_handler(unary),
    "Fail": grpc.unary_unary_rpc_method_handler(fail),
    "Count": grpc.unary_stream_rpc_method_handler(count),
    "Collect": grpc.stream_unary_rpc_method_handler(collect),
    "Chat": grpc.stream_stream_rpc_method_handler(chat),
    "Hang": grpc.unary_unary_rpc_method_handler(hang),
    "SetHealth": grpc.unary_unary_rpc_method_handler(set_health),
}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--gzip", action="store_true")
    parser.add_argument("--max-receive", type=int, default=-1)
    parser.add_argument("--max-age", type=float)
    parser.add_argument("--health", action="store_true")
    arguments = parser.parse_args()
    options = [("grpc.max_receive_message_length", arguments.max_receive)]
    if arguments.max_age is not None:
        options.append(("grpc.max_connection_age_ms", int(arguments.max_age * 1000)))
        options.append(("grpc.max_connection_age_grace_ms", 2000))
    server = grpc.server(
        futures.ThreadPoolExecutor(max_workers=64),
        options=options,
        compression=grpc.Compression.Gzip if arguments.gzip else None,
    )
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler("test.Echo", HANDLERS),))
    if arguments.health:
        service = grpc.method_handlers_generic_handler("grpc.health.v1.Health", HEALTH_HANDLERS)
        server.add_generic_rpc_handlers((service,))
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    tell(f"port {port}")
    server.wait_for_termination()


if __name__ == "__main__":
    main()
