"""A real HTTP server as a process of its own, which keeps what is posted and answers as told.

Called with its folder; it reads `answers.json` there (a list: a status, `redirect`, or `drop`), writes its
port to `port`, and each request to `posts/NUMBER.json`.
"""

import base64
import json
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path


def main(root):
    posts = root / "posts"
    posts.mkdir(exist_ok=True)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            number = len(list(posts.iterdir()))
            told = {
                "path": self.path,
                "headers": dict(self.headers),
                "body": base64.b64encode(body).decode(),
            }
            (posts / f"{number}.json").write_text(json.dumps(told), encoding="utf-8")
            answers = json.loads((root / "answers.json").read_text("utf-8"))
            answer = answers[number] if number < len(answers) else 200
            if answer == "drop":
                self.connection.close()
                return
            self.send_response(302 if answer == "redirect" else answer)
            if answer == "redirect":
                self.send_header("Location", "/elsewhere")
            self.send_header("Content-Length", "4")
            self.end_headers()
            self.wfile.write(b"told")

        def log_message(self, *words):
            """Nothing is printed."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    beside = root / ".port"
    beside.write_text(str(server.server_port), encoding="utf-8")
    beside.rename(root / "port")
    server.serve_forever()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
