/** Objects whose optional fields are absent where they are not set. Pure. */

type Defined<T> = { [Name in keyof T]?: Exclude<T[Name], undefined> };

/** Without what is `undefined`. */
export function defined<T extends object>(fields: T): Defined<T> {
  const kept = Object.entries(fields).filter(([, value]) => value !== undefined);
  return Object.fromEntries(kept) as Defined<T>;
}
