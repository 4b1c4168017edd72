/** Where a key lives: its partition, its replicas with what each holds, and the way of the read that found it. */

import type { Holder, KeyHolders } from "../node/holders.ts";
import { shortRevision } from "./calls.ts";
import { formatCount } from "./format.ts";
import { turnOf } from "./geometry.ts";
import { Icon } from "./icon.tsx";

interface HoldersProps {
  holders: KeyHolders;
  /** The header `ringwalk-walk`; absent when there was none. */
  walk: string | undefined;
  onLook: () => void;
}

/** Shows what was found, as it was then; `onLook` asks again. */
export function Holders({ holders: found, walk, onLook }: HoldersProps) {
  const { partition, partitionCount, holders } = found;
  const degrees = Math.floor(360 * turnOf(partition, partitionCount));
  const steps = stepsOf(walk);
  return (
    <section class="holders" aria-labelledby="holders-title">
      <div class="title-row">
        <h4 id="holders-title">Where it lives</h4>
        <button type="button" class="quiet" onClick={onLook}>
          Look again
        </button>
      </div>
      <p>
        Partition <b>{formatCount(partition)}</b> of{" "}
        {formatCount(partitionCount)}, at {degrees}° of the circle.{" "}
        {agreementOf(holders)}
      </p>
      <ol>
        {holders.map((holder) => (
          <HolderLine
            key={holder.member}
            holder={holder}
            isMissed={holders.some(({ holds }) => holds === "value")}
          />
        ))}
      </ol>
      {steps.length > 0 && (
        <p class="faint small">
          The read&rsquo;s walk: {steps.join(", then ")}.
        </p>
      )}
    </section>
  );
}

interface HolderLineProps {
  holder: Holder;
  /** Some replica has a value, which all should have. */
  isMissed: boolean;
}

function HolderLine({ holder, isMissed }: HolderLineProps) {
  const { member, role, holds, revision, reason } = holder;
  const isBehind = holds === "nothing" && isMissed;
  const kind = holds === "unknown" ? "bad" : isBehind ? "warn" : "good";
  return (
    <li>
      <span class={`health ${kind}`}>
        <Icon name={kind} />
      </span>
      <b>{member}</b>
      <span class="faint">{role}</span>
      <span>
        {holds === "unknown"
          ? `unknown: ${reason?.replaceAll("-", " ")}`
          : words[holds]}
      </span>
      {revision !== undefined && (
        <code title={revision}>{shortRevision(revision)}</code>
      )}
    </li>
  );
}

const words = {
  value: "the value",
  absent: "that there is none",
  nothing: "no record",
} as const;

function agreementOf(holders: readonly Holder[]): string {
  const known = holders.filter(({ holds }) => holds !== "unknown");
  if (known.length === 0) return "No replica answers.";
  const revisions = new Set(
    known.map(
      ({ holds, revision }) => revision ?? (holds === "value" ? "?" : "none"),
    ),
  );
  if (revisions.size > 1)
    return "The replicas differ: reads find the newest, and repair brings it to all.";
  return known.length === holders.length
    ? "All replicas hold the same."
    : "Those that answer hold the same.";
}

/** The steps in the header (`steps=a/read/state,b/read/time-out`), in words. */
function stepsOf(walk = ""): readonly string[] {
  const [, steps = ""] = /steps=([^;]*)$/.exec(walk) ?? [];
  return steps.split(",").flatMap((step) => {
    const [member, request, outcome] = step.split("/").map(decodeURIComponent);
    return outcome === undefined
      ? []
      : [`${request} at ${member} (${outcome})`];
  });
}
