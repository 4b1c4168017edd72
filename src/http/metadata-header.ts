/** The header in which a key's metadata comes and goes. */
export const metadataHeader = "ringwalk-metadata";
