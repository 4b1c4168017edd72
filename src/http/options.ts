/** What an app is made of. */
import type { RingNode } from "../node/api.ts";
import type { Clock, Log } from "../ports.ts";
import type { Deliver } from "./answer.ts";
import type { AccessOptions } from "./authentication.ts";
import type { Bounds } from "./bound.ts";
import type { StreamLimits } from "./event-stream.ts";
import type { NodeLoad } from "./load.ts";

/** What handlers of keys are made of. */
export interface KeyOptions extends AppOptions {
  readonly bounds: Bounds;
}

/** What `createApp` gets from a runtime: the node, what opens it, and where the runtime differs from others. */
export interface AppOptions extends AccessOptions {
  readonly node: RingNode;
  /** For the remaining time to live that answers tell, and for event streams. */
  readonly clock: Clock;
  /** Gets defects alone: operating errors are answers. */
  readonly log: Pick<Log, "error">;
  /**
   * The node's url, where it serves its own machine without tokens: requests by other names are refused. Absent: hosts
   * are not looked at.
   */
  readonly localUrl?: string;
  /** Origins of pages that may use the node with a token; none unless given. */
  readonly corsOrigins?: readonly string[];
  /** The status of a GET whose key is missing: 404 unless given; 200 is PipelineDHT's behaviour. */
  readonly missingStatus?: 404 | 200;
  /** Free bytes where the node keeps its data; absent where there is no disk, or nobody knows. */
  readonly diskFreeBytes?: () => number | undefined;
  /** How much the node takes on at once; as `loadLimits` says unless given. */
  readonly load?: Partial<NodeLoad>;
  /** How long event streams are; as `streamLimits` says unless given. */
  readonly streams?: StreamLimits;
  /** The runtime reads no more of a request's body once its answer has begun: a bulk request's is read as a whole. */
  readonly isHalfDuplex?: boolean;
  /** How answers reach the runtime: by `Response` unless it has a faster way. */
  readonly deliver?: Deliver;
}
