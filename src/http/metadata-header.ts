/** Metadata in HTTP: a header of its own beside the value. */

/** Of a PUT, and of a read that finds a value: a JSON object as one line of ASCII; absent: the value has none. */
export const metadataHeader = "ringwalk-metadata";
