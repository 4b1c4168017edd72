/** The members as a table: the text of the picture, with all figures. */
import type { MemberStatus } from "../client/status.ts";
import { pageOf } from "./banner.tsx";
import type { Dialog } from "./dialogs.tsx";
import type { FeedState } from "./feed.ts";
import {
  formatBytes,
  formatCount,
  formatMs,
  formatPercent,
  formatRate,
} from "./format.ts";
import type { Share } from "./geometry.ts";
import { healthOf } from "./health.ts";
import { Icon } from "./icon.tsx";
import { type RingData, vitalsOf } from "./ring-data.ts";

interface MembersProps {
  state: FeedState;
  shares: readonly Share[];
  /** The member whose partitions are shown in the ring, and the one that stays so when nobody points elsewhere. */
  chosen: string | undefined;
  pinned: string | undefined;
  onPin: (name: string | undefined) => void;
  onPoint: (name: string | undefined) => void;
  onDialog: (dialog: Dialog) => void;
}

const heads = ["Share", "Records", "Requests/s", "Latency"] as const;

/** Shows a row for each share, in their order: that of the picture. Pointing at a row shows its partitions there. */
export function Members({ state, shares, onDialog, ...props }: MembersProps) {
  const { ring } = state;
  return (
    <section class="card members" aria-labelledby="members-title">
      <div class="title-row">
        <h2 id="members-title">Members</h2>
        <button
          type="button"
          disabled={state.phase !== "live"}
          onClick={() => onDialog({ kind: "add" })}
        >
          <Icon name="plus" /> Add a node
        </button>
      </div>
      <table>
        <thead>
          <tr>
            <th scope="col">Member</th>
            <th scope="col">Health</th>
            {heads.map((head) => (
              <th key={head} scope="col" class="figure">
                {head}
              </th>
            ))}
            <th scope="col">
              <span class="unseen">Actions</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {ring &&
            shares.map(({ name, part }) => {
              const member = ring.members.find((each) => each.name === name);
              return (
                member && (
                  <MemberRow
                    key={name}
                    ring={ring}
                    member={member}
                    part={part}
                    isLive={state.phase === "live"}
                    onDialog={onDialog}
                    {...props}
                  />
                )
              );
            })}
        </tbody>
      </table>
      {!ring && (
        <p class="faint">The members show when the node has answered.</p>
      )}
      <p class="faint small">
        Requests and latency are of what clients read and wrote at each node in
        the last seconds, listings aside; records are copies, those of deleted
        keys included.
      </p>
    </section>
  );
}

interface MemberRowProps {
  ring: RingData;
  member: MemberStatus;
  part: number;
  /** Otherwise nobody is there who could be asked for a change. */
  isLive: boolean;
  /** The member whose partitions are shown in the ring, and the one that stays so when nobody points elsewhere. */
  chosen: string | undefined;
  pinned: string | undefined;
  onPin: (name: string | undefined) => void;
  onPoint: (name: string | undefined) => void;
  onDialog: (dialog: Dialog) => void;
}

function MemberRow({
  ring,
  member,
  part,
  isLive,
  chosen,
  pinned,
  onPoint,
  onPin,
  onDialog,
}: MemberRowProps) {
  const { name, url, zone, isSelf, partitions, weight } = member;
  const health = healthOf(ring, member);
  const isChosen = chosen === name;
  const isPinned = pinned === name;
  return (
    <>
      <tr
        class={isChosen ? "chosen" : ""}
        onMouseEnter={() => onPoint(name)}
        onMouseLeave={() => onPoint(undefined)}
      >
        <th scope="row">
          <button
            type="button"
            class="link"
            aria-pressed={isPinned ? "true" : "false"}
            title="Show its partitions in the ring"
            onFocus={() => onPoint(name)}
            onBlur={() => onPoint(undefined)}
            onClick={() => onPin(isPinned ? undefined : name)}
          >
            {name}
          </button>
          {isSelf && (
            <span class="tag" title="The node that this page reads from">
              here
            </span>
          )}
          <span class="faint under">
            <a href={pageOf(url)} rel="noreferrer">
              {url.replace(/^https?:\/\//, "")}
            </a>
            {zone !== undefined && ` · ${zone}`}
            {weight !== 1 && ` · weight ${weight}`}
          </span>
        </th>
        <td data-head="Health">
          <span class={`health ${health.kind}`}>
            <Icon name={health.kind} />
            {health.label}
          </span>
        </td>
        <td class="figure" data-head="Share">
          {formatPercent(part)}
          <span class="faint under">{formatCount(partitions)} partitions</span>
        </td>
        <Figures ring={ring} member={member} />
        <td class="act">
          <button
            type="button"
            class="quiet"
            aria-label={`${isSelf ? "Leave" : "Remove"}: ${name}`}
            disabled={!isLive || ring.members.length === 1}
            onClick={() => onDialog({ kind: "remove", name })}
          >
            {isSelf ? "Leave…" : "Remove…"}
          </button>
        </td>
      </tr>
      {health.detail !== undefined && (
        <tr class="detail">
          <td colspan={7} class="faint">
            {health.detail}
          </td>
        </tr>
      )}
    </>
  );
}

function Figures({
  ring,
  member: { name, partitions },
}: Pick<MemberRowProps, "ring" | "member">) {
  const vitals = vitalsOf(ring, name);
  const { operationsPerSecond: rate, latencyMs } = vitals ?? {};
  const isCounted = vitals && vitals.partitionsCounted >= partitions;
  const about = isCounted ? "" : "≥ ";
  const figures = [
    vitals && [
      about + formatCount(vitals.records),
      about + formatBytes(vitals.bytes),
    ],
    rate !== undefined && [formatRate(rate)],
    latencyMs !== undefined && [formatMs(latencyMs)],
  ];
  return (
    <>
      {figures.map((figure, index) => (
        <td key={heads[index + 1]} class="figure" data-head={heads[index + 1]}>
          {figure ? figure[0] : <span class="faint">–</span>}
          {figure && figure.length > 1 && (
            <span class="faint under">{figure[1]}</span>
          )}
        </td>
      ))}
    </>
  );
}
