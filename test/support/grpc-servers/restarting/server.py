"""The echo service of test/support/echo-project.ts, answering its own name: see restarting-server.ts."""

import signal
import sys
import time
from concurrent import futures

import grpc

MAX_CONNECTION_AGE_MS = 2000
ANSWER_AFTER_S = 0.005

name = sys.argv[1].encode()
answer = bytes([10, len(name)]) + name


def echo(request, context):
    time.sleep(ANSWER_AFTER_S)
    return answer


server = grpc.server(
    futures.ThreadPoolExecutor(max_workers=32),
    options=[
        ("grpc.max_connection_age_ms", MAX_CONNECTION_AGE_MS),
        ("grpc.max_connection_age_grace_ms", 10000),
        ("grpc.so_reuseport", 0),
    ],
)
handlers = {"Echo": grpc.unary_unary_rpc_method_handler(echo)}
server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler("echo.v1.EchoService", handlers),))
port = server.add_insecure_port("127.0.0.1:" + sys.argv[2])
signal.signal(signal.SIGTERM, lambda *_: server.stop(10))
server.start()
print(f"port {port}", flush=True)
server.wait_for_termination()
