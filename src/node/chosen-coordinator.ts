/** The coordinator that the node's ring asks for, chosen at each call: a node may leave a ring of one kind for one of the other. */
import { isEventual } from "../core/layout.ts";
import {
  type Coordinator,
  type CoordinatorParts,
  createCoordinator,
} from "./coordinator.ts";
import { createEventualCoordinator } from "./eventual-coordinator.ts";

/** An operation that is under way when the node changes rings ends with its ring. */
export function createChosenCoordinator(parts: CoordinatorParts): Coordinator {
  const linearizable = createCoordinator(parts);
  const eventual = createEventualCoordinator(parts);
  const chosen = () =>
    isEventual(parts.ring.layout()) ? eventual : linearizable;
  return {
    change: (request) => chosen().change(request),
    read: (key, timeoutMs, manner) => chosen().read(key, timeoutMs, manner),
    refresh: (...asked) => chosen().refresh(...asked),
  };
}
