/** The names that examples in comments and `docs/` do not declare. Compiled, never run. */
import type { ServerResponse } from "node:http";
import type { ApolloServer } from "@apollo/server";
import type { IResolvers } from "@graphql-tools/utils";
import { initTRPC } from "@trpc/server";
import type { AuthContext, AuthManager, JWK, RequestAuth } from "claimgate";
import type { GraphQLContextFactory, RequireTokenDirective } from "claimgate/graphql";
import { authProcedures } from "claimgate/trpc";
import type { DocumentNode, ExecutionResult, GraphQLSchema } from "graphql";
import type { Pool } from "pg";
import type * as z from "zod";

export { createServer } from "node:http";
export { startStandaloneServer } from "@apollo/server/standalone";
export { makeExecutableSchema } from "@graphql-tools/schema";
export { initTRPC } from "@trpc/server";
export { awsLambdaRequestHandler } from "@trpc/server/adapters/aws-lambda";
export { createHTTPServer } from "@trpc/server/adapters/standalone";
export { execute, GraphQLString, getOperationAST } from "graphql";
export { createHandler } from "graphql-http/lib/use/http";
export { createYoga } from "graphql-yoga";
export * as z from "zod";

// The application
export declare const auth: AuthManager;
export declare const options: { readonly issuer: string; readonly algorithm: "HS256"; readonly secret: string };
export declare const issuer: string;
export declare const privateKey: JWK;
export declare const publicJwk: JWK;
export declare const base64urlOfTheSecret: string;
export declare const ctx: { readonly auth: RequestAuth };
export declare const credentials: z.ZodType<{ readonly user: string; readonly password: string }>;
export declare const checkPassword: (given: z.infer<typeof credentials>) => Promise<{ readonly id: string }>;
export declare const post: { readonly authorId: string };
export declare const request: Request;
export declare const user: { readonly id: string };
export declare const pool: Pool;
export declare const db: { readonly name: string };
export declare const findUser: (id: string) => { readonly id: string };

// tRPC
export const t = initTRPC.context<AuthContext>().create();
export const { publicProcedure, optionalProcedure, protectedProcedure, refreshProcedure } = authProcedures(t.procedure);
export const router = t.router({});

// GraphQL
export declare const typeDefs: string;
export declare const resolvers: IResolvers;
export declare const schema: GraphQLSchema;
export declare const requireToken: RequireTokenDirective;
export declare const createContext: GraphQLContextFactory<Record<string, unknown>>;
export declare const server: ApolloServer;
export declare const response: ServerResponse;
export declare const document: DocumentNode;
export declare const operationName: string;
export declare const result: ExecutionResult;
