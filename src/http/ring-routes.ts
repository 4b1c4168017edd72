/** `/dht/*`: who is in the ring, and membership changes. */
import * as v from "valibot";
import type { Result } from "../core/errors.ts";
import { nameCharactersMax, replicaCountMax } from "../core/limits.ts";
import type { ChangeReport, MembershipOptions, RingNode } from "../node/api.ts";
import {
  type Guard,
  type Handler,
  type MethodRoutes,
  needsAdmin,
  needsRead,
  type Route,
} from "./access.ts";
import { type Answer, json } from "./answer.ts";
import { readText } from "./body.ts";
import { nodeUrlSchema, readJoinBody } from "./join-body.ts";
import { jsonReader } from "./json-body.ts";
import { wantsEvents } from "./key-watch.ts";
import type { AppOptions } from "./options.ts";
import { problem } from "./problem.ts";
import { queryReader } from "./query.ts";
import { shownStatus, watchRing } from "./ring-stream.ts";
import { selfStatus } from "./self-status.ts";

/** Routes by path and method. `ofRing` names the ring in what tells of it. */
export function ringRoutes(
  options: AppOptions,
  ofRing: Guard,
): Readonly<Record<string, MethodRoutes>> {
  const { node } = options;
  const change = (run: MembershipChange): Route => ({
    needs: needsAdmin,
    handler: (request) => changeRing(run, request),
  });
  const tell = (handler: Handler): Route => ({
    needs: needsRead,
    handler: ofRing(handler),
  });
  const join = change(async (request, options) => {
    const body = await bodyOf(request, readJoinBody);
    return body.ok ? node.join({ ...body.value, ...options }) : body;
  });
  const replace = change(async (request, options) => {
    const body = await bodyOf(request, readJoinBody);
    return body.ok
      ? node.join({ ...body.value, ...options, replace: true })
      : body;
  });
  const add = change(async (request, options) => {
    const body = await bodyOf(request, readAddition);
    return body.ok ? node.add({ ...body.value, ...options }) : body;
  });
  const leave = change((_, options) => node.leave(options));
  const remove = change(async (request, options) => {
    const body = await bodyOf(request, readRemoval);
    return body.ok ? node.remove({ ...body.value, ...options }) : body;
  });
  const settings = change(async (request, options) => {
    const body = await bodyOf(request, readSettings);
    return body.ok ? node.reconfigure({ ...body.value, ...options }) : body;
  });
  return {
    "/dht/peers": { GET: tell(() => listPeers(node)) },
    "/dht/status": {
      GET: tell((request) =>
        wantsEvents(request)
          ? watchRing(options)
          : json(200, {
              ...shownStatus(node.status()),
              ...selfStatus(options),
            }),
      ),
    },
    "/dht/join": { POST: join, PUT: join },
    "/dht/replace": { POST: replace },
    "/dht/add": { POST: add },
    "/dht/leave": { GET: leave, POST: leave },
    "/dht/remove": { POST: remove },
    "/dht/settings": { PUT: settings },
  };
}

function listPeers(node: RingNode): Answer {
  const body = node
    .peers()
    .map((name) => `${name}\r\n`)
    .join("");
  const headers = {
    "content-type": "text/plain; charset=utf-8",
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
  };
  return { status: 200, headers, body };
}

type MembershipChange = (
  request: Request,
  options: MembershipOptions,
) => Promise<Result<ChangeReport>>;

/** With `wait=0` the answer comes as soon as the change is decided; else when the ring is stable again. */
export const changeQuery = queryReader({
  wait: v.optional(v.picklist(["0", "1"], "wait is 0 or 1.")),
});

async function changeRing(
  run: MembershipChange,
  request: Request,
): Promise<Answer> {
  const query = changeQuery(request.url);
  if (!query.ok) return problem(query.error);
  const report = await run(request, { wait: query.value.wait !== "0" });
  if (!report.ok) return problem(report.error);
  return json(report.value.isComplete ? 200 : 202, report.value);
}

async function bodyOf<T>(
  request: Request,
  read: (text: string) => Result<T>,
): Promise<Result<T>> {
  const text = await readText(request);
  return text.ok ? read(text.value) : text;
}

/** Reads the body of `POST /dht/add`: the node to invite, its url in normal form. */
export const readAddition = jsonReader(v.strictObject({ url: nodeUrlSchema }));

/** Reads the body of `POST /dht/remove`: who has to go, and whether an operator forces it; absent: no. */
export const readRemoval = jsonReader(
  v.strictObject({
    name: v.pipe(v.string(), v.minLength(1), v.maxLength(nameCharactersMax)),
    force: v.optional(v.boolean()),
  }),
);

const replicaCountMessage = `a whole number from 1 to ${replicaCountMax}.`;
const weightMessage = "a number above 0, at most 1000.";

/** Reads the body of `PUT /dht/settings`: the ring's replica count, the asked node's weight, or both. */
export const readSettings = jsonReader(
  v.pipe(
    v.strictObject({
      replicaCount: v.optional(
        v.pipe(
          v.number(replicaCountMessage),
          v.integer(replicaCountMessage),
          v.minValue(1, replicaCountMessage),
          v.maxValue(replicaCountMax, replicaCountMessage),
        ),
      ),
      weight: v.optional(
        v.pipe(
          v.number(weightMessage),
          v.gtValue(0, weightMessage),
          v.maxValue(1000, weightMessage),
        ),
      ),
    }),
    v.check(
      ({ replicaCount, weight }) =>
        replicaCount !== undefined || weight !== undefined,
      "Give replicaCount (of the ring) or weight (of this node).",
    ),
  ),
);
