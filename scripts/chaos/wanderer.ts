/** One more node, which joins the ring and leaves it, again and again, whatever else happens. */
import { setTimeout as sleep } from "node:timers/promises";
import type { Prng } from "../../src/sim/prng.ts";
import type { Counts } from "../../src/sim/ring-run.ts";
import type { NodeProcess } from "./node-process.ts";
import type { Ring } from "./ring.ts";
import { authorization } from "./secret.ts";

export interface WandererParts {
  readonly ring: Ring;
  readonly node: NodeProcess;
  /** Members that never leave. */
  readonly hosts: readonly NodeProcess[];
  readonly random: Prng;
  readonly counts: Counts;
  readonly stayMsMax: number;
  readonly say: (line: string) => void;
}

const changeTimeoutMs = 30_000;
/** A change is told to be done at once when nothing is in its way; no sum of faults takes as long as this. */
const triesMax = 60;

/** Resolves after `isOver` says so, with the node in the ring or out of it, and never in between. */
export async function wander(
  parts: WandererParts,
  isOver: () => boolean,
): Promise<void> {
  const { ring, node, hosts, random, counts, stayMsMax, say } = parts;
  do {
    await sleep(random.between(200, 200 + stayMsMax));
    await change(
      parts,
      "join",
      hosts.map(({ place }) => place.peerUrl).join("\r\n"),
    );
    say(`${node.name} has joined`);
    counts.add("join");
    ring.admit(node);
    await sleep(random.between(200, 200 + stayMsMax));
    // Once it is asked to leave, its answers may be those of a ring of its own.
    await ring.retire(node);
    await change(parts, "leave");
    say(`${node.name} has left`);
    counts.add("leave");
  } while (!isOver());
}

/** Asks for the change until it is told that it is complete. */
async function change(
  { node, counts }: WandererParts,
  what: "join" | "leave",
  body = "",
): Promise<void> {
  let answer = "";
  for (let tries = 0; tries < triesMax; tries++) {
    try {
      const response = await fetch(`${node.place.clientUrl}/dht/${what}`, {
        method: "POST",
        body,
        headers: { authorization },
        signal: AbortSignal.timeout(changeTimeoutMs),
      });
      answer = `${response.status} ${await response.text()}`;
      if (response.status === 200) return;
    } catch (error) {
      answer = String(error);
    }
    const [, reason = "not answered"] = /"code":"(\w+)"/.exec(answer) ?? [];
    counts.add(`${what} tried again: ${reason}`);
    await sleep(500);
  }
  throw new Error(`${node.name} cannot ${what}: ${answer}`);
}
