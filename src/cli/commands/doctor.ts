/** `ringwalk doctor` */
import { createCall } from "../../client/call.ts";
import { UnauthorizedError, UnreachableError } from "../../client/errors.ts";
import type { RingStatus } from "../../client/status.ts";
import {
  authorizationOf,
  clientArgs,
  clientOf,
  jsonArg,
  nodesOf,
} from "../client-args.ts";
import { command, type Invocation } from "../command.ts";
import { judgeDisk } from "../doctor/disk.ts";
import { type Examination, examineMembers } from "../doctor/examine.ts";
import { type Finding, problem } from "../doctor/finding.ts";
import { findingsView } from "../doctor/findings-view.ts";
import { judgeMembers } from "../doctor/judge-members.ts";
import { judgeRing } from "../doctor/judge-ring.ts";
import { exitCodes } from "../exit-code.ts";
import { coloured, write, writeJson } from "../output.ts";
import { createProgress } from "../progress.ts";
import { withProgress } from "../ring-look.ts";

const args = {
  data: {
    type: "string",
    valueHint: "folder",
    description:
      "A data folder on this machine: its disk is tried too, with a few small writes",
  },
  ...jsonArg,
  ...clientArgs,
} as const;

/** Exit code 1 when there is a problem; warnings leave it at 0. */
export const doctor = command({
  name: "doctor",
  description:
    "Examine a ring (who reaches whom, clocks, disks, releases, settings), and say what to do",
  args,
  examples: [
    "ringwalk doctor",
    "ringwalk doctor --node https://n1.example.com",
    "ringwalk doctor --data /var/lib/ringwalk",
    `ringwalk doctor --json | jq -r '.findings[] | select(.level == "problem") | .code'`,
  ],
  async run(invocation) {
    const { data, json } = invocation.args;
    const found = await examineRing(invocation);
    const findings = [
      ...found.findings,
      ...(data === undefined ? [] : await judgeDisk(data)),
    ];
    if (json) {
      const { ringId, epoch, name } = found.ring ?? {};
      await writeJson({ asked: name, ringId, epoch, findings });
    } else await write(coloured(findingsView(findings)));
    const isWell = findings.every(({ level }) => level !== "problem");
    return isWell ? exitCodes.ok : exitCodes.error;
  },
});

interface Found {
  readonly ring?: RingStatus;
  readonly findings: readonly Finding[];
}

/** What there is to say of the ring; that nobody answers is a finding as well. */
async function examineRing(
  invocation: Invocation<typeof args>,
): Promise<Found> {
  const progress = createProgress({ label: "doctor", total: undefined });
  try {
    progress.update(0, "asks all members");
    const examination = await examinationOf(invocation);
    const findings = [...judgeMembers(examination), ...judgeRing(examination)];
    return { ring: examination.ring, findings };
  } catch (error) {
    if (error instanceof UnreachableError)
      return { findings: [nobody(nodesOf(invocation), error)] };
    if (error instanceof UnauthorizedError)
      return { findings: [stranger(error)] };
    throw error;
  } finally {
    progress.stop();
  }
}

async function examinationOf(
  invocation: Invocation<typeof args>,
): Promise<Examination> {
  const headers = authorizationOf(invocation.args);
  const client = clientOf(invocation);
  const call = createCall({ headers });
  const first = await withProgress(await client.status(), { call });
  const members = await examineMembers(first, headers);
  if (first.phase === "stable") return { ring: first, members };
  const ring = await withProgress(await client.status(), { call });
  const hasMoved =
    ring.epoch !== first.epoch ||
    JSON.stringify(ring.progress) !== JSON.stringify(first.progress);
  return { ring, members, hasMoved };
}

function nobody(nodes: readonly string[], { message }: Error): Finding {
  return problem(
    "no_node",
    message,
    `Start a node (ringwalk serve, ringwalk dev), or name one that runs: ringwalk doctor --node URL; asked were ${nodes.join(", ")}`,
  );
}

function stranger({ code, message }: UnauthorizedError): Finding {
  return problem(
    code,
    message,
    "Give a token with the right read, or the ring's secret: RINGWALK_TOKEN=... ringwalk doctor",
  );
}
