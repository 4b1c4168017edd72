/** What a run needs of the network between its nodes: a place for each, and ways to split it. */

/** Where a node runs; the same over its restarts. */
export interface Place {
  readonly host: string;
  readonly port: number;
  /** Where its peers reach it, unless the network is split. */
  readonly peerUrl: string;
  /** Where clients reach it, whatever is split. */
  readonly clientUrl: string;
  /** What stands before the command of a program that is to run there. */
  readonly prefix: readonly string[];
}

/** Takes the way from one side to the other, or more; `heal` gives it back. */
export type Split = (
  side: readonly string[],
  rest: readonly string[],
) => Promise<void>;

export interface Network {
  /** For people: what it is made of. */
  readonly description: string;
  /** The kinds of splits that it knows, by their names. */
  readonly splits: Readonly<Record<string, Split>>;
  place(name: string): Promise<Place>;
  /** Ends all splits. */
  heal(): Promise<void>;
  end(): Promise<void>;
}
