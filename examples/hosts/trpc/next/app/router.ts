/** The app's router. Here it is the one that all hosts share; in an app of your own it stands in this place. */
export * from "../../router.ts";
