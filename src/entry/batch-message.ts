export { batchMessage } from "./batch.js";
