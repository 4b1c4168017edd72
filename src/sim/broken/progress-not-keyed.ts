/** Broken: the progress of an earlier change is taken for that of the change under way. */
import { pack, unpack } from "../../core/codec.ts";
import * as real from "../../node/copy.ts";
import { copyBucket } from "../../node/state.ts";
import type { Store } from "../../ports.ts";

export * from "../../node/copy.ts";

/** Whatever progress is stored is read as that of this ring and epoch. */
export function createCopy(parts: real.CopyParts): real.Copy {
  const { ring } = parts;
  const store: Store = {
    ...parts.store,
    async read(bucket, key) {
      const stored = await parts.store.read(bucket, key);
      if (bucket !== copyBucket(ring.space()) || stored.kind !== "record")
        return stored;
      const { ringId, epoch } = ring.layout();
      const state = Object(unpack(stored.bytes)?.value);
      return { ...stored, bytes: pack({ ...state, ringId, epoch }) };
    },
  };
  return real.createCopy({ ...parts, store });
}
