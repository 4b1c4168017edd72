/** What a node keeps of itself in its store: with this alone it finds its ring again. */
import * as v from "valibot";
import {
  idSchema,
  pack,
  parse,
  type SchemaOf,
  wholeSchema,
} from "../core/codec.ts";
import { type Layout, memberOf } from "../core/layout.ts";
import { layoutSchema, packLayout } from "../core/layout-codec.ts";

/** The node's place in one ring. */
export interface Stay {
  readonly memberId: string;
  /** Names the buckets that hold this stay's data: two rings' data never share one. */
  readonly space: number;
  /** The newest layout that the node has stored: the highest epoch it has seen. */
  readonly layout: Layout;
  /** The ring that the node left to found this one, and its last epoch there: what did not change since needs no import. */
  readonly origin?: { readonly ringId: string; readonly epoch: number };
  /** The ring that an operator's force replaced by this one. */
  readonly replacedRingId?: string;
  /** The node's own ring from before it joined this one, whose keys it brought along. */
  readonly joinedFromRingId?: string;
}

/** The node's one record of itself, replaced as a whole at each change. */
export interface NodeState {
  /** The ring that the node acts in. */
  readonly stay: Stay;
  /** Set before the node asks to join: the id that it will have there. Its own ring takes no writes meanwhile. */
  readonly joining?: {
    readonly ringId: string;
    readonly memberId: string;
    readonly urls: readonly string[];
    /** Whether it takes over the member of its name. */
    readonly replace: boolean;
  };
  /** The node's own ring from before it joined: taken up again after an undo, dropped once its keys are imported. */
  readonly previous?: Stay;
  /** Set before the node asks to leave: when the ring has let it go it keeps what it was primary for. */
  readonly isLeaving: boolean;
  /** The layout in which a node that was let go still kept partitions: what it was primary for is read off it. */
  readonly departure?: Layout;
  /** Set before the first other node hears of a force, and kept until all of them have followed. */
  readonly forcing?: Forcing;
  /** Ids under which the node once asked to join and then gave up: refused for ever. */
  readonly refusedIds: readonly string[];
  /** The next number for `Stay.space`. */
  readonly nextSpace: number;
  /** The stable epoch at which data of partitions that are no longer the node's was last dropped. */
  readonly cleanedEpoch: number;
  /** Spaces whose data is to be dropped. */
  readonly garbage: readonly Garbage[];
}

/** A ring that an operator's force founds in another's place. */
export interface Forcing {
  readonly replacedRingId: string;
  /** The new ring's first layout: whoever is left follows into this one, however often it is tried. */
  readonly layout: Layout;
  /** Partitions whose replicas it changes, because they had no living majority. */
  readonly partitionsInDoubt: readonly number[];
}

/** A space, and how many partitions' buckets it may have: a store cannot list them. */
export interface Garbage {
  readonly space: number;
  readonly partitionCount: number;
}

/** What is left of a stay that is over. */
export function garbageOf({ space, layout }: Stay): Garbage {
  return { space, partitionCount: layout.settings.partitionCount };
}

/** Whether the node is a member of a ring that has others, or is about to have some. */
export function isAmongOthers({ layout, memberId }: Stay): boolean {
  return layout.members.length > 1 && memberOf(layout, memberId) !== undefined;
}

const stateVersion = 1;

const staySchema = v.object({
  memberId: idSchema,
  space: wholeSchema,
  layout: layoutSchema,
  origin: v.exactOptional(v.object({ ringId: idSchema, epoch: wholeSchema })),
  replacedRingId: v.exactOptional(idSchema),
  joinedFromRingId: v.exactOptional(idSchema),
});

const stateSchema = v.object({
  version: v.literal(stateVersion),
  stay: staySchema,
  joining: v.exactOptional(
    v.object({
      ringId: idSchema,
      memberId: idSchema,
      urls: v.array(v.string()),
      replace: v.boolean(),
    }),
  ),
  previous: v.exactOptional(staySchema),
  isLeaving: v.boolean(),
  departure: v.exactOptional(layoutSchema),
  forcing: v.exactOptional(
    v.object({
      replacedRingId: idSchema,
      layout: layoutSchema,
      partitionsInDoubt: v.array(wholeSchema),
    }),
  ),
  refusedIds: v.array(idSchema),
  nextSpace: wholeSchema,
  cleanedEpoch: wholeSchema,
  garbage: v.array(
    v.object({ space: wholeSchema, partitionCount: wholeSchema }),
  ),
}) satisfies SchemaOf<NodeState>;

/** The record as it is stored, of the newest format. */
export function encodeState(state: NodeState): Uint8Array<ArrayBuffer> {
  const packStay = (stay: Stay) => ({
    ...stay,
    layout: packLayout(stay.layout),
  });
  return pack({
    version: stateVersion,
    ...state,
    stay: packStay(state.stay),
    previous: state.previous && packStay(state.previous),
    departure: state.departure && packLayout(state.departure),
    forcing: state.forcing && {
      ...state.forcing,
      layout: packLayout(state.forcing.layout),
    },
  });
}

/** Absent when the bytes are not a state of a known format. */
export function decodeState(bytes: Uint8Array): NodeState | undefined {
  return parse(stateSchema, bytes);
}

/** The bucket of a partition's registers. */
export function partitionBucket(space: number, partition: number): string {
  return `r${space}/p/${partition.toString(16).padStart(4, "0")}`;
}

/** Whether a bucket is a partition's, of whatever space. */
export function isPartitionBucket(bucket: string): boolean {
  return /^r\d+\/p\//.test(bucket);
}

/** The bucket of the registers that decide layouts. */
export function systemBucket(space: number): string {
  return `r${space}/system`;
}

/** The bucket of the partitions' floors. */
export function floorBucket(space: number): string {
  return `r${space}/floor`;
}

/** The bucket of a copy's progress. */
export function copyBucket(space: number): string {
  return `r${space}/copy`;
}

/** Holds the node's own record; outside of all spaces, as it tells which there are. */
export const nodeBucket = "node";
/** The one key in `nodeBucket`. */
export const stateKey = "state";
