/** The secret of the ring that a run starts; its clients show it, too. */
import { authorizationOf } from "../../src/transport/peer-http.ts";

export const secret = "chaos";
export const authorization = authorizationOf(secret);
