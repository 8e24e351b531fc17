/** The sets of peers that the matrix installs next to the package: each its own folder, oldest first. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createProject, install, MANIFEST, readManifest } from "../project.ts";
import { ROOT } from "../run.ts";
import { lowestOf } from "./engines.ts";

/** The peers that the table shows. */
export const PEERS = ["graphql", "@graphql-tools/utils", "@trpc/server"] as const;

type Peer = (typeof PEERS)[number];

/** Peers to install together. */
export interface PeerSet {
  readonly name: string;
  /** As npm takes them: whole versions, or the newest of a range. */
  readonly versions: Readonly<Record<Peer, string>>;
  /** Dependencies of the package's own that are held at a version. */
  readonly dependencies?: Readonly<Record<string, string>>;
}

/** A set that was installed. */
export interface Installed {
  readonly set: PeerSet;
  readonly project: string;
  readonly versions: Readonly<Record<Peer, string>>;
  /** The Node versions that packages ask for: the peers themselves, and what came with them. */
  readonly engines: readonly { readonly name: string; readonly version: string; readonly range: string }[];
}

const NEWEST_TRPC = "11";
// The programme answers with it too: it is no peer, but the server that `useAuth` is for.
const YOGA = "graphql-yoga";

/** Everything at the lowest version that package.json admits. */
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

/** The newest of everything. */
export const NEWEST: PeerSet = {
  name: "newest",
  versions: { graphql: "17", "@graphql-tools/utils": "13", "@trpc/server": NEWEST_TRPC },
};

/** All sets, as the table lists them. */
export const PEER_SETS: readonly PeerSet[] = [
  OLDEST,
  peerSet("16", "10"),
  peerSet("16", "11"),
  peerSet("16", "12"),
  peerSet("16", "13"),
  peerSet("17.0.0", "12"),
  NEWEST,
];

/** Installs the tarball and a set, with what goes `beside` them, into a new folder. */
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
  // Before Yoga comes, whose own packages ask for what claimgate's peers do not.
  const engines = readEngines(project);
  await install(project, [`${YOGA}@${readManifest(ROOT, YOGA).version}`]);
  const versions = PEERS.map((peer) => [peer, readManifest(project, peer).version]);
  return { set, project, versions: Object.fromEntries(versions) as Record<Peer, string>, engines };
}

/** As npm wrote down what it installed. */
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
