/** `@graphql-yoga/plugin-jwt` with `@envelop/generic-auth` and its directives on the same fields. */
import {
  DIRECTIVE_SDL,
  type GenericAuthPluginOptions,
  REQUIRES_SCOPES_DIRECTIVE_SDL,
  useGenericAuth,
} from "@envelop/generic-auth";
import { createInlineSigningKeyProvider, useJWT } from "@graphql-yoga/plugin-jwt";
import type { Plugin } from "graphql-yoga";
import type { JWTPayload } from "jose";
import { plainSchema, typeDefsWith } from "./schema.ts";
import type { Server } from "./server.ts";
import { type Algorithm, bearerOf, createVerify, ISSUER, mintTokens, type Tokens, type User } from "./tokens.ts";

interface JwtContext {
  readonly jwt?: { readonly payload: JWTPayload };
}

export async function genericAuth(cache: boolean, algorithm: Algorithm = "HS256"): Promise<Server> {
  const tokens = await mintTokens(algorithm);
  const guarded = typeDefsWith((scope) => `@authenticated @requiresScopes(scopes: [["${scope}"]])`);
  const options: GenericAuthPluginOptions<JWTPayload, JwtContext> = {
    mode: "protect-granular",
    resolveUserFn: (context) => context.jwt?.payload ?? null,
  };
  return {
    schema: plainSchema([DIRECTIVE_SDL, REQUIRES_SCOPES_DIRECTIVE_SDL, guarded]),
    tokens,
    // Its type asks for a context that its own hooks fill.
    plugins: [cache ? useCachedJWT(tokens) : useDocumentedJWT(tokens), useGenericAuth(options) as unknown as Plugin],
  };
}

// Granular guards judge whether a token is needed, so that one is missing is no error yet.
function useDocumentedJWT({ text, algorithm }: Tokens): Plugin {
  return useJWT({
    signingKeyProviders: [createInlineSigningKeyProvider(text)],
    tokenVerification: { issuer: ISSUER, algorithms: [algorithm] },
    reject: { missingToken: false, invalidToken: true },
  });
}

/** What the plugin leaves in the context, out of a cache that it does not have. */
function useCachedJWT(tokens: Tokens): Plugin<JwtContext> {
  const verify = createVerify(tokens, true);
  return {
    onContextBuilding({ context, extendContext }) {
      const extend = (user: User | null): void => {
        if (user) extendContext({ jwt: user });
      };
      const user = verify(bearerOf(context.request.headers));
      return user instanceof Promise ? user.then(extend) : extend(user);
    },
  };
}
