/** A probe whose lines are told to the main process, which writes them. */
import type { Fields, Probe } from "../observability/probe.js";
import type { ProbeLevel, WriterMessage } from "./messages.js";

export function forwardedProbe(post: (message: WriterMessage) => void): Probe {
  const tell = (level: ProbeLevel) => (message: string, fields?: Fields) =>
    post({ kind: "told", level, message, fields: fields ?? {} });
  return { debug: tell("debug"), info: tell("info"), warn: tell("warn"), error: tell("error") };
}
