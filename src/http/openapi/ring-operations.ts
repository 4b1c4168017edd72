/** `/dht/*`: who is in the ring, and membership changes. */
import { holdersQuery } from "../holder-route.ts";
import { changeQuery } from "../ring-routes.ts";
import { naming, ofBody, ofJoining, ofMembers, reading } from "./codes.ts";
import type { AnswerForm, Operation, Operations } from "./operation.ts";

const tag = "members";

const report = {
  "application/json": { schema: "ChangeReport" },
} as const;
const done: Readonly<Record<number, AnswerForm>> = {
  200: { description: "The change is complete.", content: report },
  202: {
    description:
      "The change goes on (?wait=0), or could not move every partition.",
    content: report,
  },
};

const change = {
  tag,
  needs: ["admin"],
  query: changeQuery.entries,
  answers: done,
} as const;

const urls = { urls: ["http://127.0.0.1:8000"] };
const joining: Pick<Operation, "body" | "codes"> = {
  body: {
    "application/json": { schema: "JoinBody", examples: { urls } },
    "text/plain": {
      schema: "text",
      description: "A node a line: a url, or name:host:port.",
      examples: { url: urls.urls[0], place: "node-8000:127.0.0.1:8000" },
    },
  },
  codes: ofJoining,
};

const join: Operation = {
  ...change,
  ...joining,
  id: "join",
  summary: "Join the ring of another node",
  description:
    "The asked node brings its keys along. To join the ring that it is in changes nothing. The body is read as JSON if it begins with a brace, else as lines.",
};

const leave: Operation = {
  ...change,
  id: "leave",
  summary: "Leave the ring",
  description:
    "The asked node becomes a ring of its own, with the keys that it was primary for.",
  codes: ofMembers,
};

/** To look needs the right to read, every change an admin. */
export const ringOperations: Operations = {
  "/dht/peers": {
    get: {
      id: "listPeers",
      tag,
      summary: "Names of the members, the asked node first",
      needs: ["read"],
      headers: ["ringwalk-ring"],
      answers: {
        200: {
          description: "A name a line (CR LF).",
          content: { "text/plain": { schema: "text" } },
        },
      },
      codes: ["wrong_ring"],
    },
  },
  "/dht/status": {
    get: {
      id: "readStatus",
      tag,
      summary: "The ring as the asked node sees it",
      needs: ["read"],
      headers: ["ringwalk-ring"],
      answers: {
        200: {
          description:
            "Layout, members and their health, progress of a change.",
          content: {
            "application/json": { schema: "Status" },
            "text/event-stream": {
              schema: "text",
              description:
                "Server-sent events: `status` with what each member tells of itself, whenever something has changed, and `table`, who keeps which partition, before the first and with each epoch. Members are asked each second while somebody watches; comments say that nothing has changed.",
              events: { status: "RingView", table: "RingTable" },
            },
          },
        },
      },
      codes: ["wrong_ring", "overloaded"],
    },
  },
  "/dht/holders": {
    get: {
      id: "listHolders",
      tag,
      summary: "Who keeps a key, and which revision each of them holds",
      description:
        "For people who look: every replica is asked by itself, and no majority is waited for. To read a key, read it.",
      needs: ["read"],
      query: holdersQuery.entries,
      mustHave: ["key"],
      headers: ["ringwalk-ring"],
      answers: {
        200: {
          description: "The partition, and what each replica holds.",
          content: { "application/json": { schema: "KeyHolders" } },
        },
      },
      codes: [...reading, ...naming],
    },
  },
  "/dht/join": { post: join, put: { ...join, id: "joinByPut" } },
  "/dht/replace": {
    post: {
      ...change,
      ...joining,
      id: "replace",
      summary: "Take the place of the dead member of the asked node's name",
    },
  },
  "/dht/leave": {
    get: {
      ...leave,
      id: "leaveByGet",
      description: `${leave.description} For clients of the seed systems: it is not safe, and there is no HEAD of it.`,
      hasHead: false,
    },
    post: leave,
  },
  "/dht/add": {
    post: {
      ...change,
      id: "add",
      summary: "Have another node, which is alone, join this ring",
      description:
        "It is invited by the asked node, with which it has to share the ring secret. The answer comes when the ring is stable; the keys that the node brings along follow, as its own status tells (importing).",
      body: {
        "application/json": {
          schema: "Addition",
          examples: { node: { url: "http://127.0.0.1:8000" } },
        },
      },
      codes: [...ofJoining, "member_elsewhere"],
    },
  },
  "/dht/remove": {
    post: {
      ...change,
      id: "remove",
      summary: "Remove a dead member, or have a living one leave",
      body: {
        "application/json": {
          schema: "Removal",
          examples: {
            name: { name: "node-8002" },
            force: { name: "node-8002", force: true },
          },
        },
      },
      codes: [...ofMembers, ...ofBody, "member_alive"],
    },
  },
  "/dht/settings": {
    put: {
      ...change,
      id: "changeSettings",
      summary: "Change the ring's replica count, or the asked node's weight",
      body: {
        "application/json": {
          schema: "SettingsChange",
          examples: { replicas: { replicaCount: 2 }, weight: { weight: 2 } },
        },
      },
      codes: [...ofMembers, ...ofBody],
    },
  },
};
