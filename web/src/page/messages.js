/** What the page says: problems, seen and read out at once, and a quiet line for screen readers. */

const problem = document.getElementById('problem');
const status = document.getElementById('status');
let timer;

/** Shows a problem until the next thing works. @param {Error | string} what */
export function showProblem(what) {
  problem.textContent = what.message ?? what;
  problem.hidden = false;
  problem.scrollIntoView({block: 'nearest'});
}

export function clearProblem() {
  problem.hidden = true;
  problem.textContent = '';
}

/** Reads a sentence out, once things are quiet. @param {string} sentence @param {number} delay ms. */
export function announce(sentence, delay = 0) {
  clearTimeout(timer);
  timer = setTimeout(() => { status.textContent = sentence; }, delay);
}
