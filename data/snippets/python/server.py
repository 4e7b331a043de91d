# Serves the model over HTTP: POST /infer {"inputs": [...]} answers {"outputs": [...]}; GET /health. For one machine, behind a proxy that knows who may ask.
#   pip install {{packages}}
#   python server.py --port 8000
import argparse
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

{{>predict}}

MAX_BODY = 16 << 20
MAX_INPUTS = 64
turns = threading.Lock()  # one call computes at a time: it uses all cores


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 60

    def do_GET(self):
        self.say(200, {"model": MODEL, "commit": COMMIT}) if self.path == "/health" else self.say(404, {"error": "ask POST /infer"})

    def do_POST(self):
        length = self.headers.get("Content-Length", "")
        if self.path != "/infer":
            return self.say(404, {"error": "ask POST /infer"}, close=True)
        if not length.isdecimal():
            return self.say(411, {"error": "say Content-Length"}, close=True)
        if int(length) > MAX_BODY:
            return self.say(413, {"error": f"at most {MAX_BODY} bytes"}, close=True)
        try:
            body = json.loads(self.rfile.read(int(length)))
            inputs = body.get("inputs") if isinstance(body, dict) else None
            if not isinstance(inputs, list) or not 0 < len(inputs) <= MAX_INPUTS:
                raise ValueError(f'"inputs" must be a list of 1 to {MAX_INPUTS}')
{{#noFiles}}
            if any(isinstance(one, str) or "file" in one for one in inputs):
                raise ValueError('send pictures as {"image": base64}')  # no caller reads this machine's files
{{/noFiles}}
            items = [read(one) for one in inputs]
        except (ValueError, TypeError, OSError, RecursionError) as error:
            return self.say(400, {"error": str(error)})
        with turns:
            outputs = predict(items)
        self.say(200, {"commit": COMMIT, "outputs": outputs})

    def say(self, status, body, close=False):
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        if close:  # what was sent is not read
            self.send_header("Connection", "close")
            self.close_connection = True
        self.end_headers()
        self.wfile.write(data)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8000)
    options = parser.parse_args()
    server = ThreadingHTTPServer((options.host, options.port), Handler)
    print(f"http://{options.host}:{server.server_address[1]}/infer", flush=True)
    server.serve_forever()
