/**
 * Services that come from libraries (health checking, reflection), made to behave like ours: their
 * streaming calls are counted and bounded, and they end when the node stops. A health watch is open
 * for as long as its client lives; without this every stop would wait for it in vain.
 */
import type { handleBidiStreamingCall, Server } from "@grpc/grpc-js";
import type { CallRegistry } from "./call-registry.js";
import { toServiceError } from "./status.js";
import { isRefused } from "./streaming.js";

type AddService = Pick<Server, "addService">;
type Handler = handleBidiStreamingCall<unknown, unknown>;

/** What `addToServer` of a library is given instead of the server. */
export function countedServices(server: Server, calls: CallRegistry): Server {
  const counted: AddService = {
    addService(definition, implementation) {
      const methods = Object.entries(definition);
      const handlers = Object.entries(implementation).map(([name, handler]) => {
        const [, method] =
          methods.find(([key, one]) => [key, one.originalName].includes(name)) ?? [];
        const isStreaming = method?.responseStream === true;
        return [name, isStreaming ? countedHandler(handler as Handler, calls) : handler];
      });
      server.addService(definition, Object.fromEntries(handlers));
    },
  };
  return counted as Server;
}

function countedHandler(handler: Handler, calls: CallRegistry): Handler {
  return (call) => {
    if (isRefused(call, calls)) return;
    const leave = calls.enter("other", {
      stop: (fault) => {
        leave();
        call.emit("error", toServiceError(fault));
      },
    });
    call.on("cancelled", leave);
    call.on("finish", leave);
    call.on("error", () => {});
    handler(call);
  };
}
