/** Subscriptions as RxJS observables. */
import { Observable } from "rxjs";
import type { Subscription } from "./subscription.js";
import type { SubscriptionEvent } from "./subscription-event.js";

/**
 * Emits the subscription's events; completes where it ends, errors with its fault, and closes it
 * when unsubscribed from. May be subscribed to once, for a subscription has one reader.
 *
 * The next event is asked for when the observer has returned from the last one, so that observers
 * that work synchronously hold the node back as a `for await` loop does.
 */
export function toObservable(subscription: Subscription): Observable<SubscriptionEvent> {
  return new Observable<SubscriptionEvent>((observer) => {
    const pump = async () => {
      for await (const event of subscription) {
        if (observer.closed) return;
        observer.next(event);
      }
    };
    pump().then(
      () => observer.complete(),
      (error: unknown) => observer.error(error),
    );
    return () => subscription.close();
  });
}
