/** What cards are drawn on: how wide it is, and whether it has colours. */
import type { Output, Style } from "./output.js";

export type Paint = (style: Style, text: string) => string;

export interface Sheet {
  /** Columns. */
  readonly width: number;
  readonly paint: Paint;
}

/** What cards are made for; a wider terminal gives longer bars and no more. */
const widthPreset = 80;
const widthMax = 100;
/** Narrower ones break lines by themselves. */
const widthMin = 60;

export const sheetOf = (output: Output): Sheet => ({
  width: Math.min(widthMax, Math.max(widthMin, output.stdout.columns || widthPreset)),
  paint: (style, text) => output.paint(style, text),
});
