/**
 * Of calls that come faster than the work is done, only the latest counts.
 *
 * @template {any[]} A
 * @param {(...args: A) => Promise<void>} work must not reject.
 * @returns {(...args: A) => Promise<void>} starts the work, or notes the arguments for when it is free; resolves when
 *     nothing is left to do.
 */
export function latest(work) {
  let waiting = null;
  let running = null;
  return (...args) => {
    waiting = args;
    running ??= (async () => {
      while (waiting) {
        const next = waiting;
        waiting = null;
        await work(...next);
      }
      running = null;
    })();
    return running;
  };
}
