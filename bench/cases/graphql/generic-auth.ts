/** `@graphql-yoga/plugin-jwt` with the directives of `@envelop/generic-auth` on the same fields. */
import { createSecretKey } from "node:crypto";
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

export type TokenPlugin = "plugin-jwt" | "plugin-jwt with a key object" | "a cache";

export async function genericAuth(plugin: TokenPlugin, algorithm: Algorithm = "HS256"): Promise<Server> {
  const tokens = await mintTokens(algorithm);
  const guarded = typeDefsWith((scope) => `@authenticated @requiresScopes(scopes: [["${scope}"]])`);
  const options: GenericAuthPluginOptions<JWTPayload, JwtContext> = {
    mode: "protect-granular",
    resolveUserFn: (context) => context.jwt?.payload ?? null,
  };
  return {
    schema: plainSchema([DIRECTIVE_SDL, REQUIRES_SCOPES_DIRECTIVE_SDL, guarded]),
    tokens,
    // Its type requires a context that its own hooks fill.
    plugins: [tokenPlugin(plugin, tokens), useGenericAuth(options) as unknown as Plugin],
  };
}

function tokenPlugin(plugin: TokenPlugin, tokens: Tokens): Plugin {
  if (plugin === "a cache") return useCachedJWT(tokens);
  // The types require text, which jsonwebtoken parses as a public key first. A key object avoids
  // that.
  return useDocumentedJWT(
    tokens,
    plugin === "plugin-jwt" ? tokens.text : (createSecretKey(tokens.text, "utf8") as unknown as string),
  );
}

function useDocumentedJWT({ algorithm }: Tokens, key: string): Plugin {
  return useJWT({
    signingKeyProviders: [createInlineSigningKeyProvider(key)],
    tokenVerification: { issuer: ISSUER, algorithms: [algorithm] },
    // Granular guards decide whether a token is needed, so a missing one is not an error here.
    reject: { missingToken: false, invalidToken: true },
  });
}

/** Fills the context as the plugin does, but from a cache, which the plugin lacks. */
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
