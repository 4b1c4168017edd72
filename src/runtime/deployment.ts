/** The ring that a Worker was deployed into: its nodes find one another without anybody who tells them. */
import type { RingNode } from "../node/api.ts";
import type { Log } from "../ports.ts";
import { authorizationOf } from "../transport/peer-http.ts";
import type { Environment, ObjectStorage } from "./cloudflare.ts";
import { joinFirst } from "./first-join.ts";
import { addressed, askObject, nodeUrlOf, type Place } from "./hosted.ts";
import type { ObjectLife } from "./object-life.ts";
import { systemClock, systemRandom } from "./system-ports.ts";
import type { WorkerSettings } from "./worker-settings.ts";

/** A node of a Worker: which one it is, how the others are reached, and where it notes what it has done. */
export interface DeploymentParts {
  readonly settings: WorkerSettings;
  readonly place: Place;
  readonly storage: Pick<ObjectStorage, "kv">;
  readonly environment: Environment;
  readonly life: Pick<ObjectLife, "begin">;
  readonly log: Log;
}

/** Nodes of the same Worker are asked without a way through the internet. */
export function siblingFetch({
  settings,
  place,
  environment,
}: Omit<DeploymentParts, "life" | "log" | "storage">) {
  const siblings = nodeUrlOf(settings, { ...place, name: "" });
  return async (url: string, init: RequestInit): Promise<Response> => {
    if (!settings.isHosting || !url.startsWith(siblings))
      return fetch(url, init);
    const target = addressed(settings, new Request(url, init));
    return target ? askObject(environment, settings, target) : fetch(url, init);
  };
}

const joinedKey = "joined";

/**
 * The nodes of one Worker find one another whether or not `JOIN` names them too: two that each waited for the other
 * would never be in a ring. So the first founds the ring, unless there are nodes elsewhere to join.
 */
function urlsToJoin({
  settings,
  place,
}: Pick<DeploymentParts, "settings" | "place">): readonly string[] {
  const names = [...settings.nodes.keys()];
  const own = names.map((name) => nodeUrlOf(settings, { ...place, name }));
  const elsewhere = settings.join.filter((url) => !own.includes(url));
  const [first = ""] = own;
  return elsewhere.length > 0 || place.name === names[0] ? elsewhere : [first];
}

/** Joins the ring that it was deployed into, once; gives whether it is there. */
export function enterRing(
  parts: DeploymentParts,
  node: RingNode,
): () => boolean {
  const { storage, life, log } = parts;
  const urls = urlsToJoin(parts);
  const isDone = () => storage.kv.get(joinedKey) !== undefined;
  if (!isDone()) {
    const end = life.begin();
    const joining = joinFirst({
      node,
      urls,
      isDone,
      markDone: () => storage.kv.put(joinedKey, true),
      clock: systemClock,
      random: systemRandom,
      log,
    });
    void joining.then(end);
  }
  // Its memory may have gone between the ring's yes and its own note.
  return () => urls.length === 0 || node.peers().length > 1 || isDone();
}

const siblingsKey = "siblings";

/** The first node of a Worker has the others start: nobody else would ask them anything. */
export function wakeSiblings(parts: DeploymentParts): void {
  const { storage, settings, place, environment, life, log } = parts;
  const [first, ...others] = settings.nodes.keys();
  if (place.name !== first) return;
  const woken = (storage.kv.get(siblingsKey) ?? []) as readonly string[];
  const asleep = others.filter((name) => !woken.includes(name));
  if (asleep.length === 0) return;
  const end = life.begin();
  const { secret } = settings;
  const request = new Request(`${place.workerUrl}/dht/peers`, {
    headers:
      secret === undefined ? {} : { authorization: authorizationOf(secret) },
  });
  void Promise.all(
    asleep.map((name) => askObject(environment, settings, { name, request })),
  ).then((answers) => {
    if (answers.every(({ status }) => status === 200))
      storage.kv.put(siblingsKey, others);
    else log.warn("not every node of this Worker has started", { asleep });
    end();
  });
}
