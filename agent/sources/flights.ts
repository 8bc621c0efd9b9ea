import { onAbort } from "../kube/abort.ts";

export interface Flights<T> {
  /** Starts `work`, or waits for the one of this key that is under way. `work` is aborted when its last waiter has gone. */
  join(key: string, signal: AbortSignal, work: (signal: AbortSignal) => Promise<T>): Promise<T>;
}

interface Flight<T> {
  result: Promise<T>;
  waiters: number;
  controller: AbortController;
}

export function createFlights<T>(): Flights<T> {
  const flights = new Map<string, Flight<T>>();

  const depart = (key: string, work: (signal: AbortSignal) => Promise<T>): Flight<T> => {
    const controller = new AbortController();
    const result = work(controller.signal).finally(() => {
      if (flights.get(key) === flight) flights.delete(key);
    });
    const flight: Flight<T> = { result, waiters: 0, controller };
    // Its waiters may all have left.
    result.catch(() => undefined);
    flights.set(key, flight);
    return flight;
  };
  return {
    join(key, signal, work) {
      if (signal.aborted) return Promise.reject(signal.reason);
      const flight = flights.get(key) ?? depart(key, work);
      flight.waiters += 1;
      return new Promise<T>((resolve, reject) => {
        const off = onAbort(signal, () => {
          flight.waiters -= 1;
          if (flight.waiters === 0) {
            if (flights.get(key) === flight) flights.delete(key);
            flight.controller.abort(signal.reason);
          }
          reject(signal.reason);
        });
        flight.result.then(resolve, reject).finally(off);
      });
    },
  };
}
