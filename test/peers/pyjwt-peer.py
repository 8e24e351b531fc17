"""PyJWT as a peer: reads one JSON request per line and writes one JSON answer per line.

{"encode": claims, "key": text, "algorithm": name, "headers": {...}}      -> {"token": text}
{"decode": token, "key": text, "algorithms": [...], "options": {...}}     -> {"claims": {...}, "header": {...}}
On failure the answer is {"error": the name of the exception, "message": its text}.
"""
import json
import sys

import jwt


def answer(request):
    if "encode" in request:
        return {
            "token": jwt.encode(
                request["encode"], request["key"], request["algorithm"], request.get("headers")
            )
        }
    token = request["decode"]
    claims = jwt.decode(token, request["key"], request["algorithms"], **request.get("options", {}))
    return {"claims": claims, "header": jwt.get_unverified_header(token)}


for line in sys.stdin:
    try:
        result = answer(json.loads(line))
    except Exception as error:  # the name of any exception is the answer
        result = {"error": type(error).__name__, "message": str(error)}
    print(json.dumps(result), flush=True)
