/** The variables of a Worker as settings; what is wrong is told in an answer, as nobody reads a Worker's start. */
import * as v from "valibot";
import type { Settings } from "../core/layout.ts";
import {
  adminTokenCharactersMin,
  nameCharactersMax,
  partitionCountMax,
  replicaCountMax,
  valueBytesMax,
} from "../core/limits.ts";
import type { LogLevel } from "./console-log.ts";
import { isOrigin } from "./listen-policy.ts";

/** The nodes that a Worker hosts, by name, each with where its object should live. */
type HostedNodes = ReadonlyMap<string, string | undefined>;

/**
 * What the variables of a deployment say, checked and with their defaults; the Worker and its objects go by the same.
 */
export interface WorkerSettings {
  /** One node, whose urls have no prefix; or many, each at `/nodes/NAME`. */
  readonly nodes: HostedNodes;
  readonly isHosting: boolean;
  /** Where the Worker is reached, without a slash at its end; absent: as the first request has it. */
  readonly url: string | undefined;
  /** Absent where there is an admin token, or it was said that the ring needs none. */
  readonly secret: string | undefined;
  /** A second one that is accepted, for the time of a rotation. */
  readonly secretAlso: string | undefined;
  readonly adminToken: string | undefined;
  /** Keys are for whoever reaches the Worker. */
  readonly insecure: boolean;
  readonly corsOrigins: readonly string[];
  readonly zone: string | undefined;
  readonly weight: number | undefined;
  /** Urls of nodes of the ring that a new node joins. */
  readonly join: readonly string[];
  readonly founding: Partial<Settings>;
  readonly missingStatus: 404 | 200;
  readonly logLevel: LogLevel;
}

const name = `[A-Za-z0-9._-]{1,${nameCharactersMax}}`;
const text = v.pipe(v.string(), v.nonEmpty());
const whole = (maximum: number) =>
  v.pipe(
    v.string(),
    v.regex(/^\d+$/),
    v.transform(Number),
    v.minValue(1),
    v.maxValue(maximum),
  );
