/** Judges what members said of themselves and of one another. */
import type { Examination, MemberReport } from "./examine.ts";
import { type Finding, listed, ok, problem, warning, word } from "./finding.ts";

/** Clocks matter for times to live, for backups, and in eventual rings for which write is the later one. */
const skewWarningMs = 2_000;
const skewProblemMs = 60_000;
const diskWarningBytes = 2 ** 30;
const diskProblemBytes = 128 * 2 ** 20;

/** On reachability, rings, clocks, releases and stores, in this order. Nobody is asked any more. */
export function judgeMembers(examination: Examination): readonly Finding[] {
  const { ring, members } = examination;
  return [
    ...reachability(ring.name, members),
    ...sameRing(examination),
    ...clocks(members, ring.settings.consistency),
    ...releases(members),
    ...members.flatMap(storeOf),
  ];
}

function reachability(
  asked: string,
  members: readonly MemberReport[],
): readonly Finding[] {
  const refusing = members.filter(({ refusal }) => refusal !== undefined);
  const silent = members.filter(
    ({ status, refusal }) => !status && refusal === undefined,
  );
  const findings = [
    ...silent.map((member) => unreachable(member, members)),
    ...refusing.map(({ name, url, failure }) =>
      problem(
        "member_refuses",
        `${name} at ${url} does not tell how it is: ${failure}`,
        "Give a token with the right read, or the ring's secret: RINGWALK_TOKEN=... ringwalk doctor. All members need the same secret",
      ),
    ),
    ...members.flatMap((member) => apart(member, members)),
  ];
  if (findings.length > 0) return findings;
  const reached =
    members.length === 1
      ? `${asked} answers.`
      : `All ${members.length} members answer, and reach one another.`;
  return [ok("reachable", reached)];
}

function unreachable(
  { name, url, failure }: MemberReport,
  members: readonly MemberReport[],
): Finding {
  const telling = members.filter(({ unreached }) => unreached);
  const reaching = telling.filter(
    ({ unreached }) => !unreached?.includes(name),
  );
  const namesOf = (some: readonly MemberReport[]) =>
    listed(some.map((member) => member.name));
  if (reaching.length > 0)
    return problem(
      "member_unreachable_here",
      `${name} does not answer at ${url} from here (${failure}), but ${namesOf(reaching)} ${reaching.length === 1 ? "reaches" : "reach"} it.`,
      `Clients on this machine cannot use it: look whether ${url} resolves and is open from here: curl ${word(`${url}/health`)}`,
    );
  const nobody =
    telling.length === 0
      ? ""
      : ` Nor ${telling.length === 1 ? "does" : "do"} ${namesOf(telling)} reach it.`;
  return problem(
    "member_unreachable",
    `${name} does not answer at ${url}: ${failure}.${nobody}`,
    `Start it, or look at its machine: curl ${word(`${url}/health`)}. Gone for good: ringwalk remove ${word(name)}`,
  );
}

/** Members that do not reach one which answers from here. */
function apart(
  { name, url, unreached = [] }: MemberReport,
  members: readonly MemberReport[],
): readonly Finding[] {
  const living = members.filter(
    (other) => other.status && unreached.includes(other.name),
  );
  return living.map((other) =>
    problem(
      "members_apart",
      `${name} cannot reach ${other.name}, which answers from here: its url may resolve for some alone, a firewall may be between them, or their secrets may differ.`,
      `On the machine of ${name}: curl ${word(`${other.url}/health`)}. What ${name} says: ringwalk status --node ${word(url)}`,
    ),
  );
}

function sameRing({ ring, members }: Examination): readonly Finding[] {
  const findings = members.flatMap(({ name, url, status }) => {
    if (!status) return [];
    if (status.name !== name)
      return [
        problem(
          "other_node",
          `At ${url}, which is ${name}'s, another node answers: ${status.name}.`,
          `Start ${name} there with its own data folder, or ringwalk remove ${word(name)}`,
        ),
      ];
    if (status.activity === "removed")
      return [
        problem(
          "removed",
          `${name} was removed from the ring while it did not answer, and serves nothing.`,
          `ringwalk join ${word(ring.members.find((other) => other.name !== name)?.url ?? "URL")} --node ${word(url)}`,
        ),
      ];
    if (status.ringId !== ring.ringId)
      return [
        problem(
          "other_ring",
          `${name} is in another ring (${status.ringId}) than ${ring.name} (${ring.ringId}).`,
          `See "When nodes are lost" in README: ringwalk status --node ${word(url)}`,
        ),
      ];
    return [];
  });
  const epochs = new Set(
    members.flatMap(({ status }) =>
      status?.ringId === ring.ringId ? [status.epoch] : [],
    ),
  );
  if (epochs.size > 1 && ring.phase === "stable")
    findings.push(
      warning(
        "epochs_differ",
        `Members know different layouts (epochs ${listed([...epochs].map(String))}): they learn of the newest with the next message.`,
        "ringwalk doctor again in a minute; if it stays, read the log of those that are behind",
      ),
    );
  return findings;
}

