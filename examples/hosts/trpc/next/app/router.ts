/** The router of the app, here the one that all tRPC hosts share. */
export * from "../../router.ts";
