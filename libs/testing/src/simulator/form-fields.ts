const BOUNDARY = /boundary="?([^";]+)"?/i;
const NAME = /name="([^"]*)"/i;
const LONGEST_FIELD_BYTES = 4_096;

/** The small text fields of a multipart form; a file counts as its name. Null when it is not a whole form. */
export const formFields = (contentType: string, body: Buffer): Record<string, string> | null => {
  const boundary = BOUNDARY.exec(contentType)?.[1];
  const text = body.toString('latin1');
  if (boundary === undefined || !text.includes(`--${boundary}--`)) return null;
  const fields: Record<string, string> = {};
  for (const part of text.split(`--${boundary}`).slice(1, -1)) {
    const head = part.slice(0, part.indexOf('\r\n\r\n'));
    const name = NAME.exec(head)?.[1];
    const value = part.slice(head.length + 4, -2);
    if (name !== undefined) fields[name] = /filename=/i.test(head) ? 'file' : Buffer.from(value.slice(0, LONGEST_FIELD_BYTES), 'latin1').toString();
  }
  return fields;
};
