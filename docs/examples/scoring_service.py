"""Score rows over HTTP by a model in ONNX: needs onnxruntime, and neither robustgen nor torch.

python scoring_service.py model.onnx 8000
curl -d '[[5.1, 3.5, 1.4, 0.2]]' http://127.0.0.1:8000
"""

import json
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import onnxruntime

path, port = sys.argv[1:]
session = onnxruntime.InferenceSession(path)


class Scorer(BaseHTTPRequestHandler):
    def do_POST(self):
        try:
            rows = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            (scores,) = session.run(["score"], {"X": np.asarray(rows, dtype=float)})
            status, answer = 200, {"scores": scores.tolist()}  # larger = more normal
        except Exception as error:  # a bad request must not end the service
            status, answer = 400, {"error": str(error)}
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(json.dumps(answer).encode())


server = ThreadingHTTPServer(("127.0.0.1", int(port)), Scorer)
print(f"http://127.0.0.1:{server.server_port}", flush=True)
server.serve_forever()
