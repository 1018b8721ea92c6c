/**
 * Splits TypeScript into code, strings and comments, by blanking: all views have the length and the
 * line ends of the source, so that an offset in one is an offset in all.
 *
 *     source    const a = "Date.now()"; // Date.now()
 *     code      const a = "          ";
 *     literate  const a = "Date.now()";
 *     comments                          // Date.now()
 *
 * A scanner and not a parser: it knows strings, templates, comments and (by what stands before the
 * slash) regular expressions. That is all that the rules need, and it takes a few milliseconds.
 */

export interface MaskedSource {
  /** Without comments and without the insides of strings, templates and regular expressions. */
  readonly code: string;
  /** Without comments; quoted strings whole. */
  readonly literate: string;
  /** Comments alone. */
  readonly comments: string;
}

type Kind = "code" | "quoted" | "other" | "comment";

/** After these a slash begins a regular expression; after a name, a number or `)` it divides. */
const beforeExpression = /(^|[(,=:[!&|?{};+\-*%~^<>]|\b(return|typeof|case|in|of|do|else|void))$/;

/** The end (exclusive) of what begins at `start` with a quote or slash and ends with `close`. */
function endOf(text: string, start: number, close: string): number {
  let isInClass = false;
  for (let at = start + 1; at < text.length; at++) {
    const character = text[at];
    if (character === "\\") at++;
    else if (close === "/" && character === "[") isInClass = true;
    else if (character === "]") isInClass = false;
    else if (character === close && !isInClass) return at + 1;
    else if (character === "\n") return at;
  }
  return text.length;
}

/** Calls back with consecutive ranges of one kind each. */
function scan(text: string, range: (kind: Kind, start: number, end: number) => void): void {
  const templates: number[] = []; // for each open `${`, how many braces are open in it
  let at = 0;
  let significant = ""; // code so far on this line and a bit before, without blanks at its end

  const emit = (kind: Kind, end: number) => {
    range(kind, at, end);
    if (kind !== "comment") significant = `${significant}${text.slice(at, end)}`.trimEnd();
    if (significant.length > 64) significant = significant.slice(-32);
    at = end;
  };
  const template = (start: number) => {
    for (let end = start; end < text.length; end++) {
      if (text[end] === "\\") end++;
      else if (text[end] === "`") return emit("other", end + 1);
      else if (text[end] === "$" && text[end + 1] === "{") {
        templates.push(0);
        return emit("other", end + 2);
      }
    }
    emit("other", text.length);
  };
  const lineEnd = () => {
    const end = text.indexOf("\n", at);
    return end < 0 ? text.length : end;
  };
  const blockEnd = () => {
    const end = text.indexOf("*/", at + 2);
    return end < 0 ? text.length : end + 2;
  };

  while (at < text.length) {
    const character = text[at] ?? "";
    const next = text[at + 1];
    const open = templates.length - 1;
    if (character === "/" && next === "/") emit("comment", lineEnd());
    else if (character === "/" && next === "*") emit("comment", blockEnd());
    else if (character === '"' || character === "'") emit("quoted", endOf(text, at, character));
    else if (character === "`") template(at + 1);
    else if (character === "/" && beforeExpression.test(significant)) {
      emit("other", endOf(text, at, "/"));
    } else if (open >= 0 && character === "}" && templates[open] === 0) {
      templates.pop();
      template(at + 1);
    } else {
      if (open >= 0 && character === "{") templates[open] = (templates[open] ?? 0) + 1;
      if (open >= 0 && character === "}") templates[open] = (templates[open] ?? 0) - 1;
      emit("code", at + 1);
    }
  }
}

const blank = (text: string): string => text.replace(/[^\n]/g, " ");

/** Keeps the delimiters, so that a blanked string is still a string to a pattern. */
const hollow = (text: string): string =>
  text.length < 2 ? text : `${text[0]}${blank(text.slice(1, -1))}${text.at(-1)}`;

export function maskSource(text: string): MaskedSource {
  const code: string[] = [];
  const literate: string[] = [];
  const comments: string[] = [];
  scan(text, (kind, start, end) => {
    const part = text.slice(start, end);
    const isText = kind === "quoted" || kind === "other";
    code.push(kind === "code" ? part : isText ? hollow(part) : blank(part));
    literate.push(
      kind === "code" || kind === "quoted" ? part : isText ? hollow(part) : blank(part),
    );
    comments.push(kind === "comment" ? part : blank(part));
  });
  return { code: code.join(""), literate: literate.join(""), comments: comments.join("") };
}
