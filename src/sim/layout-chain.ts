/** The layouts of each ring form one chain: nobody ever acts by two of the same epoch, and no node goes back to an older one. */
import { encodeLayout } from "../core/layout-codec.ts";
import type { Stay } from "../node/state.ts";

/** The check of one run, which is shown every layout that a machine stores, in the order in which it stores them. */
export interface LayoutChain {
  /** Takes note of what a machine has stored; tells what is wrong with it, if something is. */
  note(machine: string, stay: Stay): string | undefined;
}

/** Keeps the first layout of each ring and epoch that it is shown, and holds all others against it. */
export function createLayoutChain(): LayoutChain {
  const known = new Map<
    string,
    { readonly by: string; readonly text: string }
  >();
  const newest = new Map<string, number>();

  return {
    note(machine, { layout, memberId }) {
      const { ringId, epoch } = layout;
      const stayId = `${machine} ${ringId} ${memberId}`;
      const last = newest.get(stayId) ?? 0;
      newest.set(stayId, epoch);
      if (epoch < last)
        return `${machine} went back from epoch ${last} to ${epoch}`;
      const place = `${ringId} ${epoch}`;
      const text = Buffer.from(encodeLayout(layout)).toString("latin1");
      const first = known.get(place);
      if (!first) known.set(place, { by: machine, text });
      return first && first.text !== text
        ? `${machine} has another layout of epoch ${epoch} than ${first.by}`
        : undefined;
    },
  };
}
