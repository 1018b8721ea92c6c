/** Which claims a lens was told to look at: authors, sources and classes, in or out. */
import type { LensParameters } from "../model/answer.js";
import { classOf } from "./tiers.js";
import { authorVoice } from "./voices.js";

interface Scoped {
  readonly author: string;
  readonly sourceId: string;
  readonly tier: number;
}

/** Absent where all claims are admitted. */
export type Scope = ((claim: Scoped) => boolean) | undefined;

/** Absent lists admit all; an empty one to choose from admits nothing. */
export function scopeOf(parameters: LensParameters): Scope {
  const { authorsIn, authorsOut, sourcesIn, sourcesOut, classes } = parameters;
  const isWhole =
    authorsIn === undefined &&
    authorsOut === undefined &&
    sourcesIn === undefined &&
    sourcesOut === undefined &&
    classes === undefined;
  if (isWhole) return undefined;
  const admitted = {
    authors: authorsIn && new Set(authorsIn.map(authorVoice)),
    sources: sourcesIn && new Set(sourcesIn),
    classes: classes && new Set(classes),
  };
  const left = {
    authors: new Set(authorsOut?.map(authorVoice)),
    sources: new Set(sourcesOut),
  };
  return ({ author, sourceId, tier }) =>
    admitted.authors?.has(author) !== false &&
    !left.authors.has(author) &&
    admitted.sources?.has(sourceId) !== false &&
    !left.sources.has(sourceId) &&
    admitted.classes?.has(classOf(tier)) !== false;
}
