/** The names each entry exports: a change here is a change of the public contract. */
import * as core from "claimgate";
import * as graphql from "claimgate/graphql";
import * as jwt from "claimgate/jwt";
import * as postgres from "claimgate/postgres";
import * as redis from "claimgate/redis";
import * as testing from "claimgate/testing";
import * as trpc from "claimgate/trpc";
import { expect, it } from "vitest";

it.each(
  Object.entries({
    claimgate: core,
    "claimgate/jwt": jwt,
    "claimgate/trpc": trpc,
    "claimgate/graphql": graphql,
    "claimgate/redis": redis,
    "claimgate/postgres": postgres,
    "claimgate/testing": testing,
  }),
)("%s exports what it did", (_, entry) => {
  expect(Object.keys(entry).toSorted()).toMatchSnapshot();
});
