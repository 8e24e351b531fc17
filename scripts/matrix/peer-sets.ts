/** The sets of peers that the matrix installs next to the package, each in its own folder. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createProject, install, MANIFEST, readManifest } from "../project.ts";
import { ROOT } from "../run.ts";
import { lowestOf } from "./engines.ts";

/** The peers in the table. */
export const PEERS = ["graphql", "@graphql-tools/utils", "@trpc/server"] as const;

type Peer = (typeof PEERS)[number];

/** A set of peers to install together. */
export interface PeerSet {
  readonly name: string;
  /** The versions or ranges for npm. */
  readonly versions: Readonly<Record<Peer, string>>;
  /** Dependencies of claimgate itself to install at a fixed version. */
  readonly dependencies?: Readonly<Record<string, string>>;
}

/** An installed set. */
export interface Installed {
  readonly set: PeerSet;
  readonly project: string;
  readonly versions: Readonly<Record<Peer, string>>;
  /** The Node versions that the peers and their dependencies require. */
  readonly engines: readonly { readonly name: string; readonly version: string; readonly range: string }[];
}

const NEWEST_TRPC = "11";
// The programme also tests `useAuth`, which needs Yoga. Yoga is not a peer.
const YOGA = "graphql-yoga";

/** All packages at the lowest version in the ranges of package.json. */
export const OLDEST: PeerSet = {
  name: "oldest",
  versions: {
    graphql: lowestOf(peerRange("graphql")),
    "@graphql-tools/utils": lowestOf(peerRange("@graphql-tools/utils")),
    "@trpc/server": lowestOf(peerRange("@trpc/server")),
  },
  dependencies: Object.fromEntries(
    Object.entries(MANIFEST.dependencies).map(([name, range]) => [name, lowestOf(range)]),
  ),
};

/** All packages at their newest version. */
export const NEWEST: PeerSet = {
  name: "newest",
  versions: { graphql: "17", "@graphql-tools/utils": "13", "@trpc/server": NEWEST_TRPC },
};

/** All sets in the order of the table, oldest first. */
export const PEER_SETS: readonly PeerSet[] = [
  OLDEST,
  peerSet("16", "10"),
  peerSet("16", "11"),
  peerSet("16", "12"),
  peerSet("16", "13"),
  peerSet("17.0.0", "12"),
  NEWEST,
];

/** Installs the tarball, a set and the packages `beside` into a new folder. */
export async function installPeerSet(
  workspace: string,
  tarball: string,
  set: PeerSet,
  options: { readonly purpose: string; readonly beside?: Readonly<Record<string, string>> },
): Promise<Installed> {
  const project = createProject(workspace, `${options.purpose}-${set.name}`);
  const client = set.versions["@trpc/server"];
  const packages = { ...set.versions, "@trpc/client": client, ...options.beside, ...set.dependencies };
  await install(project, [tarball, ...Object.entries(packages).map(([name, version]) => `${name}@${version}`)]);
  // Before the installation of Yoga, whose dependencies require other Node versions than the peers.
  const engines = readEngines(project);
  await install(project, [`${YOGA}@${readManifest(ROOT, YOGA).version}`]);
  const versions = PEERS.map((peer) => [peer, readManifest(project, peer).version]);
  return { set, project, versions: Object.fromEntries(versions) as Record<Peer, string>, engines };
}

/** Reads the `engines` of the installed packages from npm's lock file. */
function readEngines(project: string): Installed["engines"] {
  const { packages } = JSON.parse(readFileSync(join(project, "node_modules/.package-lock.json"), "utf8")) as {
    packages: Readonly<Record<string, { version: string; engines?: { node?: string } }>>;
  };
  return Object.entries(packages).flatMap(([path, { version, engines }]) => {
    const name = path.slice(path.lastIndexOf("node_modules/") + "node_modules/".length);
    return engines?.node === undefined ? [] : [{ name, version, range: engines.node }];
  });
}

function peerSet(graphql: string, utils: string): PeerSet {
  return {
    name: `graphql-${graphql}-utils-${utils}`,
    versions: { graphql, "@graphql-tools/utils": utils, "@trpc/server": NEWEST_TRPC },
  };
}

function peerRange(name: string): string {
  return MANIFEST.peerDependencies[name] ?? "";
}
