/**
 * How wide text is on a terminal, and text that fits. Pure.
 *
 * A terminal gives a grapheme no column, one or two. Two: East Asian wide and fullwidth letters
 * (the blocks of Unicode's EastAsianWidth.txt that matter) and emoji. None: marks that combine.
 * What is cut ends in an ellipsis, and never in half a grapheme.
 */

const graphemes = new Intl.Segmenter("en", { granularity: "grapheme" });
const plainPattern = /^[\u0020-\u007e]*$/;
const emojiPattern = /\p{Emoji_Presentation}|\ufe0f/u;
const invisiblePattern = /^[\p{Mn}\p{Me}\p{Cf}\p{Cc}]+$/u;

/** First and last code point, ascending. */
const wideBlocks: readonly (readonly [first: number, last: number])[] = [
  [0x1100, 0x115f],
  [0x2e80, 0x303e],
  [0x3041, 0x33ff],
  [0x3400, 0x4dbf],
  [0x4e00, 0xa4cf],
  [0xa960, 0xa97f],
  [0xac00, 0xd7a3],
  [0xf900, 0xfaff],
  [0xfe30, 0xfe6f],
  [0xff01, 0xff60],
  [0xffe0, 0xffe6],
  [0x1f900, 0x1f9ff],
  [0x20000, 0x3fffd],
];

function graphemeWidth(grapheme: string): number {
  if (invisiblePattern.test(grapheme)) return 0;
  if (emojiPattern.test(grapheme)) return 2;
  const point = grapheme.codePointAt(0) ?? 0;
  return wideBlocks.some(([first, last]) => point >= first && point <= last) ? 2 : 1;
}

/** Columns that a text takes. */
export function widthOf(text: string): number {
  if (plainPattern.test(text)) return text.length;
  let columns = 0;
  for (const { segment } of graphemes.segment(text)) columns += graphemeWidth(segment);
  return columns;
}

/** The longest beginning that fits. */
function head(text: string, columns: number): string {
  if (plainPattern.test(text)) return text.slice(0, Math.max(0, columns));
  let taken = 0;
  let end = 0;
  for (const { segment, index } of graphemes.segment(text)) {
    taken += graphemeWidth(segment);
    if (taken > columns) break;
    end = index + segment.length;
  }
  return text.slice(0, end);
}

/** The longest end that fits. */
function tail(text: string, columns: number): string {
  const parts = [...graphemes.segment(text)];
  let taken = 0;
  let start = text.length;
  for (const { segment, index } of parts.reverse()) {
    taken += graphemeWidth(segment);
    if (taken > columns) break;
    start = index;
  }
  return text.slice(start);
}

/** Nothing that long fits a terminal: what lies behind need not be measured. */
const charactersMax = 8_192;

/** Text of at most so many columns; what does not fit gives way to an ellipsis at the end. */
export function cut(text: string, columns: number): string {
  const near = text.slice(0, charactersMax);
  return widthOf(near) <= columns ? near : `${head(near, columns - 1)}…`;
}

/** The same, with the ellipsis in the middle: for paths, whose ends tell them apart. */
export function cutMiddle(text: string, columns: number): string {
  if (widthOf(text) <= columns) return text;
  const front = Math.ceil((columns - 1) / 2);
  return `${head(text, front)}…${tail(text, columns - 1 - front)}`;
}

/** Text filled up with spaces. */
export const padTo = (text: string, columns: number): string =>
  text + " ".repeat(Math.max(0, columns - widthOf(text)));

/** Text filled up with spaces in front of it. */
export const padFront = (text: string, columns: number): string =>
  " ".repeat(Math.max(0, columns - widthOf(text))) + text;

/** Breaks text at spaces, and words that are longer than a line inside. */
export function fold(text: string, columns: number): string[] {
  const lines: string[] = [];
  let line = "";
  for (let word of text.split(" ")) {
    if (line !== "" && widthOf(line) + 1 + widthOf(word) <= columns) {
      line += ` ${word}`;
      continue;
    }
    if (line !== "") lines.push(line);
    while (widthOf(word) > columns) {
      const part = head(word, Math.max(2, columns));
      lines.push(part);
      word = word.slice(part.length);
    }
    line = word;
  }
  return [...lines, line];
}
