"""PyJWT as a peer: reads one JSON request a line, writes one JSON answer a line, until its input ends.

{"encode": claims, "key": text, "algorithm": name, "headers": {...}}      -> {"token": text}
{"decode": token, "key": text, "algorithms": [...], "options": {...}}     -> {"claims": {...}, "header": {...}}
Either may be answered with {"error": the name of the exception, "message": its text}.
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
    except Exception as error:  # whatever it is, its name is the answer
        result = {"error": type(error).__name__, "message": str(error)}
    print(json.dumps(result), flush=True)
