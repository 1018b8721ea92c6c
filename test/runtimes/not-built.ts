/** What view-program.ts prints where it cannot run. */
export const notBuilt = "node-lmdb is not built";
