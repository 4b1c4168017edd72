/** Judges the ring as a whole: its settings, and changes under way. */
import type { MemberStatus } from "../../client/status.ts";
import { isLoopbackName } from "../../http/host-check.ts";
import type { Examination } from "./examine.ts";
import { type Finding, listed, ok, warning, word } from "./finding.ts";

/** A ring of less cannot lose any. */
const membersMin = 3;
/** A member with this many times the share of another is as good as the ring's only one. */
const weightRatioMax = 4;

/** What is wrong with the settings, or that nothing is; then how far a change is. Nobody is asked any more. */
export function judgeRing(examination: Examination): readonly Finding[] {
  const wrong = [
    ...size(examination),
    ...stores(examination.ring.members),
    ...zones(examination),
    ...weights(examination.ring.members),
    ...secret(examination),
  ];
  const { members, settings } = examination.ring;
  const asItShould =
    wrong.length > 0
      ? []
      : [
          ok(
            "settings",
            `${members.length} members, ${settings.replicaCount} replicas of each key, ${settings.consistency}.`,
          ),
        ];
  return [...asItShould, ...wrong, ...change(examination)];
}

function size({ ring }: Examination): readonly Finding[] {
  const { members, settings } = ring;
  const { replicaCount } = settings;
  const url = members[0]?.url ?? "URL";
  const findings: Finding[] = [];
  if (members.length < membersMin)
    findings.push(
      warning(
        "few_members",
        `The ring has ${members.length === 1 ? "one member" : "two members"}: it ${members.length === 1 ? "loses its keys with it" : "serves nothing while one is down"}. Three can lose one.`,
        `On another machine: ringwalk serve --join ${word(url)}`,
      ),
    );
  if (replicaCount < membersMin)
    findings.push(
      warning(
        "few_replicas",
        `Each key has ${replicaCount === 1 ? "one replica" : "two replicas"}: ${replicaCount === 1 ? "a disk that is lost takes its keys along" : "a majority of two is two, so a key cannot be served while one is down"}.`,
        `curl -X PUT --data '{"replicaCount":3}' ${word(`${url}/dht/settings`)}`,
      ),
    );
  else if (members.length >= membersMin && members.length < replicaCount)
    findings.push(
      warning(
        "replicas_short",
        `${replicaCount} replicas are wanted, and there are ${members.length} members to keep them.`,
        `On another machine: ringwalk serve --join ${word(url)}`,
      ),
    );
  return findings;
}

function stores(members: readonly MemberStatus[]): readonly Finding[] {
  const volatile = members.filter(({ guarantee }) => guarantee === "volatile");
  if (volatile.length === 0) return [];
  const isAll = volatile.length === members.length;
  return [
    warning(
      "volatile_stores",
      `${isAll ? "All members keep" : `${listed(volatile.map(({ name }) => name))} ${volatile.length === 1 ? "keeps" : "keep"}`} data in memory alone: ${isAll ? "to stop them all is to lose everything" : "each comes back empty from a restart, and is filled by the others"}.`,
      "Start it with --store sqlite, one member at a time",
    ),
  ];
}

function zones({ ring }: Examination): readonly Finding[] {
  const { members, settings } = ring;
  const without = members.filter(({ zone }) => zone === undefined);
  const names = new Set(members.flatMap(({ zone }) => zone ?? []));
  if (names.size === 0) return [];
  if (without.length > 0)
    return [
      warning(
        "zones_missing",
        `${listed(without.map(({ name }) => name))} ${without.length === 1 ? "has" : "have"} no zone, and the others do: replicas are not spread as they could be.`,
        "Start it again with --zone NAME",
      ),
    ];
  const wanted = Math.min(settings.replicaCount, members.length);
  if (names.size >= wanted) return [];
  return [
    warning(
      "zones_few",
      `${names.size === 1 ? "One zone holds" : `${names.size} zones hold`} ${wanted} replicas of each key: a zone that fails can take a majority of some along.`,
      "Start further members in other zones: ringwalk serve --zone NAME --join URL",
    ),
  ];
}

function weights(members: readonly MemberStatus[]): readonly Finding[] {
  const all = members.map(({ weight }) => weight);
  if (Math.max(...all) <= weightRatioMax * Math.min(...all)) return [];
  const told = members.map(({ name, weight }) => `${name} ${weight}`);
  return [
    warning(
      "weights_uneven",
      `Weights are far apart (${told.join(", ")}): the heaviest carries most keys, and is missed most.`,
      `Set a weight at its own member: curl -X PUT --data '{"weight":1}' URL/dht/settings`,
    ),
  ];
}

/** On one machine everybody is at home; elsewhere a ring that asks for nothing is everybody's. */
function secret({ members }: Examination): readonly Finding[] {
  const open = members.filter(
    ({ url, isOpen }) => isOpen && !isLoopbackName(new URL(url).hostname),
  );
  if (open.length === 0) return [];
  return [
    warning(
      "no_secret",
      `${listed(open.map(({ name }) => name))} ${open.length === 1 ? "serves" : "serve"} whoever reaches ${open.length === 1 ? "its" : "their"} url, without a token.`,
      "Set RINGWALK_SECRET and RINGWALK_ADMIN_TOKEN at all members: SECURITY.md",
    ),
  ];
}

function change({ ring, hasMoved }: Examination): readonly Finding[] {
  const { progress, phase, isEven, members } = ring;
  if (phase === "joint") {
    const far = progress
      ? `${progress.partitionsDone} of ${progress.partitionsTotal} partitions, ${progress.keysCopied} keys copied`
      : "no member tells how far it is";
    if (hasMoved)
      return [
        ok("change_under_way", `A membership change is under way: ${far}.`),
      ];
    return [
      warning(
        "change_stalls",
        `A membership change is under way, and has not moved between two looks: ${far}. It waits for members that do not answer, and goes on without what they hold up after half a minute.`,
        "ringwalk status --watch; start the members that are down",
      ),
    ];
  }
  if (isEven || members.length === 1) return [];
  return [
    warning(
      "not_even",
      "The last membership change could not move all partitions: some keep their old replicas.",
      "Start the members that are down: the ring moves the rest when all answer (ringwalk status --watch)",
    ),
  ];
}
