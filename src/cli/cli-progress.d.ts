/** The part of cli-progress that is used here; the package comes without types. */
declare module "cli-progress" {
  export class SingleBar {
    constructor(options: {
      readonly format: string;
      readonly stream?: NodeJS.WritableStream;
      readonly hideCursor?: boolean;
      readonly clearOnComplete?: boolean;
      readonly etaBuffer?: number;
      readonly barCompleteChar?: string;
      readonly barIncompleteChar?: string;
    });
    start(
      total: number,
      value: number,
      payload?: Readonly<Record<string, unknown>>,
    ): void;
    update(value: number, payload?: Readonly<Record<string, unknown>>): void;
    stop(): void;
  }
}
