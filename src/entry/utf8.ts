/**
 * Whether bytes are UTF-8, by our own few lines: what a node reads out of the log must not depend
 * on a library that comes with the Node.js in use.
 *
 *     lead      bytes behind it   the first of them
 *     00..7f    0
 *     c2..df    1                 80..bf
 *     e0        2                 a0..bf: below, two bytes would do
 *     e1..ef    2                 80..bf, and 80..9f behind ed: above are the surrogates
 *     f0        3                 90..bf: below, three bytes would do
 *     f1..f4    3                 80..bf, and 80..8f behind f4: above is no character
 */

const isContinuation = (byte: number | undefined): boolean =>
  byte !== undefined && (byte & 0xc0) === 0x80;

/** How many bytes follow a lead byte; -1 where it is none. */
function followersOf(lead: number): number {
  if (lead < 0x80) return 0;
  if (lead < 0xc2) return -1;
  if (lead < 0xe0) return 1;
  if (lead < 0xf0) return 2;
  return lead < 0xf5 ? 3 : -1;
}

/** Whether the byte behind a lead byte keeps the character short and within Unicode. */
function isSecond(lead: number, second: number): boolean {
  if (lead === 0xe0) return second >= 0xa0;
  if (lead === 0xed) return second < 0xa0;
  if (lead === 0xf0) return second >= 0x90;
  return lead !== 0xf4 || second < 0x90;
}

export function isUtf8(bytes: Uint8Array, start: number, end: number): boolean {
  for (let at = start; at < end; ) {
    const lead = bytes[at] as number;
    const followers = followersOf(lead);
    if (followers < 0 || at + followers >= end) return false;
    if (followers > 0 && !isSecond(lead, bytes[at + 1] as number)) return false;
    for (let i = 1; i <= followers; i++) if (!isContinuation(bytes[at + i])) return false;
    at += followers + 1;
  }
  return true;
}
