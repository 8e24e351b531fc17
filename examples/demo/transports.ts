/** Makes calls through a tRPC client and a GraphQL client, and reads the verdict of each. */
import { createTRPCClient, httpLink, TRPCClientError } from "@trpc/client";
import { Client, fetchExchange } from "@urql/core";
import type { AppRouter } from "../server/trpc.ts";
import type { Call } from "./calls.ts";

export interface Outcome {
  /** HTTP status and reason, such as `200 ok`, `401 TOKEN_EXPIRED`, `401 (no reason)`. */
  readonly verdict: string;
  /** The `WWW-Authenticate` header. */
  readonly challenge: string | null;
  readonly answer?: unknown;
  /** The `Set-Cookie` headers. */
  readonly cookies: readonly string[];
}

export type Transport = (call: Call, headers: Readonly<Record<string, string>>) => Promise<Outcome>;

interface ErrorDetails {
  readonly code?: string;
  readonly auth?: { readonly reason: string };
}

export function trpcTransport(serverUrl: string): Transport {
  return async (call, headers) => {
    const http = recordingFetch();
    const link = httpLink({ url: `${serverUrl}/trpc`, fetch: http.fetch, headers });
    const client = createTRPCClient<AppRouter>({ links: [link] });
    try {
      const answer = await call.trpc(client);
      return toOutcome(http.response(), { answer });
    } catch (error) {
      // Only an error from the server is a verdict.
      if (!(error instanceof TRPCClientError) || !error.data) throw error;
      return toOutcome(http.response(), { error: error.data, codes: { 401: "UNAUTHORIZED", 403: "FORBIDDEN" } });
    }
  };
}

export function graphqlTransport(serverUrl: string): Transport {
  return async (call, headers) => {
    const http = recordingFetch();
    const client = new Client({
      url: `${serverUrl}/graphql`,
      exchanges: [fetchExchange],
      preferGetMethod: false,
      fetch: http.fetch,
      fetchOptions: { headers },
    });
    const isMutation = call.document.startsWith("mutation");
    const result = await client[isMutation ? "mutation" : "query"](call.document, call.variables).toPromise();
    const [error] = result.error?.graphQLErrors ?? [];
    if (result.error && !error) throw result.error;
    if (!error) return toOutcome(http.response(), { answer: result.data?.[call.route] });
    return toOutcome(http.response(), {
      error: error.extensions,
      codes: { 401: "UNAUTHENTICATED", 403: "FORBIDDEN" },
    });
  };
}

type Said =
  | { readonly answer: unknown }
  | { readonly error: ErrorDetails; readonly codes: Readonly<Record<number, string>> };

function toOutcome(response: Response, said: Said): Outcome {
  const { status } = response;
  const challenge = response.headers.get("www-authenticate");
  const cookies = response.headers.getSetCookie();
  if ("answer" in said) {
    const { answer } = said;
    return { verdict: answer == null ? `${status} (no answer)` : `${status} ok`, challenge, answer, cookies };
  }
  const { code, auth } = said.error;
  // In GraphQL, a mutation whose resolver ran has status 200 even if the resolver rejected it.
  if (status === 200) return { verdict: `200, ${code} ${auth?.reason ?? "(no reason)"}`, challenge, cookies };
  // A code that contradicts the status, or a missing WWW-Authenticate header, changes the verdict,
  // so that it differs from the expected one.
  const wrongCode = code === said.codes[status] ? "" : ` with code ${code}`;
  const unchallenged = auth && challenge === null ? " without WWW-Authenticate" : "";
  return { verdict: `${status} ${auth?.reason ?? "(no reason)"}${wrongCode}${unchallenged}`, challenge, cookies };
}

/** Records the last response, because the clients do not expose the HTTP status. */
function recordingFetch() {
  let last: Response | undefined;
  return {
    fetch: async (input: RequestInfo | URL, init?: object) => {
      last = await fetch(input, init);
      return last;
    },
    response(): Response {
      if (!last) throw new Error("The client sent no request");
      return last;
    },
  };
}
