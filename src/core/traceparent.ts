/** The trace that an operation belongs to, as W3C Trace Context writes it (https://www.w3.org/TR/trace-context/, section 3.2). */

/** Version 00: `00-` 32 hexadecimal digits of the trace `-` 16 of the parent `-` 2 of flags. */
export const traceparentText =
  /^00-(?!0{32})[\da-f]{32}-(?!0{16})[\da-f]{16}-[\da-f]{2}$/;

/** What is understood of a header: absent when it is malformed. Of a later version the part that this one knows. */
export function traceparentOf(header: string): string | undefined {
  const isLater =
    /^(?!00|ff)[\da-f]{2}-/.test(header) && /^.{55}(?:-|$)/.test(header);
  const text = isLater ? `00${header.slice(2, 55)}` : header;
  return traceparentText.test(text) ? text : undefined;
}

/** The three parts of a valid one. */
export function traceparentParts(traceparent: string) {
  const [, traceId = "", parentId = "", flags = ""] = traceparent.split("-");
  return { traceId, parentId, flags };
}
