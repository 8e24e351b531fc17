/** A new process: imports a library, verifies a token if told to, and prints its CPU time. */

export type Library = "claimgate" | "jose";
export type Start = "import" | "verify";

/** The output of the process. */
export interface Started {
  readonly cpuUs: number;
  readonly wasAccepted: boolean;
}

const ISSUER = "https://api.example.com";

async function start(library: Library, what: Start, key: string, token: string): Promise<boolean> {
  if (what === "import") {
    await (library === "claimgate" ? import("claimgate") : import("jose"));
    return true;
  }
  const verify = library === "claimgate" ? verifyWithClaimgate : verifyWithJose;
  return verify(key, token).then(
    () => true,
    () => false,
  );
}

async function verifyWithClaimgate(publicKey: string, token: string): Promise<void> {
  const { AuthManager } = await import("claimgate");
  const auth = new AuthManager({ issuer: ISSUER, algorithm: "RS256", publicKey });
  await auth.verify(token);
}

async function verifyWithJose(publicKey: string, token: string): Promise<void> {
  const { importSPKI, jwtVerify } = await import("jose");
  const key = await importSPKI(publicKey, "RS256");
  const requiredClaims = ["exp", "iat", "sub", "type"];
  const { payload } = await jwtVerify(token, key, { algorithms: ["RS256"], issuer: ISSUER, requiredClaims });
  if (payload["type"] !== "auth" || payload.aud !== undefined) throw new Error("the type must be auth");
}

const [library, what, key = "", token = ""] = process.argv.slice(2);
const cpu = process.cpuUsage();
const wasAccepted = await start(library as Library, what as Start, key, token);
const { user, system } = process.cpuUsage(cpu);
console.log(JSON.stringify({ cpuUs: user + system, wasAccepted } satisfies Started));
