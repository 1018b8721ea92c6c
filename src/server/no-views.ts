/** What stands in for the views where none are kept: whoever asks is told why. */
import { Fault } from "../model/fault.js";
import type { Views } from "../projection/views.js";
import { viewsVersion } from "../views/view-types.js";

const offFault = (): Fault =>
  new Fault("VIEWS_UNAVAILABLE", "this node keeps no views: set views.mode to on, and restart it", {
    field: "views.mode",
    value: "off",
  });

export type ViewsInUse = Pick<
  Views,
  "appliedSize" | "close" | "reached" | "read" | "rebuild" | "status" | "verify"
>;

export const noViews: ViewsInUse = {
  appliedSize: 0,
  read: () => {
    throw offFault();
  },
  reached: () => Promise.resolve(false),
  status: () => ({
    generation: 0,
    version: viewsVersion,
    applied: 0,
    size: 0,
    bytes: 0,
    projections: [],
    writerRestarts: 0,
    lagMs: 0,
  }),
  rebuild: () => {
    throw offFault();
  },
  verify: () => {
    throw offFault();
  },
  close: () => Promise.resolve(),
};
