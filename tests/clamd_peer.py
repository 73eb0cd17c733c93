"""A virus scanner as the worker meets it: it speaks INSTREAM, and knows one virus, the test file of EICAR."""

import socketserver
import threading
from struct import unpack

EICAR = b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$EICAR-" + b"STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"


class ClamdPeer:
    """Listens on a loopback port; `scanned` holds what it was given, `mood` is "", "silent", "full" or "broken"."""

    def __init__(self) -> None:
        self.scanned: list[bytes] = []
        self.mood = ""
        peer = self

        class Handler(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                peer._answer(self)

        self._server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"tcp://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> "ClamdPeer":
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def _answer(self, handler: socketserver.StreamRequestHandler) -> None:
        if self.mood == "silent":
            return
        command = handler.rfile.read(len(b"zPING\0"))
        if command == b"zPING\0":
            handler.wfile.write(b"PONG\0")
            return
        assert command + handler.rfile.read(len(b"zINSTREAM\0") - len(command)) == b"zINSTREAM\0"
        content = b""
        while size := unpack(">I", handler.rfile.read(4))[0]:
            content += handler.rfile.read(size)
        self.scanned.append(content)
        handler.wfile.write(self._verdict(content))

    def _verdict(self, content: bytes) -> bytes:
        if self.mood == "full":
            return b"INSTREAM size limit exceeded. ERROR\0"
        if self.mood == "broken":
            return b"stream: Can't allocate memory ERROR\0"
        return b"stream: Eicar-Test-Signature FOUND\0" if EICAR in content else b"stream: OK\0"
