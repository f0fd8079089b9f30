/**
 * Calls from the page to a worker: `{id, method, args}` there, `{id, value | error}` back.
 *
 * An error keeps its name and message.
 */

/** An error that a worker answered with; `name` is that of the original. */
export class RemoteError extends Error {
  constructor({name, message}) {
    super(message);
    this.name = name;
  }
}

/**
 * The page's side.
 *
 * @param {string | URL} url of the worker's script.
 * @returns {(method: string, ...args: unknown[]) => Promise<any>} calls a method of the worker; rejects with
 *     `RemoteError`.
 */
export function connect(url) {
  const worker = new Worker(url);
  const waiting = new Map();
  let nextId = 0;
  worker.onmessage = ({data: {id, value, error}}) => {
    const {resolve, reject} = waiting.get(id);
    waiting.delete(id);
    if (error) reject(new RemoteError(error));
    else resolve(value);
  };
  worker.onerror = (event) => { // The script did not load, or threw outside of a call.
    event.preventDefault();
    const error = new RemoteError({name: 'Error',
      message: `A part of the page did not start: ${event.message ?? url}`});
    for (const {reject} of waiting.values()) reject(error);
    waiting.clear();
  };
  return (method, ...args) => new Promise((resolve, reject) => {
    waiting.set(nextId, {resolve, reject});
    worker.postMessage({id: nextId++, method, args});
  });
}

/**
 * The worker's side: answers calls by the methods of an object, one after the other.
 *
 * @param {Record<string, (...args: any[]) => any>} methods
 */
export function serve(methods) {
  let last = Promise.resolve();
  self.onmessage = ({data: {id, method, args}}) => {
    last = last.then(async () => {
      try {
        self.postMessage({id, value: await methods[method](...args)});
      } catch (error) {
        self.postMessage({id, error: {name: error?.name ?? 'Error', message: error?.message ?? String(error)}});
      }
    });
  };
}
