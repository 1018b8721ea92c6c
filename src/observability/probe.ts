/**
 * What a part tells about itself while it runs. Parts know this interface alone; pino stands behind
 * it in one file, and tests hand in a silent or a recording one.
 *
 * A message is a constant, past-tense fact («segment sealed»); what varies goes into the fields.
 */

export type Fields = Readonly<Record<string, string | number | boolean | undefined>>;

export interface Probe {
  debug(message: string, fields?: Fields): void;
  info(message: string, fields?: Fields): void;
  warn(message: string, fields?: Fields): void;
  error(message: string, fields?: Fields): void;
}

const nothing = () => {};

export const silentProbe: Probe = { debug: nothing, info: nothing, warn: nothing, error: nothing };
