"""Says of each document whether expat finds it well-formed, with namespaces.

stdin: a length (4 bytes, big-endian) and as many bytes, again and again. stdout: 1 or 0 for each.
"""
import struct
import sys
import xml.parsers.expat

source = sys.stdin.buffer
while True:
    head = source.read(4)
    if len(head) < 4:
        break
    document = source.read(struct.unpack(">I", head)[0])
    # A separator that no namespace can have: expat refuses namespaces that have it.
    parser = xml.parsers.expat.ParserCreate(namespace_separator="\x01")
    try:
        parser.Parse(document, True)
        sys.stdout.write("1")
    except xml.parsers.expat.ExpatError:
        sys.stdout.write("0")