const url = v.pipe(
  text,
  v.check((given) => /^https?:\/\/[^?#]+$/.test(given) && URL.canParse(given)),
  v.transform((given) => new URL(given).href.replace(/\/+$/, "")),
);
const list = v.pipe(
  v.string(),
  v.transform((given) => given.split(/[\s,]+/).filter((each) => each !== "")),
);

/** Each with what a wrong value is told; variables that are none of these belong to somebody else. */
const schema = v.object({
  NODE_NAME: v.optional(
    v.pipe(v.string(), v.regex(new RegExp(`^${name}$`))),
    "node",
  ),
  NODES: v.optional(
    v.pipe(
      list,
      v.nonEmpty(),
      v.array(v.pipe(v.string(), v.regex(new RegExp(`^${name}(=[a-z-]+)?$`)))),
    ),
  ),
  URL: v.optional(url),
  SECRET: v.optional(v.pipe(v.string(), v.regex(/^[\x21-\x7e]*$/)), ""),
  SECRET_ALSO: v.optional(v.pipe(v.string(), v.regex(/^[\x21-\x7e]*$/)), ""),
  ADMIN_TOKEN: v.optional(
    v.pipe(
      v.string(),
      v.regex(new RegExp(`^(?:[\\x21-\\x7e]{${adminTokenCharactersMin},})?$`)),
    ),
    "",
  ),
  INSECURE: v.optional(v.picklist(["true", "false"]), "false"),
  ZONE: v.optional(text),
  WEIGHT: v.optional(
    v.pipe(v.string(), v.nonEmpty(), v.transform(Number), v.gtValue(0)),
  ),
  JOIN: v.optional(v.pipe(list, v.array(url)), ""),
  CORS_ORIGIN: v.optional(
    v.pipe(list, v.array(v.pipe(text, v.check(isOrigin)))),
    "",
  ),
  REPLICAS: v.optional(whole(replicaCountMax)),
  PARTITIONS: v.optional(whole(partitionCountMax)),
  VALUE_MAX: v.optional(whole(valueBytesMax)),
  MISSING_STATUS: v.optional(
    v.pipe(v.picklist(["404", "200"]), v.transform(Number)),
    "404",
  ),
  LOG_LEVEL: v.optional(
    v.picklist(["debug", "info", "warning", "error"]),
    "info",
  ),
});

const expected: Readonly<Record<keyof typeof schema.entries, string>> = {
  NODE_NAME: `1 to ${nameCharactersMax} of the characters A-Z a-z 0-9 . _ -`,
  NODES:
    "names with an optional location hint each, as in a=weur,b=enam,c=apac",
  URL: "http:// or https://, a host, and a path if there is one",
  SECRET: "visible ASCII characters, without spaces",
  SECRET_ALSO: "visible ASCII characters, without spaces",
  ADMIN_TOKEN: `visible ASCII characters, without spaces, ${adminTokenCharactersMin} of them at least`,
  INSECURE: "true or false",
  ZONE: "a name",
  WEIGHT: "a number above 0",
  JOIN: "urls of nodes, separated by commas",
  CORS_ORIGIN:
    "origins as browsers send them, https://HOST, separated by commas",
  REPLICAS: `a whole number from 1 to ${replicaCountMax}`,
  PARTITIONS: `a whole number from 1 to ${partitionCountMax}`,
  VALUE_MAX: `a number of bytes from 1 to ${valueBytesMax}`,
  MISSING_STATUS: "404 or 200",
  LOG_LEVEL: "debug, info, warning or error",
};

/** A value of Workers KV has 25 MiB, and records are stored as base64 (platform limits; unstorage's driver). */
const kvValueBytesMax = 18 * 2 ** 20;

/** The settings, or what is wrong with the variables and the next step, for whoever deployed it. */
export function workerSettings(
  variables: Readonly<Record<string, unknown>>,
): WorkerSettings | string {
  const parsed = v.safeParse(schema, variables);
  if (!parsed.success) {
    const [issue] = parsed.issues;
    const at = issue.path?.[0]?.key as keyof typeof expected;
    return `The variable ${at} has to be ${expected[at]}: correct it in wrangler.toml, and deploy again.`;
  }
  const given = parsed.output;
  if (variables.KV && (given.VALUE_MAX ?? 0) > kvValueBytesMax)
    return `The variable VALUE_MAX can be ${kvValueBytesMax} at most where values are in Workers KV: correct it in wrangler.toml, and deploy again.`;
  const insecure = given.INSECURE === "true";
  if (given.SECRET === "" && given.ADMIN_TOKEN === "" && !insecure)
    return "This Worker has no secret yet, so it serves nobody. Give it the secret of its ring: npx wrangler secret put SECRET (with --env NAME where the environment has a name). A ring of one may have an ADMIN_TOKEN instead.";
  if (given.SECRET === "" && given.SECRET_ALSO !== "")
    return "The variable SECRET_ALSO is a second secret, for the time of a rotation: give this Worker the first one, too (SECRET).";
  const hasFellows = given.NODES !== undefined || given.JOIN.length > 0;
  if (given.SECRET === "" && hasFellows && !insecure)
    return "Members of a ring know one another by its secret, and this Worker has none: npx wrangler secret put SECRET (with --env NAME where the environment has a name).";
  return {
    nodes: given.NODES
      ? new Map(given.NODES.map(hostedNode))
      : new Map([[given.NODE_NAME, undefined]]),
    isHosting: given.NODES !== undefined,
    url: given.URL,
    secret: given.SECRET || undefined,
    secretAlso: given.SECRET_ALSO || undefined,
    adminToken: given.ADMIN_TOKEN || undefined,
    insecure,
    corsOrigins: given.CORS_ORIGIN,
    zone: given.ZONE,
    weight: given.WEIGHT,
    join: given.JOIN,
    founding: {
      ...(given.REPLICAS !== undefined && { replicaCount: given.REPLICAS }),
      ...(given.PARTITIONS !== undefined && {
        partitionCount: given.PARTITIONS,
      }),
      ...(given.VALUE_MAX !== undefined && { valueBytesMax: given.VALUE_MAX }),
    },
    missingStatus: given.MISSING_STATUS === 200 ? 200 : 404,
    logLevel: given.LOG_LEVEL,
  };
}

function hostedNode(text: string): [string, string | undefined] {
  const [name = "", locationHint] = text.split("=");
  return [name, locationHint];
}