/** Each clock beside the middle one of all. */
function clocks(
  members: readonly MemberReport[],
  consistency: string,
): readonly Finding[] {
  const told = members.flatMap(({ name, clock }) =>
    clock ? [{ name, ...clock }] : [],
  );
  const sorted = told.map(({ aheadMs }) => aheadMs).sort((a, b) => a - b);
  const middle = sorted[Math.floor(sorted.length / 2)];
  if (middle === undefined) return [];
  const findings = told.flatMap(({ name, aheadMs, within }) => {
    const offMs = aheadMs - middle;
    // What the way there and back may have taken is no skew.
    const certainMs = Math.abs(offMs) - within;
    if (certainMs < skewWarningMs) return [];
    const matters =
      consistency === "eventual"
        ? "in an eventual ring its writes win or lose by it, and times to live end early or late"
        : "times to live end early or late by it";
    const isBad = certainMs >= skewProblemMs || consistency === "eventual";
    return [
      (isBad ? problem : warning)(
        "clock_skew",
        `The clock of ${name} is ${secondsOf(offMs)} ${offMs > 0 ? "ahead of" : "behind"} the others: ${matters}.`,
        `On its machine: timedatectl set-ntp true, and look with: chronyc tracking`,
      ),
    ];
  });
  if (
    Math.abs(middle) >
    skewWarningMs + Math.max(0, ...told.map(({ within }) => within))
  )
    findings.push(
      warning(
        "clock_here",
        `This machine's clock is ${secondsOf(middle)} ${middle > 0 ? "behind" : "ahead of"} the ring's: ends of values in its backups are off by that.`,
        "timedatectl set-ntp true",
      ),
    );
  return findings.length > 0
    ? findings
    : [ok("clocks", "The members' clocks agree within two seconds.")];
}

function secondsOf(ms: number): string {
  return `${Math.round(Math.abs(ms) / 100) / 10} s`;
}

function releases(members: readonly MemberReport[]): readonly Finding[] {
  const bySoftware = Map.groupBy(
    members.filter(({ status }) => status),
    ({ status }) => status?.software ?? "one that does not tell",
  );
  if (bySoftware.size > 1) {
    const told = [...bySoftware].map(
      ([software, some]) =>
        `${software} at ${listed(some.map(({ name }) => name))}`,
    );
    return [
      warning(
        "releases_differ",
        `Members run different releases: ${told.join("; ")}.`,
        "Upgrade the others one at a time, each when ringwalk doctor finds no problem",
      ),
    ];
  }
  const [software] = bySoftware.keys();
  const speaks = members.flatMap(({ status }) =>
    (status?.members ?? []).map(({ versions: [, highest] }) => highest),
  );
  return software === undefined
    ? []
    : [
        ok(
          "releases",
          `All run ringwalk ${software}, peer protocol ${Math.min(...speaks)}.`,
        ),
      ];
}

function storeOf({ name, url, status }: MemberReport): readonly Finding[] {
  if (!status) return [];
  const { storeFailure, unreadableRecords, unreadableFloors = [] } = status;
  const findings: Finding[] = [];
  if (storeFailure)
    findings.push(
      problem(
        storeFailure.code,
        `The store of ${name} fails, ${storeFailure.failureCount} times so far, the last at ${new Date(storeFailure.lastFailedAt).toISOString()}: ${storeFailure.message}`,
        "On its machine: df -h, dmesg | tail; it goes on by itself when its disk does",
      ),
    );
  if (unreadableFloors.length > 0)
    findings.push(
      problem(
        "floors_unreadable",
        `${name} cannot vote in ${unreadableFloors.length} of its partitions: what it promised there is unreadable.`,
        `Check its disk, then take it out and in again: ringwalk remove ${word(name)}; ringwalk join URL --node ${word(url)}`,
      ),
    );
  if (unreadableRecords > 0)
    findings.push(
      warning(
        "records_unreadable",
        `${name} has ${unreadableRecords} unreadable records: they are rebuilt from the other replicas.`,
        "Check its disk (smartctl -a); a disk that damages more than one record will go on to",
      ),
    );
  if (status.recordsLost)
    findings.push(
      warning(
        "records_lost",
        `${name} lost ${status.recordsLost} records of the ring it came from: they were unreadable, and nobody else had them.`,
        "Its log names each; ringwalk import a backup brings back what is in it",
      ),
    );
  const free = status.diskFreeBytes;
  if (free !== undefined && free < diskWarningBytes)
    findings.push(
      (free < diskProblemBytes ? problem : warning)(
        "disk_low",
        `${name} has ${Math.floor(free / 2 ** 20)} MiB of disk left: when it is full, it abstains from all that it would have to store.`,
        `On its machine: df -h. A lesser weight gives it less to keep: curl -X PUT --data '{"weight":0.5}' ${word(`${url}/dht/settings`)}`,
      ),
    );
  return findings;
}
