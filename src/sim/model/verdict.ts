/** Judges a state of the model: what clients were told, and what any majority would tell the next reader. */
import { checkHistory } from "../check-history.ts";
import type { Operation, Outcome } from "../history.ts";
import { createReads } from "./final-read.ts";
import { createNumbers, remembered } from "./names.ts";
import { historyKey, type State } from "./state.ts";
import { inputOf, type World } from "./world.ts";

const outcomeName = remembered((outcome: Outcome) => JSON.stringify(outcome));

/** Gives what is wrong with a state, in words; absent when nothing is. */
export type Judge = (state: State) => string | undefined;

/**
 * Judges whether what was told has an order, and still has one with the answer of one more linearizable read, at any
 * decided epoch and from any majority. Every state is a possible end: what is on its way may be lost.
 */
export function createJudge(world: World): Judge {
  const readsOf = createReads(world);
  const toldNumber = createNumbers();
  const faults = new Map<string, string | undefined>();

  function judge(state: State, told: number, read?: Outcome) {
    const key = read ? `${told} ${outcomeName(read)}` : `${told}`;
    if (!faults.has(key)) faults.set(key, faultOf(historyOf(state, read)));
    return faults.get(key);
  }

  return (state) => {
    const told = toldNumber(historyKey(state));
    const fault = judge(state, told);
    if (fault) return fault;
    for (const { epoch, ids, outcomes } of readsOf(state)) {
      for (const outcome of outcomes) {
        const lost = judge(state, told, outcome);
        if (lost) return `${lost}; read at epoch ${epoch} from ${ids.join()}`;
      }
    }
    return undefined;
  };
}

/** What clients saw, on an axis on which the answers stand at 1, 2, 3 and so on. */
function historyOf(state: State, read: Outcome | undefined): Operation[] {
  const { told, actors } = state;
  const answered = told.map(
    ({ name, input, outcome, calledAfter }, index): Operation => ({
      ...{ id: name, client: name, key: "k", input, outcome },
      call: calledAfter + 0.5,
      return: index + 1,
    }),
  );
  const isTold = new Set(told.map(({ name }) => name));
  const pending = actors.flatMap(({ role, calledAfter }): Operation[] =>
    calledAfter === undefined || role.kind !== "write" || isTold.has(role.name)
      ? []
      : [
          {
            ...{ id: role.name, client: role.name, key: "k" },
            input: inputOf(role),
            call: calledAfter + 0.5,
            outcome: { kind: "unknown" },
          },
        ],
  );
  const last: Operation[] = read
    ? [
        {
          ...{ id: "final", client: "final", key: "k" },
          input: { kind: "get" },
          call: told.length + 0.5,
          return: told.length + 1,
          outcome: read,
        },
      ]
    : [];
  return [...answered, ...pending, ...last];
}

function faultOf(history: readonly Operation[]): string | undefined {
  const verdict = checkHistory(history);
  if (verdict.kind === "linearizable") return undefined;
  const seen = history.map(({ id, input, outcome, call }) =>
    [id, input.kind, "called", call, JSON.stringify(outcome)].join(" "),
  );
  const reason = verdict.kind === "violation" ? verdict.reason : "undecided";
  return `${reason}: ${seen.join(", ")}`;
}
