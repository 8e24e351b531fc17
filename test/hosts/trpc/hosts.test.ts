/** The suites of tRPC, on every host. */
import { describe } from "vitest";
import { drivers } from "./drivers/index.ts";
import { onFakeClock } from "./fake-clock.ts";
import { describeCredentials, describeTwoHeaders } from "./suites/credentials.ts";
import { describeStreamedDelivery, describeWholeDelivery } from "./suites/delivery.ts";
import { describeHttp } from "./suites/http.ts";
import { describeRights } from "./suites/rights.ts";
import { describeStreams } from "./suites/streams.ts";
import { describeSubscriptions } from "./suites/subscriptions.ts";

const hosts = drivers.map(onFakeClock);

describe.each(hosts)("tRPC over $name", (host) => {
  describeHttp(host);
  describeTwoHeaders(host);
  describeCredentials(host);
  describeRights(host);
  describeStreams(host);
  describeSubscriptions(host);
});

describe.each(hosts.filter(({ buffers }) => buffers === undefined))("tRPC over $name", (host) => {
  describeStreamedDelivery(host);
});

describe.each(hosts.filter(({ buffers }) => buffers !== undefined))("tRPC over $name, where $buffers", (host) => {
  describeWholeDelivery(host);
});
