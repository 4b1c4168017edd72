/** What a terminal is told to show text in a colour (ECMA-48, SGR); `coloured` takes it out where nobody wants it. */

/** It is as it should be. */
export const green = "\u001b[32m";
/** Somebody should look at it. */
export const yellow = "\u001b[33m";
/** It is wrong. */
export const red = "\u001b[31m";
/** It is beside the point. */
export const dim = "\u001b[2m";
/** Ends each of them. */
export const reset = "\u001b[0m";
