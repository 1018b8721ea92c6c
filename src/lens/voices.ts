/**
 * Who counts as one.
 *
 *     0x01 ‖ author          a key speaks for itself
 *     0x02 ‖ on_behalf_of    a gateway's key speaks for another: one voice over all gateways
 *     0x03 ‖ source id       where sources are counted instead of authors
 *
 * Rights belong to keys, never to voices: rights.ts is asked by the voice that a key has of its
 * own.
 */
import { keyOf } from "./keys.js";

interface Speaker {
  readonly author: Uint8Array;
  readonly onBehalfOf?: string;
}

interface Spoken {
  /** Who may speak on behalf of others. */
  readonly rights: {
    isGateway(key: string, recorded: bigint | undefined, path: string | undefined): boolean;
  };
  /** What the entry is about; absent: what is global. */
  readonly path: string | undefined;
  /** Absent: revocations do not matter. */
  readonly recorded: bigint | undefined;
}

export const authorVoice = (author: Uint8Array): string => keyOf(author, 1);
export const behalfVoice = (name: string): string => `\u0002${name}`;
export const sourceVoice = (sourceId: string): string => `\u0003${sourceId}`;

export function voiceOf(speaker: Speaker, { rights, path, recorded }: Spoken): string {
  const own = authorVoice(speaker.author);
  if (speaker.onBehalfOf === undefined) return own;
  return rights.isGateway(own, recorded, path) ? behalfVoice(speaker.onBehalfOf) : own;
}
