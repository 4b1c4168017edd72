/** The Worker in front of its nodes' objects: it keeps nothing, finds the node that a request is for, and passes it on. */
import type { Environment } from "./cloudflare.ts";
import { unset } from "./durable-object.ts";
import { addressed, answerOf, askObject, objectOf } from "./hosted.ts";
import { workerSettings } from "./worker-settings.ts";

export { RingwalkNode } from "./durable-object.ts";

/** What the platform calls: for each request, and at each time of a cron trigger. */
export default {
  async fetch(request: Request, environment: Environment): Promise<Response> {
    const settings = workerSettings(environment);
    if (typeof settings === "string") return answerOf(unset(settings));
    const target = addressed(settings, request);
    return target
      ? askObject(environment, settings, target)
      : answerOf({
          code: "not_found",
          message: `This Worker hosts no node of that name; its nodes are at ${[...settings.nodes.keys()].map((name) => `/nodes/${name}`).join(", ")}.`,
        });
  },

  /** A cron trigger: the nodes' alarms come again, should the platform have given one up. */
  async scheduled(_: unknown, environment: Environment): Promise<void> {
    const settings = workerSettings(environment);
    if (typeof settings === "string") return;
    // With the hint, as the trigger may be what makes the object, and it stays where it is made.
    const ticks = [...settings.nodes.keys()].map((name) =>
      objectOf(environment, settings, name).fetch(new Request("https://tick/")),
    );
    await Promise.allSettled(ticks);
  },
};
