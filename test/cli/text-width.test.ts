/**
 * Goal: text fits the columns that it is given, measured as terminals draw it, and is never cut
 * inside of what a person sees as one letter. Method: a table of widths; properties over graphemes.
 */
import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { cut, cutMiddle, fold, padFront, padTo, widthOf } from "../../cli/text-width.js";

const test = suite("cli: text width");

const graphemes = new Intl.Segmenter("en", { granularity: "grapheme" });
const lettersOf = (text: string): string[] =>
  [...graphemes.segment(text)].map(({ segment }) => segment);

const text = fc.oneof(
  fc.string({ unit: "grapheme", maxLength: 40 }),
  fc
    .array(fc.constantFrom("a", "日", "e\u0301", "👩‍👩‍👧‍👦", " ", "ﬀ"), { maxLength: 30 })
    .map((list) => list.join("")),
);

test("width: letters, marks, East Asian letters, emoji (table)", () => {
  const table: readonly (readonly [text: string, columns: number])[] = [
    ["", 0],
    ["abc", 3],
    ["é", 1],
    ["e\u0301", 1],
    ["\u200b", 0],
    ["日本", 4],
    ["ﾊﾝｶｸ", 4],
    ["Ａ", 2],
    ["한국", 4],
    ["🙂", 2],
    ["👩‍👩‍👧‍👦", 2],
    ["🇨🇭", 2],
    ["❤️", 2],
    ["█░", 2],
    ["…", 1],
    ["𠀋", 2],
  ];
  for (const [sample, columns] of table) assert.is(widthOf(sample), columns, sample);
});

test("cut: short text stays, long text ends in an ellipsis", () => {
  assert.is(cut("abcdef", 6), "abcdef");
  assert.is(cut("abcdefg", 6), "abcde…");
  assert.is(cut("日本語", 4), "日…");
  assert.is(cut("日本語", 5), "日本…");
  assert.is(cutMiddle("web/feature/grid/chrome", 12), "web/fe…hrome");
  assert.is(cutMiddle("short", 12), "short");
});

test("cut: fits, is a beginning of the text, and cuts no letter (property)", () => {
  fc.assert(
    fc.property(text, fc.integer({ min: 2, max: 30 }), (whole, columns) => {
      const short = cut(whole, columns);
      assert.ok(widthOf(short) <= columns, JSON.stringify([short, columns]));
      if (short === whole) return;
      assert.ok(short.endsWith("…"));
      const letters = lettersOf(short.slice(0, -1));
      assert.equal(letters, lettersOf(whole).slice(0, letters.length));
    }),
  );
});

test("cut: in the middle, it fits and keeps both ends (property)", () => {
  fc.assert(
    fc.property(text, fc.integer({ min: 4, max: 30 }), (whole, columns) => {
      const short = cutMiddle(whole, columns);
      assert.ok(widthOf(short) <= columns, JSON.stringify([short, columns]));
      if (short === whole) return;
      const [front = "", end = ""] = short.split(/…/);
      assert.ok(whole.startsWith(front) && whole.endsWith(end));
    }),
  );
});

test("pad: to the width that is asked for, never shorter", () => {
  assert.is(padTo("日", 4), "日  ");
  assert.is(padFront("12", 4), "  12");
  assert.is(padTo("long", 2), "long");
});

test("fold: every line fits, and no letter is lost (property)", () => {
  fc.assert(
    fc.property(text, fc.integer({ min: 2, max: 30 }), (whole, columns) => {
      const lines = fold(whole, columns);
      for (const line of lines) assert.ok(widthOf(line) <= columns, JSON.stringify(line));
      assert.is(lines.join("").replaceAll(" ", ""), whole.replaceAll(" ", ""));
    }),
  );
});

test.run();
