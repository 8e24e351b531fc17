/** The part of jose that claimgate loads when it first needs it: `await import("./jose.ts")`. */
export {
  calculateJwkThumbprint,
  createRemoteJWKSet,
  customFetch,
  errors,
  exportJWK,
  importJWK,
  importPKCS8,
  importSPKI,
  importX509,
} from "jose";
