/** What a program needs to be a node, beside its runtime's `startServer`. */
export type { RingNode } from "../../node/api.ts";
export type { Log, Store, StoreGuarantee } from "../../ports.ts";
export { openStore, storeFromDriver } from "../../store/open.ts";
export { StoreError } from "../../store/store-error.ts";
export { configureLog } from "../log.ts";
export type { RunningServer, ServerOptions } from "../server.ts";
export { StartError } from "../start-error.ts";
