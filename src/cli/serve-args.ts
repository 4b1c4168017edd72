/** The flags of `serve`. Defaults stand in settings.ts: a flag that was not given gives way to a variable. */

/** Each but `--config` is a setting of the same name; `guarantee` is a setting without a flag. */
export const serveArgs = {
  port: {
    type: "string",
    alias: "p",
    description: "Where to listen; 0: the system chooses (default 8000)",
  },
  name: {
    type: "string",
    alias: "n",
    description: "The node's name in its ring, for good (default node-PORT)",
  },
  host: {
    type: "string",
    alias: "k",
    description:
      "Where to listen; beyond this machine only with --secret, --admin-token or --insecure (default 127.0.0.1)",
  },
  url: {
    type: "string",
    description: "Where other nodes reach this one (default http://HOST:PORT)",
  },
  join: {
    type: "string",
    valueHint: "url",
    description:
      "A node of the ring to join, several times if there are more; give it to every node but a ring's very first. Ignored while the node is in the ring",
  },
  "join-timeout": {
    type: "string",
    valueHint: "seconds",
    description: "How long to wait for the ring to join (default 60)",
  },
  store: {
    type: "string",
    valueHint: "sqlite|fs|memory",
    description: "Where data is kept (default sqlite)",
  },
  data: {
    type: "string",
    valueHint: "folder",
    description: "The node's data folder (default .ringwalk/NAME)",
  },
  replicas: {
    type: "string",
    valueHint: "n",
    description:
      "Replicas of each key, chosen like the next three when the ring is founded; a node that joins may leave them out (default 3)",
  },
  partitions: {
    type: "string",
    valueHint: "n",
    description: "Partitions of the ring, for good (default 1024)",
  },
  "value-max": {
    type: "string",
    valueHint: "bytes",
    description: "The largest value (default 1048576)",
  },
  consistency: {
    type: "string",
    valueHint: "linearizable|eventual",
    description: "What the ring promises, for good (default linearizable)",
  },
  zone: {
    type: "string",
    description: "Where the node stands; replicas are spread over zones",
  },
  weight: {
    type: "string",
    valueHint: "number",
    description:
      "The node's share of the data relative to others; given at a restart, it goes before what was set since (default 1)",
  },
  secret: {
    type: "string",
    description:
      "The ring's secret, the same for all members; better as RINGWALK_SECRET. With it clients need a token",
  },
  "secret-also": {
    type: "string",
    valueHint: "secret",
    description:
      "A second secret that is accepted, while the ring's is being changed; better as RINGWALK_SECRET_ALSO",
  },
  "admin-token": {
    type: "string",
    valueHint: "token",
    description:
      "Opens everything to its bearer, who makes the first client tokens; 16 characters at least, better as RINGWALK_ADMIN_TOKEN. With it clients need a token",
  },
  "cors-origin": {
    type: "string",
    valueHint: "origin",
    description:
      "An origin whose pages may use the node with a token (https://app.example.com); several times if there are more",
  },
  "missing-status": {
    type: "string",
    valueHint: "404|200",
    description: "What a GET of a missing key answers (default 404)",
  },
  replace: {
    type: "boolean",
    description:
      "Take the place of the dead member of this name, whose data is lost",
  },
  insecure: {
    type: "boolean",
    description:
      "Ask no token for keys, listings and status, also beyond this machine: the network keeps strangers out",
  },
  "log-level": {
    type: "string",
    valueHint: "debug|info|warning|error",
    description: "What is logged to standard error (default info)",
  },
  "log-format": {
    type: "string",
    valueHint: "text|json",
    description: "key=value pairs, or JSON lines (default text)",
  },
  config: {
    type: "string",
    valueHint: "file",
    description:
      "Settings in JSON, or the default export of a .ts or .js module, whose store may be any driver of unstorage. Every flag is also a variable (RINGWALK_PORT, ...); a flag goes before a variable before the file",
  },
} as const;
