/** What has happened between two looks at the ring, in words. */
import { plural } from "./format.ts";
import { healthOf } from "./health.ts";
import type { RingData } from "./ring-data.ts";

/** Nothing when it is the first look. */
export function newsBetween(
  before: RingData | undefined,
  after: RingData,
): readonly string[] {
  if (!before) return [];
  if (before.ringId !== after.ringId)
    return [
      `${after.name} is in another ring now, of ${plural(after.members.length, "member")}`,
    ];
  return [
    ...changeNews(before, after),
    ...memberNews(before, after),
    ...healthNews(before, after),
  ];
}

function changeNews(before: RingData, after: RingData): readonly string[] {
  const begun = (
    verb: string,
    old: readonly string[],
    names: readonly string[],
  ) =>
    names
      .filter((name) => !old.includes(name))
      .map((name) => `${name} ${verb}`);
  return [
    ...begun("is joining", before.joining, after.joining),
    ...begun("is leaving", before.leaving, after.leaving),
  ];
}

function memberNews(before: RingData, after: RingData): readonly string[] {
  const isMember = (ring: RingData, name: string) =>
    ring.members.some((member) => member.name === name) &&
    !ring.joining.includes(name);
  const joined = after.members
    .filter(({ name }) => isMember(after, name) && !isMember(before, name))
    .map(({ name }) => `${name} has joined`);
  const left = before.members
    .filter(({ name }) => isMember(before, name) && !isMember(after, name))
    .map(({ name }) => `${name} has left`);
  const undone = before.joining
    .filter((name) => !after.members.some((member) => member.name === name))
    .map((name) => `${name} has not joined: the change was undone`);
  return [...joined, ...left, ...undone];
}

function healthNews(before: RingData, after: RingData): readonly string[] {
  return after.members.flatMap((member) => {
    const known = before.members.find(({ name }) => name === member.name);
    if (!known) return [];
    const was = healthOf(before, known);
    const is = healthOf(after, member);
    // That it is up after a join is what the news of the join says.
    const isTold =
      is.kind === "moving" || (was.kind === "moving" && is.kind === "good");
    return was.label === is.label || isTold
      ? []
      : [`${member.name} is ${is.label}`];
  });
}
